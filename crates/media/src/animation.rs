//! How long pictures move: the frames are counted in the file, and none of them is decoded.

use bytes::Bytes;
use img_parts::png::Png;
use img_parts::webp::WebP;

use crate::format::Format;
use crate::limits::Limits;

/// Returns whether a picture of this size has more frames, or more pixels in all of them, than the limits allow.
pub(crate) fn is_too_long(format: &Format, bytes: &Bytes, pixels: u64, limits: &Limits) -> bool {
    let frames = frames(format, bytes);
    frames > 1 && (frames > limits.max_frames || frames.saturating_mul(pixels) > limits.max_frame_pixels)
}

/// Counts the frames; none for a picture that does not move, or cannot be read.
fn frames(format: &Format, bytes: &Bytes) -> u64 {
    let count = match format.extension {
        "gif" => return gif(bytes),
        "webp" => WebP::from_bytes(bytes.clone()).map_or(0, |webp| webp.chunks_by_id(*b"ANMF").count()),
        "png" => Png::from_bytes(bytes.clone()).map_or(0, |png| png.chunks_by_type(*b"fcTL").count()),
        _ => 0,
    };
    count as u64
}

/// Counts the images of a GIF (`GIF89a`, appendix B): its blocks are skipped.
fn gif(bytes: &[u8]) -> u64 {
    let mut frames = 0;
    let mut next = bytes.get(10).map(|flags| 13 + colour_table(*flags));
    while let Some(at) = next {
        next = match bytes.get(at) {
            Some(0x21) => sub_blocks(bytes, at + 2),
            Some(0x2C) => {
                frames += 1;
                bytes.get(at + 9).and_then(|flags| sub_blocks(bytes, at + 11 + colour_table(*flags)))
            }
            _ => None,
        };
    }
    frames
}

/// Returns how many bytes the table of colours takes that these flags announce.
fn colour_table(flags: u8) -> usize {
    if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) }
}

/// Returns where the sub-blocks that begin here end.
fn sub_blocks(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        match bytes.get(at)? {
            0 => return Some(at + 1),
            length => at += 1 + usize::from(*length),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A GIF of one pixel with as many frames, each with a table of two colours behind an extension.
    fn moving(frames: usize) -> Bytes {
        let frame = [
            &b"\x21\xF9\x04\0\x0A\0\0\0\x2C\0\0\0\0\x01\0\x01\0\x80"[..],
            b"\0\0\0\xFF\xFF\xFF\x02\x02\x44\x01\0",
        ]
        .concat();
        let head = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xFF\xFF\xFF";
        [&head[..], &frame.repeat(frames), b"\x3B"].concat().into()
    }

    fn is_too_long_gif(frames: usize, pixels: u64) -> bool {
        let gif = Format::of_type("image/gif").unwrap();
        is_too_long(gif, &moving(frames), pixels, &Limits::default())
    }

    #[test]
    fn a_gif_has_as_many_frames_as_images() {
        for count in [0, 1, 7, 600] {
            assert_eq!(gif(&moving(count)), count as u64);
        }
        let cut = moving(3);
        assert_eq!(gif(&cut[..cut.len() - 10]), 3);
        for broken in [&b""[..], b"GIF89a", b"GIF89a\x01\0\x01\0\x87\0\0"] {
            assert_eq!(gif(broken), 0, "{broken:?}");
        }
    }

    #[test]
    fn frames_and_their_pixels_have_limits() {
        assert!(!is_too_long_gif(500, 400_000) && is_too_long_gif(501, 1));
        assert!(!is_too_long_gif(2, 100_000_000) && is_too_long_gif(2, 100_000_001));
        assert!(!is_too_long_gif(1, u64::MAX), "a still picture has a limit of its own");
    }
}
