//! Pictures that EXIF turns: stored the way up that they are shown, so that no viewer has to turn them.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::codecs::webp::WebPEncoder;
use image::{DynamicImage, ImageDecoder as _, ImageEncoder, ImageFormat, ImageReader, ImageResult};

use crate::format::Format;
use crate::limits::Limits;
use crate::metadata::Cleaned;

/// The most bytes that the pixels of a picture may take; those of a photo with the most pixels fit.
const MAX_ALLOC: u64 = 128 * 1024 * 1024;

/// The quality of a JPEG that is encoded again: what is lost is not seen.
const QUALITY: u8 = 90;

/// A picture the way up that it is shown.
pub(crate) struct Upright {
    /// The whole file, with the colour profile and no other metadata.
    pub(crate) bytes: Vec<u8>,
    /// Its width and height.
    pub(crate) size: (i32, i32),
}

/// Turns a picture as its EXIF says; nothing for one that need not be turned, or cannot be within the limits.
pub(crate) fn turn(format: &Format, cleaned: &Cleaned, limits: &Limits) -> Option<Upright> {
    let orientation = cleaned.orientation?.turn()?;
    let format = ImageFormat::from_extension(format.extension)?;
    let (mut picture, profile) = decode(format, &cleaned.bytes, limits).ok()?;
    if profile.as_ref().is_some_and(|profile| profile.get(16..20) == Some(b"CMYK")) {
        // The decoder has made RGB of it, for which the profile is wrong.
        return None;
    }
    picture.apply_orientation(orientation);
    let size = (i32::try_from(picture.width()).ok()?, i32::try_from(picture.height()).ok()?);
    let bytes = encode(format, &picture, profile).ok()?;
    (bytes.len() as u64 <= limits.max_bytes).then_some(Upright { bytes, size })
}

/// Returns the pixels and the colour profile.
fn decode(
    format: ImageFormat,
    bytes: &[u8],
    limits: &Limits,
) -> ImageResult<(DynamicImage, Option<Vec<u8>>)> {
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut most = image::Limits::default();
    most.max_alloc = Some(MAX_ALLOC);
    most.max_image_width = u32::try_from(limits.max_side).ok();
    most.max_image_height = most.max_image_width;
    reader.limits(most);
    let mut decoder = reader.into_decoder()?;
    let profile = decoder.icc_profile()?;
    Ok((DynamicImage::from_decoder(decoder)?, profile))
}

fn encode(format: ImageFormat, picture: &DynamicImage, profile: Option<Vec<u8>>) -> ImageResult<Vec<u8>> {
    let mut bytes = Vec::new();
    match format {
        ImageFormat::Jpeg => write(JpegEncoder::new_with_quality(&mut bytes, QUALITY), picture, profile)?,
        ImageFormat::Png => write(PngEncoder::new(&mut bytes), picture, profile)?,
        _ => write(WebPEncoder::new_lossless(&mut bytes), picture, profile)?,
    }
    Ok(bytes)
}

fn write(
    mut encoder: impl ImageEncoder,
    picture: &DynamicImage,
    profile: Option<Vec<u8>>,
) -> ImageResult<()> {
    if let Some(profile) = profile {
        encoder.set_icc_profile(profile).map_err(image::ImageError::Unsupported)?;
    }
    picture.write_with_encoder(encoder)
}
