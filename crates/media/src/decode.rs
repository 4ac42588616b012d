//! The pixels of pictures: decoded within the limits, and encoded as files.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::codecs::webp::WebPEncoder;
use image::{DynamicImage, ImageDecoder as _, ImageEncoder, ImageFormat, ImageReader, ImageResult};

use crate::format::Format;
use crate::limits::Limits;

/// The most bytes that the pixels of a picture may take; those of a picture with the most pixels fit.
const MAX_ALLOC: u64 = 192 * 1024 * 1024;

/// A picture that is decoded.
pub(crate) struct Decoded {
    /// Its pixels; of a picture that moves the first.
    pub(crate) picture: DynamicImage,
    /// Its colour profile.
    pub(crate) profile: Option<Vec<u8>>,
}

impl Decoded {
    /// Decodes a file; nothing for one that cannot be decoded within the limits.
    pub(crate) fn read(format: &Format, bytes: &[u8], limits: &Limits) -> Option<Self> {
        decode(ImageFormat::from_extension(format.extension)?, bytes, limits).ok()
    }

    /// Returns whether the profile is for other colours than the pixels, since the decoder has made RGB of CMYK.
    pub(crate) fn was_cmyk(&self) -> bool {
        self.profile.as_ref().is_some_and(|profile| profile.get(16..20) == Some(b"CMYK"))
    }
}

fn decode(format: ImageFormat, bytes: &[u8], limits: &Limits) -> ImageResult<Decoded> {
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut most = image::Limits::default();
    most.max_alloc = Some(MAX_ALLOC);
    most.max_image_width = u32::try_from(limits.max_side).ok();
    most.max_image_height = most.max_image_width;
    reader.limits(most);
    let mut decoder = reader.into_decoder()?;
    let profile = decoder.icc_profile()?;
    Ok(Decoded { picture: DynamicImage::from_decoder(decoder)?, profile })
}

/// Encodes pixels as JPEG of this quality, or without loss as PNG or WebP.
pub(crate) fn encode(
    format: ImageFormat,
    quality: u8,
    picture: &DynamicImage,
    profile: Option<Vec<u8>>,
) -> ImageResult<Vec<u8>> {
    let mut bytes = Vec::new();
    match format {
        ImageFormat::Jpeg => write(JpegEncoder::new_with_quality(&mut bytes, quality), picture, profile)?,
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
