//! Smaller copies of pictures, and what films say of themselves.

use harness::people::{PASSWORD, text};
use harness::{Answer, Stack, on_each_database};
use image::codecs::jpeg::JpegEncoder;
use image::{ImageEncoder as _, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};
use serde_json::{Value, json};

use crate::s3::stored;

const MESSAGE: &str = "/upload/upload-message-file";
const AVATAR: &str = "/upload/upload-avatar";

on_each_database! {
    a_picture_is_served_in_smaller_sizes,
    a_message_says_where_the_copies_of_its_picture_are,
    only_members_read_the_copies_of_a_picture,
    a_picture_of_oneself_has_a_square_copy_and_goes_with_it,
    copies_are_the_way_up_that_they_are_shown,
    what_can_be_seen_through_stays_so,
    what_has_no_copy_is_served_as_it_is,
    another_size_is_refused,
    a_film_says_how_long_it_lasts_and_not_where_it_was_made,
}

/// A picture that a thumbnail is shorter than.
pub(crate) fn picture(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        let noise = (x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(40_503)).to_le_bytes();
        if x < width / 2 {
            Rgb([255, noise[1] / 8, noise[2] / 8])
        } else {
            Rgb([noise[1] / 8, noise[2] / 8, 255])
        }
    })
}

/// The picture as a JPEG, with EXIF that says how it is turned.
pub(crate) fn jpeg(picture: &RgbImage, orientation: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut bytes, 90);
    let table = [0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0];
    encoder.set_exif_metadata([&b"MM\0*\0\0\0\x08"[..], &table].concat()).unwrap();
    picture.write_with_encoder(encoder).unwrap();
    bytes
}

fn read(answer: &Answer) -> RgbImage {
    image::load_from_memory(&answer.is(200).body).unwrap().into_rgb8()
}

pub(crate) async fn a_picture_is_served_in_smaller_sizes(stack: &Stack) {
    let alice = stack.person("愛麗絲").await;
    let sent = jpeg(&picture(1400, 700), 1);
    let uploaded = alice.upload(MESSAGE, ("貓.jpg", "image/jpeg"), &sent).await.ok();
    assert_eq!((&uploaded["width"], &uploaded["height"]), (&json!(1400), &json!(700)));
    let hash = text(&uploaded["thumbhash"]);
    assert!((20..=48).contains(&hash.len()), "{hash}");
    let url = text(&uploaded["url"]);
    for (size, expected) in [(320, (320, 160)), (1280, (1280, 640))] {
        let address = text(&uploaded["thumbnails"][size.to_string()]);
        assert_eq!(format!("{}{address}", stack.origin()), format!("{url}?size={size}"));
        let served = alice.get(&address).await;
        assert_eq!(read(&served).dimensions(), expected);
        assert_eq!(served.header("content-type"), "image/jpeg");
        assert!(served.body.len() < sent.len());
        assert!(served.header("content-disposition").starts_with("inline"));
        assert!(served.header("content-security-policy").contains("sandbox"));
        assert_eq!(served.header("cache-control"), "private, max-age=900");
        let part = alice.request(reqwest::Method::GET, &address).header("range", "bytes=0-1");
        assert_eq!(alice.send(part).await.is(206).body, b"\xFF\xD8"[..]);
    }
    assert_eq!(read(&alice.get(&url).await).dimensions(), (1400, 700));
    assert_eq!(stored(stack), 3);
}

pub(crate) async fn a_message_says_where_the_copies_of_its_picture_are(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let mut received = ming.socket().await.listen("new_message");
    let uploaded = alice.upload(MESSAGE, ("貓.jpg", "image/jpeg"), &jpeg(&picture(640, 400), 1)).await.ok();
    let message = json!({ "message_type": "image", "media_url": uploaded["url"] });
    let sent = alice.send_message(&room, &message).await.ok();
    for media in [
        &sent["media"],
        &received.next().await["message"]["media"],
        &ming.read_page(&room, "").await[0]["media"],
    ] {
        assert_eq!(media["thumbnails"], uploaded["thumbnails"]);
        assert_eq!(media["thumbhash"], uploaded["thumbhash"]);
    }
    let small = ming.get(&text(&sent["media"]["thumbnails"]["320"])).await;
    assert_eq!(read(&small).dimensions(), (320, 200));
}

