//! Files that somebody made to do harm: each becomes a picture without metadata, a file that is only downloaded, or is
//! refused.

use std::fs;
use std::io::Cursor;

use harness::people::text;
use harness::{Stack, on_each_database};
use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::codecs::webp::WebPEncoder;
use image::{ImageEncoder as _, ImageFormat, RgbImage};

const MESSAGE: &str = "/upload/upload-message-file";
const PLACE: &[u8] = b"25.0330N 121.5654E";

on_each_database! {
    each_file_is_safe_opaque_or_refused,
    no_name_leads_out_of_its_folder,
    what_moves_for_too_long_is_not_shown,
}

/// What becomes of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// A picture, sound or film that is shown as this type.
    Shown(&'static str),
    /// A file that is only downloaded.
    Downloaded,
    /// 400 `unsupported_type`.
    Refused,
}
use Fate::{Downloaded, Refused, Shown};

fn exif() -> Vec<u8> {
    [&b"MM\0*\0\0\0\x08\0\0\0\0\0\0"[..], PLACE].concat()
}

fn picture(format: ImageFormat) -> Vec<u8> {
    let (pixels, mut bytes) = (RgbImage::new(8, 8), Vec::new());
    match format {
        ImageFormat::Jpeg => {
            let mut encoder = JpegEncoder::new(&mut bytes);
            encoder.set_exif_metadata(exif()).unwrap();
            pixels.write_with_encoder(encoder).unwrap();
        }
        ImageFormat::Png => {
            let mut encoder = PngEncoder::new(&mut bytes);
            encoder.set_exif_metadata(exif()).unwrap();
            pixels.write_with_encoder(encoder).unwrap();
        }
        ImageFormat::WebP => {
            let mut encoder = WebPEncoder::new_lossless(&mut bytes);
            encoder.set_exif_metadata(exif()).unwrap();
            pixels.write_with_encoder(encoder).unwrap();
        }
        _ => {
            let mut file = Cursor::new(Vec::new());
            pixels.write_to(&mut file, format).unwrap();
            bytes = file.into_inner();
        }
    }
    bytes
}

