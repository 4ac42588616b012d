//! The size of a picture, read from its header without decoding it.

use std::fs::File;
use std::io::{BufReader, Seek};

use domain::message::MessageKind;
use imagesize::ImageType;

use crate::error::Error;
use crate::format::Format;
use crate::limits::Limits;

/// Returns width and height, if the file has any that can be read; [`Error::Dimensions`] over the limits.
pub(crate) fn size(
    format: &Format,
    head: &[u8],
    file: &File,
    limits: &Limits,
) -> Result<Option<(i32, i32)>, Error> {
    if format.kind != MessageKind::Image || !has_header(format, head) {
        return Ok(None);
    }
    let mut reader = BufReader::new(file);
    reader.rewind()?;
    let Ok(size) = imagesize::reader_size(&mut reader) else { return Ok(None) };
    let (width, height) = (size.width, size.height);
    if width > limits.max_side || height > limits.max_side || width.saturating_mul(height) > limits.max_pixels
    {
        return Err(Error::Dimensions { width, height });
    }
    match (i32::try_from(width), i32::try_from(height)) {
        (Ok(width @ 1..), Ok(height @ 1..)) => Ok(Some((width, height))),
        _ => Ok(None),
    }
}

/// Returns whether the header is of the format; a file of another cannot be decoded as a picture.
fn has_header(format: &Format, head: &[u8]) -> bool {
    match imagesize::image_type(head) {
        Ok(ImageType::Png) => format.extension == "png" && head.get(12..16) == Some(b"IHDR"),
        Ok(ImageType::Jpeg) => format.extension == "jpg",
        Ok(ImageType::Webp) => format.extension == "webp",
        Ok(ImageType::Gif) => format.extension == "gif",
        _ => false,
    }
}