async fn only_members_read_the_copies_of_a_picture(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let stranger = stack.person("陌生人").await;
    let uploaded = alice.upload(MESSAGE, ("貓.jpg", "image/jpeg"), &jpeg(&picture(640, 400), 1)).await.ok();
    let small = text(&uploaded["thumbnails"]["320"]);
    ming.get(&small).await.is(404);
    alice
        .send_message(&room, &json!({ "message_type": "image", "media_url": uploaded["url"] }))
        .await
        .is(200);
    ming.get(&small).await.is(200);
    stranger.get(&small).await.refused(404, "not_found", "Not Found");
    stack.anon().get(&small).await.unauthorized("Not authenticated");
    // The copy has no address of its own.
    let id = text(&uploaded["media_id"]);
    for name in [format!("{id}.320"), format!("{id}.1280"), format!("{id}.320.jpg")] {
        alice.get(&format!("/static/message/{name}")).await.is(404);
    }
}

pub(crate) async fn a_picture_of_oneself_has_a_square_copy_and_goes_with_it(stack: &Stack) {
    let alice = stack.person("愛麗絲").await;
    let uploaded = alice.upload(AVATAR, ("我.jpg", "image/jpeg"), &jpeg(&picture(800, 600), 1)).await.ok();
    let anon = stack.anon();
    let small = text(&uploaded["thumbnails"]["320"]);
    assert_eq!(read(&anon.get(&small).await).dimensions(), (320, 320));
    let large = anon.get(&text(&uploaded["thumbnails"]["1280"])).await;
    assert_eq!(read(&large).dimensions(), (800, 600));
    assert_eq!(anon.get(&small).await.header("cache-control"), "public, max-age=31536000, immutable");
    assert_eq!(stored(stack), 2);
    alice.delete_account(PASSWORD).await.is(204);
    anon.get(&small).await.is(404);
    assert_eq!(stored(stack), 0);
}

async fn copies_are_the_way_up_that_they_are_shown(stack: &Stack) {
    let alice = stack.person("愛麗絲").await;
    let uploaded = alice.upload(MESSAGE, ("貓.jpg", "image/jpeg"), &jpeg(&picture(640, 320), 6)).await.ok();
    assert_eq!((&uploaded["width"], &uploaded["height"]), (&json!(320), &json!(640)));
    let small = read(&alice.get(&text(&uploaded["thumbnails"]["320"])).await);
    assert_eq!(small.dimensions(), (160, 320));
    let (above, below) = (small.get_pixel(80, 20).0, small.get_pixel(80, 300).0);
    assert!(above[0] > 200 && below[2] > 200, "{above:?} {below:?}");
}

async fn what_can_be_seen_through_stays_so(stack: &Stack) {
    let alice = stack.person("愛麗絲").await;
    let pixels = picture(640, 640);
    let clear = RgbaImage::from_fn(640, 640, |x, y| {
        let Rgb([red, green, blue]) = *pixels.get_pixel(x, y);
        if x < 320 { Rgba([0; 4]) } else { Rgba([red, green, blue, 255]) }
    });
    let mut sent = std::io::Cursor::new(Vec::new());
    clear.write_to(&mut sent, ImageFormat::Png).unwrap();
    let uploaded = alice.upload(MESSAGE, ("貼圖.png", "image/png"), &sent.into_inner()).await.ok();
    let small = alice.get(&text(&uploaded["thumbnails"]["320"])).await;
    assert_eq!(small.header("content-type"), "image/webp");
    let shown = image::load_from_memory(&small.is(200).body).unwrap().into_rgba8();
    assert_eq!((shown.dimensions(), shown.get_pixel(9, 9).0[3]), ((320, 320), 0));
}

