//! Files: taking them in, and giving them to those who may read them (endpoints 22 and 23, `/static`).

use harness::people::{PASSWORD, text};
use harness::{Answer, Caller, Person, Stack, on_each_database};
use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use crate::s3::stored;

const MESSAGE: &str = "/upload/upload-message-file";
const AVATAR: &str = "/upload/upload-avatar";
const OPAQUE: &str = "application/octet-stream";

/// The beginning of a PNG, which holds its size.
fn png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    bytes.extend(width.to_be_bytes());
    bytes.extend(height.to_be_bytes());
    bytes.extend(b"\x08\x06\0\0\0rest of a picture");
    bytes
}

async fn share(person: &Person, room: &str, file: (&str, &str), bytes: &[u8]) -> String {
    let uploaded = person.upload(MESSAGE, file, bytes).await.ok();
    let message = json!({ "content": uploaded["url"], "message_type": uploaded["message_type"] });
    person.send_message(room, &message).await.is(200);
    text(&uploaded["url"])
}

async fn with(caller: &Caller, url: &str, name: &str, value: &str) -> Answer {
    caller.send(caller.request(Method::GET, url).header(name, value)).await
}

on_each_database! {
    a_file_is_described_and_read_back,
    each_kind_of_file_has_its_kind_of_message,
    a_message_carries_what_is_known_of_its_file,
    only_members_read_what_was_sent_to_their_room,
    a_cookie_opens_a_picture_and_a_dead_one_does_not,
    part_of_a_file_can_be_had,
    a_picture_of_oneself_is_for_everybody_with_its_address,
    what_could_act_is_refused_however_it_is_called,
    what_contradicts_its_type_is_downloaded_and_never_shown,
    a_file_over_the_limit_is_refused_and_leaves_nothing where |config| config.limits.upload_max_bytes = 100_000,
    an_upload_without_a_file_says_so,
    addresses_that_lead_nowhere_are_not_found,
}

pub(crate) async fn a_file_is_described_and_read_back(stack: &Stack) {
    let alice = stack.person("愛麗絲").await;
    let bytes = png(640, 480);
    let mut uploaded = alice.upload(MESSAGE, ("貓 (1).png", "image/png"), &bytes).await.ok();
    let (url, id) = (text(&uploaded["url"]), text(&uploaded["media_id"]));
    assert_eq!(url, format!("{}/static/message/{id}.png", stack.origin()));
    let fields = uploaded.as_object_mut().unwrap();
    fields.retain(|key, _| !["url", "media_id"].contains(&key.as_str()));
    assert_eq!(
        uploaded,
        json!({
            "message_type": "image", "file_name": "貓 (1).png", "size": bytes.len(), "content_type": "image/png",
            "width": 640, "height": 480, "duration_ms": null, "thumbhash": null, "thumbnails": null,
        })
    );
    let answer = alice.get(&url).await;
    assert_eq!(answer.is(200).body, bytes);
    assert_eq!(answer.header("content-type"), "image/png");
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    assert!(
        answer.header("content-disposition").starts_with("inline"),
        "{}",
        answer.header("content-disposition")
    );
    assert!(answer.header("content-security-policy").contains("sandbox"));
    assert!(answer.header("cache-control").contains("private"));
    let slash = alice.upload("/upload/upload-message-file/", ("a.png", "image/png"), &bytes).await;
    slash.is(200);
}

pub(crate) async fn each_kind_of_file_has_its_kind_of_message(stack: &Stack) {
    let alice = stack.person("愛麗絲").await;
    for (name, kind, message) in [
        ("a.jpg", "image/jpeg", "image"),
        ("a.png", "image/png", "image"),
        ("a.webp", "image/webp", "image"),
        ("a.gif", "image/gif", "image"),
        ("a.mp3", "audio/mpeg", "audio"),
        ("a.mp3", "audio/mp3", "audio"),
        ("a.ogg", "audio/ogg", "audio"),
        ("a.m4a", "audio/mp4", "audio"),
        ("a.mp4", "video/mp4", "video"),
        ("a.webm", "video/webm", "video"),
        ("a.pdf", "application/pdf", "file"),
        ("a.txt", "text/plain", "file"),
        ("a.zip", "application/zip", "file"),
    ] {
        let uploaded = alice.upload(MESSAGE, (name, kind), b"dummy bytes").await.ok();
        assert_eq!(uploaded["message_type"], message, "{name} {kind}");
        let served = alice.get(&text(&uploaded["url"])).await;
        let shown = if message == "file" { "attachment" } else { "inline" };
        assert!(served.is(200).header("content-disposition").starts_with(shown), "{name}");
    }
}

