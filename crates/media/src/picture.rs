//! Pictures: their size, read from the header before anything is decoded, what they say of their makers, and the way
//! up that they are shown.

use std::fs::File;
use std::io::{BufReader, Seek};
use std::sync::Arc;

use domain::message::MessageKind;
use imagesize::ImageType;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::error::Error;
use crate::folder::Temporary;
use crate::format::Format;
use crate::limits::Limits;
use crate::metadata::{self, Cleaned};
use crate::upright::{self, Upright};

/// How many pictures are worked on at once, since each is in memory as a whole.
const AT_ONCE: usize = 2;

/// Prepares pictures within the limits, a few at once; cheap to clone.
#[derive(Clone)]
pub(crate) struct Pictures {
    pub(crate) limits: Limits,
    turns: Arc<Semaphore>,
}

impl Pictures {
    pub(crate) fn new(limits: Limits) -> Self {
        Self { limits, turns: Arc::new(Semaphore::new(AT_ONCE)) }
    }

    /// Waits until a file of this format may be prepared; files that are no pictures need not wait.
    pub(crate) async fn turn(&self, format: &Format) -> Option<OwnedSemaphorePermit> {
        if format.kind != MessageKind::Image {
            return None;
        }
        Arc::clone(&self.turns).acquire_owned().await.ok()
    }
}

/// Removes what a picture says beside the picture, turns it as it is shown, and returns its width and height then.
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
    if let Some(Upright { bytes, size }) = upright::turn(format, &cleaned, limits) {
        temporary.replace(&bytes)?;
        return Ok(Some(size));
    }
    if cleaned.bytes != before {
        temporary.replace(&cleaned.bytes)?;
    }
    Ok(Some(if is_shown_sideways(format, &cleaned) { (height, width) } else { (width, height) }))
}

/// Returns whether browsers turn a picture that could not be turned here; they heed its EXIF in this format alone.
fn is_shown_sideways(format: &Format, cleaned: &Cleaned) -> bool {
    format.extension == "jpg" && cleaned.orientation.is_some_and(metadata::Orientation::is_sideways)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn pictures_wait_for_their_turn() {
        let pictures = Pictures::new(Limits::default());
        let [png, text] = ["image/png", "text/plain"].map(|kind| Format::of_type(kind).unwrap());
        let (first, second) = (pictures.turn(png).await, pictures.turn(png).await);
        assert!(first.is_some() && second.is_some());
        let waiting = pictures.clone();
        let third = tokio::spawn(async move { waiting.turn(png).await.is_some() });
        tokio::task::yield_now().await;
        assert!(!third.is_finished());
        // What is no picture does not wait.
        assert!(pictures.turn(text).await.is_none());
        drop(first);
        assert!(third.await.unwrap());
    }
}