pub(crate) async fn what_has_no_copy_is_served_as_it_is(stack: &Stack) {
    let alice = stack.person("愛麗絲").await;
    let tiny = alice.upload(MESSAGE, ("小.jpg", "image/jpeg"), &jpeg(&picture(320, 200), 1)).await.ok();
    let unread = alice.upload(MESSAGE, ("壞.jpg", "image/jpeg"), b"\xFF\xD8\xFFdummy").await.ok();
    let document = alice.upload(MESSAGE, ("文件.pdf", "application/pdf"), b"%PDF-1.7").await.ok();
    assert!(tiny["thumbhash"].is_string() && tiny["thumbnails"]["320"].is_string());
    for other in [&unread, &document] {
        assert_eq!((&other["thumbhash"], &other["thumbnails"]), (&Value::Null, &Value::Null));
    }
    for uploaded in [&tiny, &unread, &document] {
        let url = text(&uploaded["url"]);
        let whole = alice.get(&url).await;
        for size in ["320", "1280"] {
            let served = alice.get(&format!("{url}?size={size}")).await;
            assert_eq!(served.is(200).body, whole.is(200).body);
            assert_eq!(served.header("content-type"), whole.header("content-type"));
        }
    }
}

async fn another_size_is_refused(stack: &Stack) {
    let alice = stack.person("愛麗絲").await;
    let uploaded = alice.upload(MESSAGE, ("貓.jpg", "image/jpeg"), &jpeg(&picture(640, 400), 1)).await.ok();
    let url = text(&uploaded["url"]);
    for size in ["0", "319", "321", "1281", "-320"] {
        let errors = alice.get(&format!("{url}?size={size}")).await;
        errors.invalid(&[("query.size", "enum")]);
    }
    alice.get(&format!("{url}?size=large")).await.invalid(&[("query.size", "int_parsing")]);
}

fn boxed(kind: [u8; 4], contents: &[u8]) -> Vec<u8> {
    let length = u32::try_from(contents.len() + 8).unwrap().to_be_bytes();
    [&length[..], &kind, contents].concat()
}

/// A film of 1.5 seconds and 640 by 480 pixels that says where it was made.
fn film() -> Vec<u8> {
    let mvhd = [&[0; 12][..], &600_u32.to_be_bytes(), &900_u32.to_be_bytes(), &[0; 80]].concat();
    let matrix = [&0x1_0000_u32.to_be_bytes()[..], &[0; 32]].concat();
    let size = [(640_u32 << 16).to_be_bytes(), (480_u32 << 16).to_be_bytes()].concat();
    let track = boxed(*b"trak", &boxed(*b"tkhd", &[&[0; 40][..], &matrix, &size].concat()));
    let place = boxed(*b"udta", &boxed(*b"\xA9xyz", b"+25.0330+121.5654/"));
    let moov = boxed(*b"moov", &[boxed(*b"mvhd", &mvhd), track, place].concat());
    [boxed(*b"ftyp", b"isomiso2"), boxed(*b"mdat", b"pictures"), moov].concat()
}

async fn a_film_says_how_long_it_lasts_and_not_where_it_was_made(stack: &Stack) {
    let alice = stack.person("愛麗絲").await;
    for (name, kind, size) in [
        ("片.mp4", "video/mp4", (json!(640), json!(480))),
        ("片.mov", "video/quicktime", (json!(640), json!(480))),
        ("聲.m4a", "audio/mp4", (Value::Null, Value::Null)),
    ] {
        let uploaded = alice.upload(MESSAGE, (name, kind), &film()).await.ok();
        assert_eq!(uploaded["duration_ms"], 1500);
        assert_eq!((&uploaded["width"], &uploaded["height"]), (&size.0, &size.1));
        let served = alice.get(&text(&uploaded["url"])).await.is(200).body.clone();
        let has = |part: &[u8]| served.windows(part.len()).any(|window| window == part);
        assert_eq!(served.len(), film().len());
        assert!(has(b"pictures") && has(b"mvhd") && !has(b"121.5654") && !has(b"udta"), "{name}");
    }
}