async fn a_message_carries_what_is_known_of_its_file(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let uploaded = alice.upload(MESSAGE, ("貓.png", "image/png"), &png(3, 4)).await.ok();
    let relative = text(&uploaded["url"]).replace(&stack.origin(), "");
    for url in [text(&uploaded["url"]), relative] {
        let sent = alice
            .send_message(&room, &json!({ "message_type": "image", "media_url": url, "caption": "我的貓" }))
            .await
            .ok();
        assert_eq!(
            sent["media"],
            json!({
                "media_id": uploaded["media_id"], "file_name": "貓.png", "size": 46, "content_type": "image/png", "width": 3, "height": 4,
                "duration_ms": null, "thumbhash": null, "thumbnails": null,
            })
        );
        assert_eq!((&sent["caption"], &sent["content"]), (&json!("我的貓"), &sent["media_url"]));
    }
    assert_eq!(ming.read_page(&room, "").await[0]["media"]["media_id"], uploaded["media_id"]);
    let unknown = format!("{}/static/message/01890a5d-ac96-774b-bcce-b302099a8057.png", stack.origin());
    alice.send_message(&room, &json!({ "message_type": "image", "media_url": unknown })).await.is(422);
}

pub(crate) async fn only_members_read_what_was_sent_to_their_room(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let stranger = stack.person("陌生人").await;
    let unsent = text(&alice.upload(MESSAGE, ("a.png", "image/png"), b"secret").await.ok()["url"]);
    let sent = share(&alice, &room, ("b.png", "image/png"), b"shared").await;
    for url in [&unsent, &sent] {
        alice.get(url).await.is(200);
        stranger.get(url).await.refused(404, "not_found", "Not Found");
        stack.anon().get(url).await.unauthorized("Not authenticated");
        let head = stranger.send(stranger.request(Method::HEAD, url)).await;
        head.is(404);
    }
    ming.get(&unsent).await.is(404);
    assert_eq!(ming.get(&sent).await.is(200).text(), "shared");
    // Nobody gets at a file by sending its address to a room of their own.
    let own = stranger.open_room(&stack.person("幫手").await).await;
    stranger.send_message(&own, &json!({ "message_type": "image", "media_url": sent })).await.is(422);
    stranger.get(&sent).await.is(404);
    // A member may pass it on.
    let further = ming.open_room(&stranger).await;
    ming.send_message(&further, &json!({ "message_type": "image", "media_url": sent })).await.is(200);
    stranger.get(&sent).await.is(200);
}

pub(crate) async fn a_cookie_opens_a_picture_and_a_dead_one_does_not(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let url = share(&alice, &room, ("a.png", "image/png"), b"dummy").await;
    assert_eq!(with(&stack.anon(), &url, "cookie", &ming.cookie).await.is(200).text(), "dummy");
    ming.post("/auth/logout").await.is(200);
    with(&stack.anon(), &url, "cookie", &ming.cookie).await.is(401);
    with(&stack.anon(), &url, "cookie", "chatroom_session=x").await.is(401);
}

