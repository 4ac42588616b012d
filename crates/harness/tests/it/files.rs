//! What is kept of a file that is uploaded: its name, its content, its size.

use std::fs;

use harness::people::text;
use harness::{Stack, on_each_database};
use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::codecs::webp::WebPEncoder;
use image::{ImageEncoder as _, ImageFormat, Rgb, RgbImage};
use serde_json::json;

const MESSAGE: &str = "/upload/upload-message-file";
const AVATAR: &str = "/upload/upload-avatar";

on_each_database! {
    a_file_without_bytes_is_named_empty,
    the_name_of_a_file_is_kept_as_its_owner_has_it,
    a_picture_is_stored_as_it_is_shown_and_says_no_more,
    a_picture_that_cannot_be_decoded_says_no_more_either,
}

async fn a_file_without_bytes_is_named_empty(stack: &Stack) {
    let alice = stack.person("愛麗絲").await;
    for path in [MESSAGE, AVATAR] {
        alice.upload(path, ("空.png", "image/png"), b"").await.refused(400, "empty_file", "File is empty");
    }
    for purpose in ["message", "avatars"] {
        assert!(!fs::exists(stack.data().join("media").join(purpose)).unwrap(), "{purpose}");
    }
}

async fn the_name_of_a_file_is_kept_as_its_owner_has_it(stack: &Stack) {
    let alice = stack.person("愛麗絲").await;
    for (sent, kept) in [
        ("家族👨\u{200D}👩\u{200D}👧.txt", "家族👨\u{200D}👩\u{200D}👧.txt"),
        ("می\u{200C}خواهم.txt", "می\u{200C}خواهم.txt"),
        ("說%22好%22.txt", "說\"好\".txt"),
        ("上%0D%0A下.txt", "上下.txt"),
        ("100%25.txt", "100%25.txt"),
    ] {
        let head = format!("--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{sent}\"");
        let body = format!("{head}\r\nContent-Type: text/plain\r\n\r\nx\r\n--b--\r\n");
        let uploaded = alice.post_raw(MESSAGE, "multipart/form-data; boundary=b", body).await.ok();
        assert_eq!(uploaded["file_name"], kept);
    }
}

/// EXIF that says how a picture is turned, and where it was taken.
fn exif(orientation: u8) -> Vec<u8> {
    let table = [0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0];
    [&b"MM\0*\0\0\0\x08"[..], &table, b"25.0330N 121.5654E"].concat()
}

/// A picture of 48 by 32 pixels: red, green on its right, and blue below.
fn picture() -> RgbImage {
    RgbImage::from_fn(48, 32, |x, y| match (x < 24, y < 16) {
        (true, true) => Rgb([255, 0, 0]),
        (false, true) => Rgb([0, 255, 0]),
        (_, false) => Rgb([0, 0, 255]),
    })
}

/// The picture as a file of this format, with EXIF.
fn file(format: ImageFormat, exif: Vec<u8>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let exif_bytes = exif.clone();
    match format {
        ImageFormat::Jpeg => {
            let mut encoder = JpegEncoder::new_with_quality(&mut bytes, 95);
            encoder.set_exif_metadata(exif).unwrap();
            picture().write_with_encoder(encoder).unwrap();
        }
        ImageFormat::Png => {
            let mut encoder = PngEncoder::new(&mut bytes);
            encoder.set_exif_metadata(exif).unwrap();
            picture().write_with_encoder(encoder).unwrap();
        }
        _ => {
            let mut encoder = WebPEncoder::new_lossless(&mut bytes);
            encoder.set_exif_metadata(exif).unwrap();
            picture().write_with_encoder(encoder).unwrap();
        }
    }
    assert!(has(&bytes, &exif_bytes), "{format:?}");
    bytes
}

fn has(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// Returns which colour a pixel is nearest to.
fn colour(picture: &RgbImage, x: u32, y: u32) -> char {
    let pixel = picture.get_pixel(x, y).0;
    let strongest = (0..3).max_by_key(|channel| pixel[*channel]).unwrap();
    assert!(pixel[strongest] > 200, "{pixel:?}");
    ['r', 'g', 'b'][strongest]
}

async fn a_picture_is_stored_as_it_is_shown_and_says_no_more(stack: &Stack) {
    let alice = stack.person("愛麗絲").await;
    let formats = [
        (ImageFormat::Jpeg, "image/jpeg"),
        (ImageFormat::Png, "image/png"),
        (ImageFormat::WebP, "image/webp"),
    ];
    // The corners of what is shown, from the left above to the right below (EXIF 2.32, tag 274).
    let corners = ["rgbb", "grbb", "bbgr", "bbrg", "rbgb", "brbg", "bgbr", "gbrb"];
    for ((format, kind), path) in formats.into_iter().zip([MESSAGE, AVATAR, MESSAGE]) {
        for (orientation, expected) in (1..).zip(corners) {
            let sent = file(format, exif(orientation));
            let uploaded = alice.upload(path, ("圖", kind), &sent).await.ok();
            let served = alice.get(&text(&uploaded["url"])).await.is(200).body.clone();
            assert!(!has(&served, b"121.5654E") && !has(&served, b"MM\0*"), "{kind} {orientation}");
            let shown = image::load_from_memory_with_format(&served, format).unwrap().into_rgb8();
            let (width, height) = shown.dimensions();
            assert_eq!((width, height), if orientation < 5 { (48, 32) } else { (32, 48) });
            assert_eq!((&uploaded["width"], &uploaded["height"]), (&json!(width), &json!(height)));
            assert_eq!(uploaded["size"], served.len());
            let (right, below) = (width - 5, height - 5);
            let found: String = [(4, 4), (right, 4), (4, below), (right, below)]
                .map(|(x, y)| colour(&shown, x, y))
                .iter()
                .collect();
            assert_eq!(found, expected, "{kind} {orientation}");
        }
    }
}

/// A JPEG of six by four pixels that lies on its side and cannot be decoded.
fn broken() -> Vec<u8> {
    let segment = |marker: u8, contents: &[u8]| {
        let length = u16::try_from(contents.len() + 2).unwrap().to_be_bytes();
        [&[0xFF, marker], &length[..], contents].concat()
    };
    let exif = segment(0xE1, &[&b"Exif\0\0"[..], &exif(6)].concat());
    let frame = segment(0xC0, &[8, 0, 4, 0, 6, 1, 1, 0x11, 0]);
    let scan = [segment(0xDA, &[1, 1, 0, 0, 63, 0]), b"pixels\xFF\xD9".to_vec()].concat();
    [b"\xFF\xD8".to_vec(), exif, frame, scan].concat()
}

async fn a_picture_that_cannot_be_decoded_says_no_more_either(stack: &Stack) {
    let alice = stack.person("愛麗絲").await;
    for path in [MESSAGE, AVATAR] {
        let uploaded = alice.upload(path, ("a.jpg", "image/jpeg"), &broken()).await.ok();
        assert_eq!((&uploaded["width"], &uploaded["height"]), (&json!(4), &json!(6)));
        let served = alice.get(&text(&uploaded["url"])).await.is(200).body.clone();
        assert_eq!(uploaded["size"], served.len());
        let has = |part: &[u8]| has(&served, part);
        assert!(!has(b"121.5654E") && has(b"pixels") && has(b"\x01\x12\0\x03\0\0\0\x01\0\x06"));
    }
}
