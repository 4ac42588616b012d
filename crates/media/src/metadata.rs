//! What a picture says beside the picture: where and when it was taken, and with what. It is removed without touching
//! the picture itself; how the picture is turned, its colours and its animation stay.

use bytes::Bytes;
use img_parts::jpeg::{Jpeg, markers};
use img_parts::png::Png;
use img_parts::webp::{CHUNK_ANIM, CHUNK_XMP, WebP};
use img_parts::{ImageEXIF, ImageICC};

use crate::format::Format;

mod broken;

/// How the pixels of a picture are turned to be shown: the values 1 to 8 of EXIF's tag `Orientation`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Orientation(u8);

impl Orientation {
    /// Returns how the pixels are to be turned.
    pub(crate) fn turn(self) -> Option<image::metadata::Orientation> {
        image::metadata::Orientation::from_exif(self.0)
    }

    /// Whether width and height of what is shown are height and width of the pixels.
    pub(crate) fn is_sideways(self) -> bool {
        self.0 >= 5
    }

    /// Reads it out of EXIF, which is a TIFF file (TIFF 6.0, section 2).
    fn read(exif: &[u8]) -> Option<Self> {
        let little = exif.starts_with(b"II*\0");
        if !little && !exif.starts_with(b"MM\0*") {
            return None;
        }
        let number = |from: usize, length: usize| {
            let bytes = exif.get(from..from.checked_add(length)?)?;
            let join = |number: usize, byte: &u8| (number << 8) | usize::from(*byte);
            Some(if little { bytes.iter().rev().fold(0, join) } else { bytes.iter().fold(0, join) })
        };
        let table = number(4, 4)?;
        let entries = (0..number(table, 2)?).map(|n| table + 2 + 12 * n);
        let entry = entries.take(1_000).find(|entry| number(*entry, 2) == Some(ORIENTATION))?;
        let value = u8::try_from(number(entry + 8, 2)?).ok()?;
        (1..=8).contains(&value).then_some(Self(value))
    }

    /// Writes EXIF that says this and nothing else.
    fn exif(self) -> Bytes {
        let table = [0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, self.0, 0, 0, 0, 0, 0, 0];
        [&b"MM\0*\0\0\0\x08"[..], &table].concat().into()
    }
}

/// EXIF's tag.
const ORIENTATION: usize = 0x0112;

/// A picture without what it says beside the picture.
pub(crate) struct Cleaned {
    /// The whole file.
    pub(crate) bytes: Bytes,
    /// How the picture is turned, if it has to be and does not move.
    pub(crate) orientation: Option<Orientation>,
}

/// Removes the metadata of a picture; nothing if the file cannot be read as one of its format and has none that is found.
pub(crate) fn clean(format: &Format, bytes: &Bytes) -> Option<Cleaned> {
    let whole = match format.extension {
        "jpg" => Jpeg::from_bytes(bytes.clone()).ok().map(clean_jpeg),
        "png" => Png::from_bytes(bytes.clone()).ok().map(clean_png),
        "webp" => WebP::from_bytes(bytes.clone()).ok().map(clean_webp),
        _ => None,
    };
    let cut = || broken::clean(format, bytes).map(|bytes| Cleaned { bytes, orientation: None });
    whole.or_else(cut)
}

/// Returns the EXIF to keep of a picture's own.
fn turned(picture: &impl ImageEXIF) -> Option<Orientation> {
    picture.exif().and_then(|exif| Orientation::read(&exif)).filter(|orientation| orientation.0 > 1)
}

fn clean_jpeg(mut jpeg: Jpeg) -> Cleaned {
    let orientation = turned(&jpeg);
    let profile = jpeg.icc_profile();
    // Of the segments of applications only JFIF's and Adobe's say how to decode the picture.
    jpeg.segments_mut().retain(|segment| !broken::is_jpegs(segment.marker()));
    jpeg.set_icc_profile(profile);
    jpeg.set_exif(orientation.map(Orientation::exif));
    let bytes = jpeg.encoder().bytes();
    // Behind the end stand previews, which have metadata of their own, and films.
    let end = end_of_jpeg(&bytes).unwrap_or(bytes.len());
    Cleaned { bytes: bytes.slice(..end), orientation }
}

/// Returns where a JPEG ends (ITU T.81, section B.1): its segments are skipped, as they may hold other pictures.
fn end_of_jpeg(bytes: &[u8]) -> Option<usize> {
    let mut at = 2;
    loop {
        let marker = at + bytes.get(at..)?.windows(2).position(|pair| {
            matches!(pair, [0xFF, marker] if !matches!(marker, 0 | 1 | 0xFF | markers::RST0..=markers::RST7))
        })?;
        if bytes.get(marker + 1) == Some(&markers::EOI) {
            return Some(marker + 2);
        }
        let length = u16::from_be_bytes([*bytes.get(marker + 2)?, *bytes.get(marker + 3)?]);
        at = marker + 2 + usize::from(length);
    }
}

fn clean_png(mut png: Png) -> Cleaned {
    let orientation = turned(&png);
    png.chunks_mut().retain(|chunk| !broken::is_pngs(&chunk.kind()));
    png.set_exif(orientation.map(Orientation::exif));
    let moves = png.chunk_by_type(*b"acTL").is_some();
    Cleaned { bytes: png.encoder().bytes(), orientation: orientation.filter(|_| !moves) }
}

fn clean_webp(mut webp: WebP) -> Cleaned {
    let orientation = turned(&webp);
    webp.remove_chunks_by_id(CHUNK_XMP);
    webp.set_exif(orientation.map(Orientation::exif));
    let moves = webp.has_chunk(CHUNK_ANIM);
    Cleaned { bytes: webp.encoder().bytes(), orientation: orientation.filter(|_| !moves) }
}

#[cfg(test)]
mod tests;
