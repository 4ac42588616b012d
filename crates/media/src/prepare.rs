//! What is done to a file before it is stored.

use domain::media::Purpose;
use domain::message::MessageKind;

use crate::error::Error;
use crate::folder::Temporary;
use crate::format::{Format, OPAQUE};
use crate::limits::Limits;
use crate::mp4;
use crate::picture::{self, Outcome};
use crate::thumbnails::Made;

/// A file that is ready to be stored.
#[derive(Debug)]
pub(crate) struct Prepared {
    /// The format that it is stored as.
    pub(crate) format: &'static Format,
    /// Its width and height, if it says so.
    pub(crate) size: Option<(i32, i32)>,
    /// How many milliseconds it lasts, if it says so.
    pub(crate) duration_ms: Option<i64>,
    /// What was made of a picture.
    pub(crate) made: Option<Made>,
}

/// Removes what a file says of its maker, and finds out what its readers see of it.
///
/// [`Error::Dimensions`] for a picture over the limits; [`Error::Unsupported`] for one of a user or group that moves
/// for too long.
pub(crate) fn prepare(
    format: &'static Format,
    head: &[u8],
    temporary: &mut Temporary,
    purpose: Purpose,
    limits: &Limits,
) -> Result<Prepared, Error> {
    let plain = Prepared { format, size: None, duration_ms: None, made: None };
    if format.kind == MessageKind::Image {
        return match picture::prepare(format, head, temporary, purpose, limits)? {
            Outcome::Picture(picture) => {
                Ok(Prepared { size: Some(picture.size), made: picture.made, ..plain })
            }
            Outcome::Unread => Ok(plain),
            Outcome::Opaque if purpose == Purpose::Avatar => Err(Error::Unsupported),
            Outcome::Opaque => Ok(Prepared { format: &OPAQUE, ..plain }),
        };
    }
    if format.is_mp4() {
        let header = mp4::clean(&mut temporary.file)?;
        let size = header.size.filter(|_| format.kind == MessageKind::Video);
        return Ok(Prepared { size, duration_ms: header.duration_ms, ..plain });
    }
    Ok(plain)
}