pub(crate) async fn part_of_a_file_can_be_had(stack: &Stack) {
    let alice = stack.person("愛麗絲").await;
    let url = text(&alice.upload(MESSAGE, ("a.mp4", "video/mp4"), b"0123456789").await.ok()["url"]);
    let part = with(&alice, &url, "range", "bytes=2-5").await;
    assert_eq!((part.is(206).text().as_str(), part.header("content-range")), ("2345", "bytes 2-5/10"));
    with(&alice, &url, "range", "bytes=99-").await.is(416);
    for range in ["bytes=abc", "bytes=5-2", "bytes=0-1,4-5", "lines=1-2", "bytes=", "2-5"] {
        let whole = with(&alice, &url, "range", range).await;
        assert_eq!(whole.is(200).text(), "0123456789", "{range}");
    }
    let whole = alice.get(&url).await;
    let again = with(&alice, &url, "if-none-match", whole.header("etag")).await;
    assert_eq!(again.is(304).body.len(), 0);
    let head = alice.send(alice.request(Method::HEAD, &url)).await;
    assert_eq!((head.is(200).header("content-length"), head.body.len()), ("10", 0));
}

pub(crate) async fn a_picture_of_oneself_is_for_everybody_with_its_address(stack: &Stack) {
    let (alice, ming) = stack.friends().await;
    let mut received = ming.socket().await.listen("user_updated");
    let uploaded = alice.upload(AVATAR, ("我.png", "image/png"), &png(500, 500)).await.ok();
    let url = text(&uploaded["url"]);
    assert_eq!(url, format!("{}/static/avatars/{}.png", stack.origin(), text(&uploaded["media_id"])));
    assert_eq!(stack.anon().get(&url).await.is(200).body, png(500, 500));
    assert_eq!(received.next().await["user"]["avatar_url"], url.as_str());
    assert_eq!(ming.get("/friends/").await.ok()[0]["avatar_url"], url.as_str());
    for (name, kind) in [
        ("a.gif", "image/gif"),
        ("a.pdf", "application/pdf"),
        ("a.mp4", "video/mp4"),
        ("a.svg", "image/svg+xml"),
    ] {
        alice.upload(AVATAR, (name, kind), b"dummy").await.refused(
            400,
            "unsupported_type",
            "Unsupported file type",
        );
    }
    assert_eq!(alice.get("/user/me").await.ok()["avatar_url"], url.as_str());
    alice.delete_account(PASSWORD).await.is(204);
    stack.anon().get(&url).await.is(404);
}

pub(crate) async fn what_could_act_is_refused_however_it_is_called(stack: &Stack) {
    let alice = stack.person("愛麗絲").await;
    let program = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0";
    for (name, kind, bytes) in [
        ("貓.png", "image/png", &program[..]),
        ("貓.jpg", "image/jpeg", b"MZ\x90\0\x03\0\0\0"),
        ("貓.png", "image/png", b"<html><script>alert(1)</script>"),
        ("貓.png", "image/png", b"  <svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"),
        ("文件.pdf", "application/pdf", b"#!/bin/sh\nrm -rf /\n"),
        ("病毒.exe", "application/octet-stream", b"x"),
        ("病毒.exe", "image/png", b"x"),
        ("頁.html", "text/html", b"<p>x"),
        ("圖.svg", "image/svg+xml", b"<svg/>"),
        ("a.js", "text/javascript", b"alert(1)"),
        ("照片.png.exe", "image/png", &png(1, 1)),
        ("巨圖.png", "image/png", &png(60_000, 60_000)),
    ] {
        alice.upload(MESSAGE, (name, kind), bytes).await.refused(
            400,
            "unsupported_type",
            "Unsupported file type",
        );
    }
    assert_eq!(stored(stack), 0);
    let kept = alice.upload(MESSAGE, ("../../../etc/passwd.txt", "text/plain"), "秘密".as_bytes()).await.ok();
    assert_eq!(kept["file_name"], "passwd.txt");
    assert_eq!(stored(stack), 1);
}