/// The header of a PNG of this size, and nothing that it announces.
fn png_header(width: u32, height: u32) -> Vec<u8> {
    [&b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"[..], &width.to_be_bytes(), &height.to_be_bytes(), b"\x08\x06\0\0\0"]
        .concat()
}

fn chunk(kind: [u8; 4], data: &[u8]) -> Vec<u8> {
    let length = u32::try_from(data.len()).unwrap().to_be_bytes();
    // Readers of metadata do not check the sum.
    [&length[..], &kind, data, &[0; 4]].concat()
}

/// A PNG with a compressed text of a gigabyte, as far as its reader believes.
fn png_with_bomb(kind: [u8; 4]) -> Vec<u8> {
    let bomb = [&b"Profile\0\0\x78\x9c"[..], &vec![0xFF; 200_000]].concat();
    let whole = picture(ImageFormat::Png);
    let (head, rest) = whole.split_at(33);
    [head, &chunk(kind, &bomb), rest].concat()
}

fn gif(frames: usize, side: u16) -> Vec<u8> {
    let frame = b"\x2C\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0".repeat(frames);
    let side = side.to_le_bytes();
    [&b"GIF89a"[..], &side, &side, b"\x80\0\0\0\0\0\xFF\xFF\xFF", &frame, b"\x3B"].concat()
}

fn film() -> Vec<u8> {
    let boxed = |kind: &[u8; 4], contents: &[u8]| {
        let length = u32::try_from(contents.len() + 8).unwrap().to_be_bytes();
        [&length[..], kind, contents].concat()
    };
    let place = boxed(b"moov", &boxed(b"udta", &boxed(b"loci", PLACE)));
    [boxed(b"ftyp", b"isomiso2"), place].concat()
}

/// Each file: its name, the type that it is declared as, its bytes, and what becomes of it.
fn corpus() -> Vec<(&'static str, &'static str, Vec<u8>, Fate)> {
    let [jpeg, png, webp] = [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP].map(picture);
    let with = |bytes: &[u8], more: &[u8]| [bytes, more].concat();
    let script = b"<script>alert(1)</script>";
    let mut cases = markup();
    cases.extend([
        // Metadata.
        ("地點.jpg", "image/jpeg", jpeg.clone(), Shown("image/jpeg")),
        ("地點.png", "image/png", png.clone(), Shown("image/png")),
        ("地點.webp", "image/webp", webp, Shown("image/webp")),
        ("地點.mp4", "video/mp4", film(), Shown("video/mp4")),
        // Two formats at once, and one in the place of another.
        (
            "雙.gif",
            "image/gif",
            with(b"GIF89a/*\0\x01\0\x80\0\0\0\0\0\xFF\xFF\xFF", b"*/=1;alert(1)"),
            Shown("image/gif"),
        ),
        ("雙.png", "image/png", with(&png, script), Shown("image/png")),
        ("雙.jpg", "image/jpeg", with(&jpeg, script), Shown("image/jpeg")),
        ("雙.pdf", "application/pdf", b"%PDF-1.7\n/*\n*/alert(1)".to_vec(), Downloaded),
        ("別.png", "image/png", jpeg.clone(), Downloaded),
        ("別.jpg", "image/jpeg", png.clone(), Downloaded),
        ("別.mp3", "audio/mpeg", b"PK\x03\x04\x14\0".to_vec(), Downloaded),
        ("別.txt", "text/plain", png.clone(), Downloaded),
        ("壓.png", "image/png", b"\x1f\x8b\x08\0\0\0\0\0".to_vec(), Downloaded),
        ("蘋.jpg", "image/jpeg", b"\0\0\0\x18ftypheic".to_vec(), Downloaded),
        // What grows.
        ("大.png", "image/png", png_header(50_000, 50_000), Refused),
        ("寬.png", "image/png", png_header(12_001, 1), Refused),
        ("滿.png", "image/png", png_header(7_000, 7_000), Refused),
        ("字.png", "image/png", png_with_bomb(*b"zTXt"), Shown("image/png")),
        ("色.png", "image/png", png_with_bomb(*b"iCCP"), Shown("image/png")),
        ("包.zip", "application/zip", with(b"PK\x03\x04", &[0; 4096]), Downloaded),
        // What is cut off.
        ("斷.png", "image/png", png[..png.len() / 2].to_vec(), Shown("image/png")),
        ("斷.jpg", "image/jpeg", jpeg[..jpeg.len() / 2].to_vec(), Shown("image/jpeg")),
        ("斷.mp4", "video/mp4", film()[..30].to_vec(), Shown("video/mp4")),
        ("頭.png", "image/png", b"\x89PNG".to_vec(), Shown("image/png")),
        ("零.png", "image/png", png_header(0, 0), Shown("image/png")),
    ]);
    cases
}

/// Markup, scripts and programs, as themselves and as something else.
fn markup() -> Vec<(&'static str, &'static str, Vec<u8>, Fate)> {
    let contents: [&[u8]; 12] = [
        b"<html><body onload=alert(1)>",
        b"\xEF\xBB\xBF<!DOCTYPE html>",
        b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>",
        b"<svg onload=alert(1)>",
        b"<?php system('id');",
        b"  \n\t<script>alert(1)</script>",
        b"\xFF\xFE<\0s\0c\0r\0i\0p\0t\0",
        b"#!/bin/sh\nid\n",
        b"\x7fELF\x02\x01\x01\0",
        b"MZ\x90\0\x03\0\0\0",
        b"\0asm\x01\0\0\0",
        b"\xca\xfe\xba\xbe\0\0\0\x34",
    ];
    let claims = [("貓.png", "image/png"), ("貓.jpg", "image/jpeg"), ("文.pdf", "application/pdf")];
    let disguised = claims
        .into_iter()
        .flat_map(|(name, kind)| contents.iter().map(move |bytes| (name, kind, bytes.to_vec(), Refused)));
    let named = [
        ("貓.svg", "image/png"),
        ("貓.png.html", "image/png"),
        ("貓.HTML", "image/png"),
        ("貓.ht\u{200B}ml", "image/png"),
        ("貓.exe. ", "image/png"),
        ("貓.php", "application/octet-stream"),
        ("貓.js", "text/plain"),
        ("貓.png", "image/svg+xml"),
        ("貓.png", "text/html"),
    ];
    let named = named.map(|(name, kind)| (name, kind, picture(ImageFormat::Png), Refused));
    disguised.chain(named).collect()
}

async fn each_file_is_safe_opaque_or_refused(stack: &Stack) {
    let alice = stack.person("愛麗絲").await;
    for (name, kind, bytes, fate) in corpus() {
        let answer = alice.upload(MESSAGE, (name, kind), &bytes).await;
        let said = format!("{name} {kind} {:?}", &bytes[..bytes.len().min(24)]);
        if answer.status != 200 {
            assert_eq!(fate, Refused, "{said}: {answer}");
            answer.refused(400, "unsupported_type", "Unsupported file type");
            continue;
        }
        let uploaded = answer.json();
        let served = alice.get(&text(&uploaded["url"])).await;
        let (disposition, served_as) =
            (served.is(200).header("content-disposition"), served.header("content-type"));
        if let Shown(expected) = fate {
            assert_eq!(served_as, expected, "{said}");
            assert!(disposition.starts_with("inline"), "{said}");
            assert!(!served.body.windows(PLACE.len()).any(|window| window == PLACE), "{said}");
        } else {
            assert_eq!(fate, Downloaded, "{said}");
            assert!(disposition.starts_with("attachment"), "{said}");
        }
        assert_eq!(served.header("x-content-type-options"), "nosniff", "{said}");
        assert_eq!(served.header("content-security-policy"), "sandbox; default-src 'none'", "{said}");
        assert_eq!(uploaded["size"], served.body.len(), "{said}");
    }
    assert_eq!(fs::read_dir(stack.data().join("media/tmp")).unwrap().count(), 0);
}

async fn no_name_leads_out_of_its_folder(stack: &Stack) {
    let alice = stack.person("愛麗絲").await;
    let before: Vec<_> =
        fs::read_dir(stack.data()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    let long = format!("{}.txt", "長".repeat(300));
    for (sent, kept) in [
        ("../../../etc/passwd.txt", "passwd.txt"),
        ("..\\..\\passwd.txt", "passwd.txt"),
        ("%2e%2e%2fpasswd.txt", "%2e%2e%2fpasswd.txt"),
        ("a\u{202E}fdp.txt", "afdp.txt"),
        ("CON", "CON"),
        ("..", "file.txt"),
        (&long, &format!("{}.txt", "長".repeat(251))),
    ] {
        let uploaded = alice.upload(MESSAGE, (sent, "text/plain"), "秘密".as_bytes()).await.ok();
        assert_eq!(uploaded["file_name"], kept, "{sent}");
        let id = text(&uploaded["media_id"]);
        assert!(
            stack.data().join(format!("media/message/{}/{id}.txt", id.get(34..).unwrap())).is_file(),
            "{sent}"
        );
    }
    let after: Vec<_> = fs::read_dir(stack.data()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(after.iter().all(|name| before.contains(name) || name == "media"), "{after:?}");
}

async fn what_moves_for_too_long_is_not_shown(stack: &Stack) {
    let alice = stack.person("愛麗絲").await;
    for (frames, side, shown) in
        [(1, 1, true), (500, 1, true), (501, 1, false), (50, 2000, true), (51, 2000, false)]
    {
        let uploaded = alice.upload(MESSAGE, ("動.gif", "image/gif"), &gif(frames, side)).await.ok();
        let expected = if shown { ("image/gif", "image") } else { ("application/octet-stream", "file") };
        assert_eq!(
            (&uploaded["content_type"], &uploaded["message_type"]),
            (&expected.0.into(), &expected.1.into())
        );
        let served = alice.get(&text(&uploaded["url"])).await;
        assert_eq!(
            (served.is(200).header("content-type"), served.body.len()),
            (expected.0, gif(frames, side).len())
        );
    }
}
