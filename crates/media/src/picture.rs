//! Pictures: their size, read from the header before anything is decoded, what they say of their makers, and the way
//! up that they are shown.

use std::fs::File;
use std::io::{BufReader, Seek};
use std::sync::Arc;

use domain::media::Purpose;
use domain::message::MessageKind;
use imagesize::ImageType;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::animation;
use crate::decode::Decoded;
use crate::error::Error;
use crate::folder::Temporary;
use crate::format::Format;
use crate::limits::Limits;
use crate::metadata::{self, Cleaned};
use crate::thumbnails::{self, Made};
use crate::upright;

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

/// A picture that is ready to be stored.
#[derive(Debug)]
pub(crate) struct Picture {
    /// Its width and height as it is shown.
    pub(crate) size: (i32, i32),
    /// Its smaller copies, if it can be decoded.
    pub(crate) made: Option<Made>,
}

/// Removes what a picture says beside the picture, turns it as it is shown, and makes smaller copies of it.
///
/// [`Error::Dimensions`] over the limits.
pub(crate) fn prepare(
    format: &Format,
    head: &[u8],
    temporary: &mut Temporary,
    purpose: Purpose,
    limits: &Limits,
) -> Result<Outcome, Error> {
    if !has_header(format, head) {
        return Ok(Outcome::Unread);
    }
    let Some((width, height)) = size(&temporary.file, limits)? else { return Ok(Outcome::Unread) };
    let before = temporary.read()?;
    if animation::is_too_long(format, &before, pixels(width, height), limits) {
        return Ok(Outcome::Opaque);
    }
    let cleaned = metadata::clean(format, &before);
    let bytes = cleaned.as_ref().map_or(&before, |cleaned| &cleaned.bytes);
    let mut decoded = Decoded::read(format, bytes, limits);
    let turned = cleaned.as_ref().zip(decoded.as_mut());
    let turned = turned.and_then(|(cleaned, decoded)| upright::turn(format, cleaned, decoded, limits));
    let size = match (&cleaned, &decoded) {
        (_, Some(Decoded { picture, .. })) if turned.is_some() => (
            i32::try_from(picture.width()).unwrap_or(width),
            i32::try_from(picture.height()).unwrap_or(height),
        ),
        (Some(cleaned), _) if is_shown_sideways(format, cleaned) => (height, width),
        _ => (width, height),
    };
    let stored: &[u8] = turned.as_deref().unwrap_or(bytes);
    if stored != before {
        temporary.replace(stored)?;
    }
    let length = stored.len() as u64;
    Ok(Outcome::Picture(Picture {
        size,
        made: decoded.map(|decoded| thumbnails::make(&decoded, purpose, length)),
    }))
}

fn pixels(width: i32, height: i32) -> u64 {
    u64::from(width.unsigned_abs()) * u64::from(height.unsigned_abs())
}

/// What a file that was taken for a picture is kept as.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// A picture.
    Picture(Picture),
    /// As it is; it cannot be read as a picture.
    Unread,
    /// A file that is only downloaded, since it moves for too long to be shown.
    Opaque,
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