async fn what_contradicts_its_type_is_downloaded_and_never_shown(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    for (name, kind, bytes) in [
        ("貓.png", "image/png", &b"GIF89a\x01\0\x01\0"[..]),
        ("貓.jpg", "image/jpeg", &png(3, 4)),
        ("歌.mp3", "audio/mpeg", b"PK\x03\x04\x14\0\0\0"),
        ("文件.pdf", "application/pdf", &png(3, 4)),
        ("信.txt", "text/plain", b"\x1f\x8b\x08\0\0\0\0\0"),
    ] {
        let uploaded = alice.upload(MESSAGE, (name, kind), bytes).await.ok();
        let url = text(&uploaded["url"]);
        assert_eq!(url, format!("{}/static/message/{}.bin", stack.origin(), text(&uploaded["media_id"])));
        assert_eq!((&uploaded["message_type"], &uploaded["file_name"]), (&json!("file"), &json!(name)));
        assert_eq!((&uploaded["content_type"], &uploaded["width"]), (&json!(OPAQUE), &Value::Null));
        alice.send_message(&room, &json!({ "message_type": "file", "media_url": url })).await.is(200);
        let served = ming.get(&url).await;
        assert_eq!((&served.is(200).body[..], served.header("content-type")), (bytes, OPAQUE));
        assert!(served.header("content-disposition").starts_with("attachment"), "{name}");
        assert_eq!(served.header("x-content-type-options"), "nosniff");
    }
    let gif = alice.upload(AVATAR, ("我.png", "image/png"), b"GIF89a\x01\0\x01\0").await;
    gif.refused(400, "unsupported_type", "Unsupported file type");
}

pub(crate) async fn a_file_over_the_limit_is_refused_and_leaves_nothing(stack: &Stack) {
    let alice = stack.person("愛麗絲").await;
    let fits = alice.upload(MESSAGE, ("a.txt", "text/plain"), &vec![b'a'; 100_000]).await.ok();
    assert_eq!(fits["size"], 100_000);
    for size in [100_001, 3_000_000] {
        let answer = alice.upload(MESSAGE, ("a.txt", "text/plain"), &vec![b'a'; size]).await;
        assert_eq!(answer.is(413).json()["code"], "too_large", "{answer}");
    }
    assert_eq!(stored(stack), 1);
    // The connection and the account are none the worse for it.
    alice.upload(MESSAGE, ("a.txt", "text/plain"), b"again").await.is(200);
}

async fn an_upload_without_a_file_says_so(stack: &Stack) {
    let alice = stack.person("愛麗絲").await;
    for path in [MESSAGE, AVATAR] {
        let error = &alice.post(path).await.invalid(&[("body.file", "missing")])[0];
        assert_eq!((&error["msg"], &error["input"]), (&json!("Field required"), &Value::Null), "{error}");
        alice.post_json(path, &json!({ "file": "x" })).await.invalid(&[("body.file", "missing")]);
        let form = Form::new().text("other", "x");
        alice
            .send(alice.request(Method::POST, path).multipart(form))
            .await
            .invalid(&[("body.file", "missing")]);
        let broken = alice
            .post_raw(
                path,
                "multipart/form-data; boundary=b",
                "--b\r\nContent-Disposition: form-data; name=\"file\"",
            )
            .await;
        assert!((400..500).contains(&broken.status), "{broken}");
        let other_first = Form::new()
            .text("note", "x")
            .part("file", Part::bytes(&b"dummy"[..]).file_name("a.png").mime_str("image/png").unwrap());
        alice.send(alice.request(Method::POST, path).multipart(other_first)).await.is(200);
        stack.anon().upload(path, ("a.png", "image/png"), b"dummy").await.unauthorized("Not authenticated");
    }
}

pub(crate) async fn addresses_that_lead_nowhere_are_not_found(stack: &Stack) {
    let alice = stack.person("愛麗絲").await;
    let url = text(&alice.upload(MESSAGE, ("a.png", "image/png"), b"dummy").await.ok()["url"]);
    let path = url.replace(&stack.origin(), "");
    for other in [
        path.replace(".png", ".jpg"),
        path.replace(".png", ""),
        path.replace("/message/", "/avatars/"),
        path.to_uppercase().replace("/STATIC/MESSAGE/", "/static/message/"),
        "/static/message/..%2f..%2fsecret.key".into(),
        "/static/message/%2e%2e/%2e%2e/secret.key".into(),
        "/static/message/x.png".into(),
        "/static/avatars/%00.png".into(),
        "/static/message/".into(),
        "/static/../secret.key".into(),
        "/static/%2e%2e/Cargo.toml".into(),
        "/static/".into(),
    ] {
        let answer = alice.get(&other).await;
        assert!(matches!(answer.status, 404 | 400), "{answer}");
    }
}
