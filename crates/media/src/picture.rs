//! Pictures: their size, read from the header without decoding them, and what they say of their makers.

use std::fs::File;
use std::io::{BufReader, Seek};

use domain::message::MessageKind;
use imagesize::ImageType;

use crate::error::Error;
use crate::folder::Temporary;
use crate::format::Format;
use crate::limits::Limits;
use crate::metadata;

/// Removes what a picture says beside the picture, and returns its width and height as it is shown.
///
/// Nothing for a file that cannot be read as a picture, which stays as it is; [`Error::Dimensions`] over the limits.
pub(crate) fn prepare(
    format: &Format,
    head: &[u8],
    temporary: &mut Temporary,
    limits: &Limits,
) -> Result<Option<(i32, i32)>, Error> {
    if format.kind != MessageKind::Image || !has_header(format, head) {
        return Ok(None);
    }
    let Some((width, height)) = size(&temporary.file, limits)? else { return Ok(None) };
    let before = temporary.read()?;
    let Some(cleaned) = metadata::clean(format, before.clone()) else { return Ok(Some((width, height))) };
    if cleaned.bytes != before {
        temporary.replace(&cleaned.bytes)?;
    }
    let sideways = cleaned.orientation.is_some_and(metadata::Orientation::is_sideways);
    Ok(Some(if sideways { (height, width) } else { (width, height) }))
}

fn size(file: &File, limits: &Limits) -> Result<Option<(i32, i32)>, Error> {
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
