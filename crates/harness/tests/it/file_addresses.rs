//! Addresses that open a file of a message without a token.

use domain::time::Time;
use harness::people::text;
use harness::{Person, Stack, on_each_database};
use reqwest::Method;
use serde_json::{Value, json};

const MESSAGE: &str = "/upload/upload-message-file";

on_each_database! {
    an_address_opens_its_file_without_a_token,
    only_who_may_read_a_file_gets_an_address,
    an_address_that_was_changed_or_has_expired_opens_nothing,
    an_address_opens_nothing_that_its_user_may_not_read,
    an_address_ends_with_its_session,
}

async fn upload(person: &Person, name: &str, bytes: &[u8]) -> Value {
    person.upload(MESSAGE, (name, "text/plain"), bytes).await.ok()
}

async fn address(person: &Person, uploaded: &Value) -> Value {
    person.post(&format!("/media/{}/address", text(&uploaded["media_id"]))).await.ok()
}

async fn an_address_opens_its_file_without_a_token(stack: &Stack) {
    let alice = stack.person("愛麗絲").await;
    let uploaded = upload(&alice, "信.txt", "秘密的信".as_bytes()).await;
    let before = stack.clock().now();
    let made = address(&alice, &uploaded).await;
    let (url, anon) = (text(&made["url"]), stack.anon());
    assert!(url.starts_with(&text(&uploaded["url"])), "{url}");
    let ends = Time::parse(&text(&made["expires_at"])).unwrap();
    assert!((899..=910).contains(&(ends.unix_seconds() - before.unix_seconds())));
    let served = anon.get(&url).await;
    assert_eq!(served.is(200).text(), "秘密的信");
    assert_eq!(served.header("cross-origin-resource-policy"), "cross-origin");
    assert_eq!(served.header("cache-control"), "private, max-age=900");
    assert!(served.header("content-disposition").starts_with("attachment"));
    let part = anon.send(anon.request(Method::GET, &url).header("range", "bytes=0-2")).await;
    assert_eq!(part.is(206).text(), "秘");
    anon.send(anon.request(Method::HEAD, &url)).await.is(200);
    anon.get(&format!("{url}&size=320")).await.is(200);
    let own = alice.get(&text(&uploaded["url"])).await;
    assert_eq!(own.header("cross-origin-resource-policy"), "same-origin");
}

async fn only_who_may_read_a_file_gets_an_address(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let uploaded = upload(&alice, "信.txt", b"x").await;
    let path = format!("/media/{}/address", text(&uploaded["media_id"]));
    ming.post(&path).await.refused(404, "not_found", "Not Found");
    stack.anon().post(&path).await.unauthorized("Not authenticated");
    for other in ["x", "01890a5d-ac96-774b-bcce-b302099a8057"] {
        alice.post(&format!("/media/{other}/address")).await.refused(404, "not_found", "Not Found");
    }
    let message = json!({ "message_type": "file", "media_url": uploaded["url"] });
    alice.send_message(&room, &message).await.is(200);
    ming.post(&path).await.is(200);
    stack.person("陌生人").await.post(&path).await.is(404);
}

async fn an_address_that_was_changed_or_has_expired_opens_nothing(stack: &Stack) {
    let (alice, ming) = stack.friends().await;
    let (uploaded, other) = (upload(&alice, "信.txt", b"x").await, upload(&alice, "二.txt", b"y").await);
    let made = address(&alice, &uploaded).await;
    let (url, anon) = (text(&made["url"]), stack.anon());
    let user = format!("user={}", alice.id);
    for changed in [
        url.replace(&text(&uploaded["media_id"]), &text(&other["media_id"])),
        url.replace(&user, &format!("user={}", ming.id)),
        url.replace("exp=", "exp=9"),
        url.replace("exp=", "exp=x"),
        url.replace("&session=", "&session=0"),
        url.replace("&session=", "&other="),
        url.replace("&sig=", "&sig=A"),
        format!("{}&sig=", url.split("&sig=").next().unwrap()),
    ] {
        assert_ne!(changed, url);
        assert_eq!(anon.get(&changed).await.is(401).json()["code"], "unauthorized", "{changed}");
    }
    anon.get(url.split('?').next().unwrap()).await.unauthorized("Not authenticated");
    let ends = Time::parse(&text(&made["expires_at"])).unwrap();
    stack.clock().set(ends.before(std::time::Duration::from_micros(1)));
    anon.get(&url).await.is(200);
    stack.clock().set(ends);
    anon.get(&url).await.is(401);
}

async fn an_address_opens_nothing_that_its_user_may_not_read(stack: &Stack) {
    let ([alice, ming, _], room) = stack.group().await;
    let uploaded = upload(&alice, "信.txt", b"x").await;
    let message = json!({ "message_type": "file", "media_url": uploaded["url"] });
    alice.send_message(&room, &message).await.is(200);
    let url = text(&address(&ming, &uploaded).await["url"]);
    stack.anon().get(&url).await.is(200);
    ming.leave_group(&room).await;
    stack.anon().get(&url).await.refused(404, "not_found", "Not Found");
}

async fn an_address_ends_with_its_session(stack: &Stack) {
    let alice = stack.person("愛麗絲").await;
    let uploaded = upload(&alice, "信.txt", b"x").await;
    let url = text(&address(&alice, &uploaded).await["url"]);
    stack.anon().get(&url).await.is(200);
    alice.post("/auth/logout").await.is(200);
    stack.anon().get(&url).await.is(401);
}
