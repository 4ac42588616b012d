//! Pictures that are cut off, or go on behind their end: their parts are metadata or not, and stay as they are or go.

use bytes::Bytes;
use img_parts::jpeg::markers;

use crate::format::Format;

/// A part at the beginning of what is left of a file.
struct Part {
    length: usize,
    is_metadata: bool,
    /// Whether nothing that follows belongs to the picture.
    is_last: bool,
}

/// Reads the next part of what is left of a file; nothing where the picture itself begins, or no part does.
type ReadPart = fn(&[u8]) -> Option<Part>;

/// Returns whether segments of a JPEG with this marker are metadata: of those of applications only JFIF's and Adobe's
/// say how to decode the picture.
pub(super) fn is_jpegs(marker: u8) -> bool {
    !matches!(marker, markers::APP0 | markers::APP14)
        && matches!(marker, markers::APP0..=markers::APP15 | markers::COM)
}

/// Returns whether chunks of a PNG of this kind are metadata.
pub(super) fn is_pngs(kind: &[u8]) -> bool {
    matches!(kind, b"tEXt" | b"zTXt" | b"iTXt" | b"tIME" | b"eXIf")
}

/// Removes the metadata as far as the file can be read; nothing if there is nothing to remove.
pub(super) fn clean(format: &Format, bytes: &Bytes) -> Option<Bytes> {
    let (start, part): (usize, ReadPart) = match format.extension {
        "jpg" => (2, segment),
        "png" => (8, png_chunk),
        "webp" => (12, webp_chunk),
        _ => return None,
    };
    let (head, mut rest) = bytes.split_at_checked(start)?;
    let mut kept = head.to_vec();
    while let Some(Part { length, is_metadata, is_last }) = part(rest) {
        let (this, after) = rest.split_at(length.min(rest.len()));
        if !is_metadata {
            kept.extend_from_slice(this);
        }
        rest = if is_last { &[] } else { after };
    }
    kept.extend_from_slice(rest);
    (kept.len() != bytes.len()).then(|| kept.into())
}

fn segment(rest: &[u8]) -> Option<Part> {
    let &[0xFF, marker, high, low] = rest.get(..4)? else { return None };
    let length = 2 + usize::from(u16::from_be_bytes([high, low]));
    (marker != markers::SOS).then(|| Part { length, is_metadata: is_jpegs(marker), is_last: false })
}

fn png_chunk(rest: &[u8]) -> Option<Part> {
    let &[a, b, c, d, ref kind @ ..] = rest.get(..8)? else { return None };
    let length = (u32::from_be_bytes([a, b, c, d]) as usize).saturating_add(12);
    Some(Part { length, is_metadata: is_pngs(kind), is_last: kind == b"IEND" })
}

fn webp_chunk(rest: &[u8]) -> Option<Part> {
    let &[ref kind @ .., a, b, c, d] = rest.get(..8)? else { return None };
    let length = (u32::from_le_bytes([a, b, c, d]) as usize).saturating_add(8);
    let is_metadata = matches!(kind, b"EXIF" | b"XMP ");
    Some(Part { length: length + length % 2, is_metadata, is_last: false })
}
