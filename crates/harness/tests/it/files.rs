//! What is kept of a file that is uploaded: its name, its content, its size.

use std::fs;

use harness::people::text;
use harness::{Stack, on_each_database};
use serde_json::json;

const MESSAGE: &str = "/upload/upload-message-file";
const AVATAR: &str = "/upload/upload-avatar";

on_each_database! {
    a_file_without_bytes_is_named_empty,
    the_name_of_a_file_is_kept_as_its_owner_has_it,
    a_picture_is_as_wide_and_high_as_it_is_shown_and_says_no_more,
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

/// A JPEG of six by four pixels that lies on its side and says where it was taken.
fn sideways() -> Vec<u8> {
    let exif = [
        &b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"[..],
        b"25.0330N 121.5654E",
    ];
    let segment = |marker: u8, contents: &[u8]| {
        let length = u16::try_from(contents.len() + 2).unwrap().to_be_bytes();
        [&[0xFF, marker], &length[..], contents].concat()
    };
    let frame = segment(0xC0, &[8, 0, 4, 0, 6, 1, 1, 0x11, 0]);
    let scan = [segment(0xDA, &[1, 1, 0, 0, 63, 0]), b"pixels\xFF\xD9".to_vec()].concat();
    [b"\xFF\xD8".to_vec(), segment(0xE1, &exif.concat()), frame, scan].concat()
}

async fn a_picture_is_as_wide_and_high_as_it_is_shown_and_says_no_more(stack: &Stack) {
    let alice = stack.person("愛麗絲").await;
    for path in [MESSAGE, AVATAR] {
        let uploaded = alice.upload(path, ("a.jpg", "image/jpeg"), &sideways()).await.ok();
        assert_eq!((&uploaded["width"], &uploaded["height"]), (&json!(4), &json!(6)));
        let served = alice.get(&text(&uploaded["url"])).await.is(200).body.clone();
        assert_eq!(uploaded["size"], served.len());
        let has = |text: &[u8]| served.windows(text.len()).any(|window| window == text);
        assert!(!has(b"121.5654E") && has(b"pixels") && has(b"\x01\x12\0\x03\0\0\0\x01\0\x06"));
    }
}
