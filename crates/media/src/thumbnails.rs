//! Smaller copies of a picture, and the few bytes that are shown until one is loaded.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::media::{Purpose, ThumbnailSize};
use image::{DynamicImage, ImageFormat};

use crate::decode::{Decoded, encode};

/// The quality of a copy as JPEG.
const QUALITY: u8 = 80;

/// The longest side of a picture that a `ThumbHash` is made of.
const HASHED_SIDE: u32 = 100;

/// The longest colour profile that a copy has; longer ones are for printing.
const PROFILE_MAX: usize = 16 * 1024;

/// What is made of a picture.
#[derive(Debug)]
pub(crate) struct Made {
    /// Its `ThumbHash` in Base64.
    pub(crate) hash: String,
    /// The extension of the copies.
    pub(crate) extension: &'static str,
    /// The copies that are shorter than the picture's own file.
    pub(crate) copies: Vec<(ThumbnailSize, Vec<u8>)>,
}

/// Makes the copies of a picture whose own file has so many bytes; none is larger than the picture.
pub(crate) fn make(decoded: &Decoded, purpose: Purpose, length: u64) -> Made {
    let large = fit(&decoded.picture, ThumbnailSize::Large.pixels());
    let small = match purpose {
        Purpose::Avatar => fit(&square(&large), ThumbnailSize::Small.pixels()),
        Purpose::Message | Purpose::Export => fit(&large, ThumbnailSize::Small.pixels()),
    };
    let see_through = is_see_through(&small);
    let (format, extension) =
        if see_through { (ImageFormat::WebP, "webp") } else { (ImageFormat::Jpeg, "jpg") };
    let sizes: &[_] = match purpose {
        Purpose::Avatar => &[(ThumbnailSize::Small, &small)],
        Purpose::Message | Purpose::Export => {
            &[(ThumbnailSize::Small, &small), (ThumbnailSize::Large, &large)]
        }
    };
    let profile = profile(decoded);
    let copies = sizes.iter().filter_map(|(size, copy)| {
        let is_smaller = (copy.width(), copy.height()) != (decoded.picture.width(), decoded.picture.height());
        let pixels = is_smaller.then(|| in_bytes(copy, see_through))?;
        let bytes = encode(format, QUALITY, &pixels, profile.clone()).ok()?;
        ((bytes.len() as u64) < length).then_some((*size, bytes))
    });
    Made { hash: hash(&small), extension, copies: copies.collect() }
}

/// Returns the picture with at most so many pixels a side.
fn fit(picture: &DynamicImage, side: u32) -> DynamicImage {
    if picture.width().max(picture.height()) <= side {
        picture.clone()
    } else {
        picture.thumbnail(side, side)
    }
}

/// Returns the middle of a picture.
fn square(picture: &DynamicImage) -> DynamicImage {
    let (width, height) = (picture.width(), picture.height());
    let side = width.min(height);
    picture.crop_imm((width - side) / 2, (height - side) / 2, side, side)
}

fn is_see_through(picture: &DynamicImage) -> bool {
    picture.color().has_alpha() && picture.to_rgba8().pixels().any(|pixel| pixel.0[3] < u8::MAX)
}

/// Returns the pixels in the one form that the copies are encoded in.
fn in_bytes(picture: &DynamicImage, see_through: bool) -> DynamicImage {
    if see_through { picture.to_rgba8().into() } else { picture.to_rgb8().into() }
}

/// Returns the colour profile for copies, which are in RGB.
fn profile(decoded: &Decoded) -> Option<Vec<u8>> {
    let fits = |profile: &&Vec<u8>| profile.get(16..20) == Some(b"RGB ") && profile.len() <= PROFILE_MAX;
    decoded.profile.as_ref().filter(fits).cloned()
}

fn hash(picture: &DynamicImage) -> String {
    let tiny = fit(picture, HASHED_SIDE).to_rgba8();
    let (width, height) = (tiny.width() as usize, tiny.height() as usize);
    STANDARD.encode(thumbhash::rgba_to_thumb_hash(width, height, tiny.as_raw()))
}

#[cfg(test)]
mod tests {
    use image::{Rgb, RgbImage, Rgba, RgbaImage};

    use super::*;

    fn decoded(picture: impl Into<DynamicImage>) -> Decoded {
        Decoded { picture: picture.into(), profile: None }
    }

    fn sizes(made: &Made) -> Vec<(u32, u32)> {
        let read = |(_, bytes): &(_, Vec<u8>)| {
            let copy = image::load_from_memory(bytes).unwrap();
            (copy.width(), copy.height())
        };
        made.copies.iter().map(read).collect()
    }

    #[test]
    fn copies_fit_and_are_never_larger_than_the_picture() {
        for ((width, height), expected) in [
            ((320, 320), vec![]),
            ((321, 320), vec![(320, 319)]),
            ((1280, 640), vec![(320, 160)]),
            ((1281, 640), vec![(320, 160), (1280, 640)]),
            ((3000, 1), vec![(320, 1), (1280, 1)]),
        ] {
            let made = make(&decoded(RgbImage::new(width, height)), Purpose::Message, u64::MAX);
            assert_eq!(sizes(&made), expected, "{width} x {height}");
            assert_eq!(made.extension, "jpg");
        }
        let made = make(&decoded(RgbImage::new(640, 640)), Purpose::Message, 10);
        assert!(made.copies.is_empty(), "a copy is shorter than the file");
    }

    #[test]
    fn a_picture_of_a_user_has_a_square_copy() {
        for ((width, height), expected) in
            [((320, 320), vec![]), ((200, 100), vec![(100, 100)]), ((900, 2000), vec![(320, 320)])]
        {
            let made = make(&decoded(RgbImage::new(width, height)), Purpose::Avatar, u64::MAX);
            assert_eq!(sizes(&made), expected, "{width} x {height}");
        }
    }

    #[test]
    fn what_can_be_seen_through_stays_so() {
        let clear = RgbaImage::from_pixel(640, 640, Rgba([255, 0, 0, 0]));
        let made = make(&decoded(clear), Purpose::Message, u64::MAX);
        assert_eq!(made.extension, "webp");
        let copy = image::load_from_memory(&made.copies[0].1).unwrap().to_rgba8();
        assert_eq!(copy.get_pixel(9, 9).0[3], 0);
        let opaque = RgbaImage::from_pixel(640, 640, Rgba([255, 0, 0, 255]));
        assert_eq!(make(&decoded(opaque), Purpose::Message, u64::MAX).extension, "jpg");
    }

    #[test]
    fn the_hash_has_the_colour_of_the_picture() {
        let made = make(&decoded(RgbImage::from_pixel(640, 320, Rgb([200, 30, 30]))), Purpose::Message, 1);
        let bytes = STANDARD.decode(made.hash).unwrap();
        let (red, green, _, _) = thumbhash::thumb_hash_to_average_rgba(&bytes).unwrap();
        assert!(red > 0.6 && green < 0.3, "{red} {green}");
    }
}
