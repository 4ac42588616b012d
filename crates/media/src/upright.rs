//! Pictures that EXIF turns: stored the way up that they are shown, so that no viewer has to turn them.

use image::ImageFormat;

use crate::decode::{Decoded, encode};
use crate::format::Format;
use crate::limits::Limits;
use crate::metadata::Cleaned;

/// The quality of a JPEG that is encoded again: what is lost is not seen.
const QUALITY: u8 = 90;

/// Turns the pixels as the EXIF of their file says, and returns the file without EXIF; nothing for a picture that need
/// not be turned, or whose file cannot be made within the limits.
pub(crate) fn turn(
    format: &Format,
    cleaned: &Cleaned,
    decoded: &mut Decoded,
    limits: &Limits,
) -> Option<Vec<u8>> {
    decoded.picture.apply_orientation(cleaned.orientation?.turn()?);
    if decoded.was_cmyk() {
        return None;
    }
    let format = ImageFormat::from_extension(format.extension)?;
    let bytes = encode(format, QUALITY, &decoded.picture, decoded.profile.clone()).ok()?;
    (bytes.len() as u64 <= limits.max_bytes).then_some(bytes)
}
