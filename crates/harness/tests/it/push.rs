//! Web Push: messages reach devices whose user has no connection, encrypted for them alone.

use std::sync::Mutex;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use harness::people::text;
use harness::receiver::Received;
use harness::{Person, Receiver, Stack, on_each_database};
use ring::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use ring::agreement::{ECDH_P256, EphemeralPrivateKey, UnparsedPublicKey, agree_ephemeral};
use ring::hmac;
use ring::rand::SystemRandom;
use serde_json::{Value, json};

on_each_database! {
    a_message_is_pushed_for_its_device_alone where super::local,
    a_push_is_signed_by_the_servers_key where super::local,
    who_is_connected_or_has_muted_the_room_is_left_alone where super::local,
    a_push_says_nothing_where_its_receiver_wants_that where super::local,
    what_is_unsent_is_taken_back where super::local,
    what_asks_for_no_notification_is_not_pushed where super::local,
    a_device_that_is_gone_is_forgotten where super::local,
    a_device_is_pushed_to_as_long_as_it_is_signed_in where super::local,
    a_device_is_subscribed_once_and_its_users_alone where super::local,
    a_user_has_so_many_devices where super::local,
    what_is_no_subscription_is_refused where super::local,
    a_private_address_is_no_push_service,
}

fn local(config: &mut gateway::config::Config) {
    config.outbound.private_networks = true;
}

/// The keys of a browser's subscription; they decrypt one push.
pub(crate) struct Device {
    private: Mutex<Option<EphemeralPrivateKey>>,
    public: Vec<u8>,
    auth: [u8; 16],
}

fn hmac_sha_256(key: &[u8], message: &[u8]) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), message).as_ref().to_vec()
}

/// HKDF (RFC 5869) for no more than one block, written out.
fn hkdf(salt: &[u8], secret: &[u8], info: &[&[u8]], length: usize) -> Vec<u8> {
    let mut block = hmac_sha_256(&hmac_sha_256(salt, secret), &[&info.concat()[..], &[1]].concat());
    block.truncate(length);
    block
}

impl Device {
    fn new() -> Self {
        let private = EphemeralPrivateKey::generate(&ECDH_P256, &SystemRandom::new()).unwrap();
        let public = private.compute_public_key().unwrap().as_ref().to_vec();
        Self { private: Mutex::new(Some(private)), public, auth: [7; 16] }
    }

    fn subscription(&self, endpoint: &str) -> Value {
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        json!({ "endpoint": endpoint, "p256dh": encode(&self.public), "auth": encode(&self.auth) })
    }

    /// Subscribes a device of somebody.
    pub(crate) async fn of(person: &Person, endpoint: &str) -> (Self, String) {
        let device = Self::new();
        let made = person.post_json("/push/subscriptions", &device.subscription(endpoint)).await;
        (device, text(&made.is(201).json()["subscription_id"]))
    }

    /// Decrypts a push (RFC 8188 and 8291).
    fn open(&self, received: &Received) -> Value {
        assert_eq!(received.header("content-encoding"), "aes128gcm");
        let (salt, rest) = received.body.split_at(16);
        let (record, rest) = rest.split_at(4);
        assert_eq!((u32::from_be_bytes(record.try_into().unwrap()), rest[0]), (4096, 65));
        let (sender, sealed) = rest[1..].split_at(65);
        let private = self.private.lock().unwrap().take().unwrap();
        let agreed =
            agree_ephemeral(private, &UnparsedPublicKey::new(&ECDH_P256, sender), <[u8]>::to_vec).unwrap();
        let secret = hkdf(&self.auth, &agreed, &[b"WebPush: info\0", &self.public, sender], 32);
        let key = hkdf(salt, &secret, &[b"Content-Encoding: aes128gcm\0"], 16);
        let nonce = hkdf(salt, &secret, &[b"Content-Encoding: nonce\0"], 12);
        let key = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &key).unwrap());
        let nonce = Nonce::try_assume_unique_for_key(&nonce).unwrap();
        let mut sealed = sealed.to_vec();
        let opened = key.open_in_place(nonce, Aad::empty(), &mut sealed).unwrap();
        serde_json::from_slice(opened.strip_suffix(&[2]).unwrap()).unwrap()
    }
}

async fn a_message_is_pushed_for_its_device_alone(stack: &Stack) {
    let ([alice, ming, _], room) = stack.group().await;
    let service = Receiver::start().await;
    let (device, _) = Device::of(&ming, &service.url("/ming?x=1")).await;
    alice.patch(&format!("/user/{}", alice.id), &json!({ "nickname": "小愛" })).await.ok();
    let said = alice.say(&room, &"長".repeat(121)).await;
    let received = service.next().await;
    assert_eq!(received.asked, "POST /ming?x=1");
    assert_eq!((received.header("ttl"), received.header("urgency")), ("86400", "high"));
    assert_eq!(received.header("topic").len(), 32);
    assert!(!String::from_utf8_lossy(&received.body).contains('長'));
    let expected = json!({
        "type": "message",
        "chatroom_id": room,
        "message_id": said["message_id"],
        "seq": said["seq"],
        "tag": format!("message-{}", said["message_id"]),
        "sender_id": alice.id,
        "sender_name": "小愛",
        "chatroom_name": "大家",
        "message_type": "text",
        "content": format!("{}…", "長".repeat(120)),
    });
    assert_eq!(device.open(&received), expected);
}

async fn a_push_is_signed_by_the_servers_key(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let service = Receiver::start().await;
    Device::of(&ming, &service.url("/ming")).await;
    let key = text(&ming.get("/push/key").await.ok()["key"]);
    assert_eq!(alice.get("/push/key").await.ok()["key"], json!(key));
    stack.anon().get("/push/key").await.is(401);
    alice.say(&room, "早安").await;
    let received = service.next().await;
    let header = received.header("authorization").strip_prefix("vapid t=").unwrap();
    let (token, public) = header.split_once(", k=").unwrap();
    assert_eq!(public, key);
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).unwrap();
    let public =
        ring::signature::UnparsedPublicKey::new(&ring::signature::ECDSA_P256_SHA256_FIXED, decode(&key));
    public.verify(signed.as_bytes(), &decode(signature)).unwrap();
    let claims: Value = serde_json::from_slice(&decode(signed.split_once('.').unwrap().1)).unwrap();
    assert_eq!(claims["aud"], service.url(""));
    let left = claims["exp"].as_i64().unwrap() - stack.clock().now().unix_seconds();
    assert!((1..=86_400).contains(&left), "{claims}");
}

async fn who_is_connected_or_has_muted_the_room_is_left_alone(stack: &Stack) {
    let ([alice, ming, carol], room) = stack.group().await;
    let service = Receiver::start().await;
    for (person, path) in [(&alice, "/alice"), (&ming, "/ming"), (&carol, "/carol")] {
        Device::of(person, &service.url(path)).await;
    }
    let (socket, watch) = (ming.socket().await, alice.socket().await);
    let mut presence = watch.listen("presence");
    alice.say(&room, "小明在").await;
    assert_eq!(service.next().await.asked, "POST /carol");
    ming.set_room(&room, &json!({ "muted_until": "2100-01-01T00:00:00Z" })).await.ok();
    socket.leave().await;
    while presence.next().await["online"] != false {}
    alice.say(&room, "小明不想聽").await;
    assert_eq!(service.next().await.asked, "POST /carol");
    ming.set_room(&room, &json!({ "muted_until": null })).await.ok();
    alice.say(&room, "小明不在").await;
    let mut asked = [service.next().await.asked, service.next().await.asked];
    asked.sort();
    assert_eq!(asked, ["POST /carol", "POST /ming"]);
    assert!(service.rest().await.is_empty());
}

async fn a_push_says_nothing_where_its_receiver_wants_that(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let service = Receiver::start().await;
    let (device, _) = Device::of(&ming, &service.url("/ming")).await;
    let settings = ming.patch("/user/me/settings", &json!({ "push_preview": false })).await.ok();
    assert_eq!(settings["push_preview"], false);
    let said = alice.say(&room, "只給你看").await;
    let expected = json!({
        "type": "message",
        "chatroom_id": room,
        "message_id": said["message_id"],
        "seq": said["seq"],
        "tag": format!("message-{}", said["message_id"]),
    });
    assert_eq!(device.open(&service.next().await), expected);
}

async fn what_is_unsent_is_taken_back(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let service = Receiver::start().await;
    let (device, id) = Device::of(&ming, &service.url("/one")).await;
    let said = alice.say(&room, "說錯了").await;
    let first = service.next().await;
    let pushed = device.open(&first);
    ming.delete(&format!("/push/subscriptions/{id}")).await.is(204);
    let (device, _) = Device::of(&ming, &service.url("/two")).await;
    alice.unsend(&said).await.is(200);
    let second = service.next().await;
    assert_eq!((second.header("topic"), second.header("urgency")), (first.header("topic"), "normal"));
    let unsent = device.open(&second);
    assert_eq!((&unsent["type"], &unsent["tag"]), (&json!("unsent"), &pushed["tag"]));
    assert!(unsent.get("content").is_none() && unsent.get("sender_id").is_none(), "{unsent}");
    // Another message is not known by the same name.
    alice.say(&room, "說對了").await;
    assert_ne!(service.next().await.header("topic"), first.header("topic"));
}

async fn what_asks_for_no_notification_is_not_pushed(stack: &Stack) {
    let ([alice, ming, _], room) = stack.group().await;
    let service = Receiver::start().await;
    let (_, id) = Device::of(&ming, &service.url("/ming")).await;
    let said = alice.send_message(&room, &json!({ "content": "悄悄話", "silent": true })).await.ok();
    alice.edit(&said, "還是悄悄話").await.is(200);
    alice.react(&said, "👍").await.ok();
    alice.update_group(&room, &json!({ "chatroom_name": "新名字" })).await.ok();
    ming.say(&room, "自己說的").await;
    let last = alice.say(&room, "大家好").await;
    let received = service.next().await;
    ming.delete(&format!("/push/subscriptions/{id}")).await.is(204);
    let (device, _) = Device::of(&ming, &service.url("/ming")).await;
    assert_eq!(received.header("urgency"), "high");
    let again = alice.say(&room, "再說一次").await;
    let pushed = device.open(&service.next().await);
    assert_eq!((&pushed["message_id"], &pushed["chatroom_name"]), (&again["message_id"], &json!("新名字")));
    // What was received elsewhere is not taken back from a notification that is not there.
    ming.read_page(&room, "").await;
    alice.unsend(&last).await.is(200);
    alice.say(&room, "最後").await;
    assert_eq!(service.next().await.header("urgency"), "high");
    assert!(service.rest().await.is_empty());
}

async fn a_device_that_is_gone_is_forgotten(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let service = Receiver::start().await;
    for (status, path) in [(410, "/a"), (404, "/b")] {
        service.answer(&[status]);
        Device::of(&ming, &service.url(path)).await;
        alice.say(&room, "在嗎").await;
        assert_eq!(service.next().await.asked, format!("POST {path}"));
    }
    service.answer(&[500]);
    Device::of(&ming, &service.url("/c")).await;
    for _ in 0..3 {
        alice.say(&room, "在嗎").await;
        assert_eq!(service.next().await.asked, "POST /c", "what failed is tried with the next message");
    }
    assert!(service.rest().await.is_empty());
}

async fn a_device_is_pushed_to_as_long_as_it_is_signed_in(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let service = Receiver::start().await;
    let phone = ming.elsewhere().await;
    Device::of(&phone, &service.url("/phone")).await;
    Device::of(&ming, &service.url("/laptop")).await;
    phone.post("/auth/logout").await.ok();
    for _ in 0..2 {
        alice.say(&room, "你好").await;
        assert_eq!(service.next().await.asked, "POST /laptop");
    }
    assert!(service.rest().await.is_empty());
}

async fn a_device_is_subscribed_once_and_its_users_alone(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let service = Receiver::start().await;
    Device::of(&ming, &service.url("/ming")).await;
    let (device, id) = Device::of(&ming, &service.url("/ming")).await;
    alice.say(&room, "一次").await;
    assert_eq!(device.open(&service.next().await)["content"], "一次");
    let path = format!("/push/subscriptions/{id}");
    alice.delete(&path).await.refused(404, "not_found", "Subscription not found");
    stack.anon().delete(&path).await.is(401);
    ming.delete(&path).await.is(204);
    ming.delete(&path).await.refused(404, "not_found", "Subscription not found");
    // A browser that another signs in with pushes for the other alone.
    Device::of(&alice, &service.url("/shared")).await;
    Device::of(&ming, &service.url("/shared")).await;
    ming.say(&room, "不推給自己").await;
    alice.say(&room, "兩次").await;
    assert_eq!(service.next().await.asked, "POST /shared");
    assert!(service.rest().await.is_empty());
}

async fn a_user_has_so_many_devices(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let service = Receiver::start().await;
    for number in 0..21 {
        Device::of(&ming, &service.url(&format!("/{number}"))).await;
    }
    alice.say(&room, "都收到了嗎").await;
    let mut asked = Vec::new();
    while asked.len() < 20 {
        asked.push(service.next().await.asked);
    }
    assert!(!asked.contains(&"POST /0".to_owned()), "the oldest gave its place away: {asked:?}");
    assert!(service.rest().await.is_empty());
}

async fn what_is_no_subscription_is_refused(stack: &Stack) {
    let ming = stack.person("小明").await;
    let good = Device::new().subscription("https://push.example/x");
    let with = |field: &str, value: Value| {
        let mut body = good.clone();
        body[field] = value;
        body
    };
    for body in [
        json!({}),
        json!({ "endpoint": "https://push.example/x" }),
        with("endpoint", json!("push.example")),
        with("endpoint", json!("ftp://push.example")),
        with("endpoint", json!(format!("https://push.example/{}", "x".repeat(2_029)))),
        with("p256dh", json!("")),
        with("p256dh", json!(URL_SAFE_NO_PAD.encode([4; 65]))),
        with("auth", json!("c2hvcnQ")),
        with("auth", json!(1)),
    ] {
        ming.post_json("/push/subscriptions", &body).await.is(422);
    }
    let longest = with("endpoint", json!(format!("https://push.example/{}", "x".repeat(2_027))));
    ming.post_json("/push/subscriptions", &longest).await.is(201);
    stack.anon().post_json("/push/subscriptions", &good).await.is(401);
    let token = json!({ "name": "程式", "scopes": ["messages:read"] });
    let token = text(&ming.post_json("/user/me/tokens", &token).await.is(201).json()["token"]);
    ming.with_token(&token).post_json("/push/subscriptions", &good).await.is(403);
    ming.delete("/push/subscriptions/1").await.refused(404, "not_found", "Subscription not found");
}

async fn a_private_address_is_no_push_service(stack: &Stack) {
    let ming = stack.person("小明").await;
    for endpoint in ["http://127.0.0.1/", "https://10.0.0.1/", "http://[::1]/", "http://169.254.169.254/"] {
        let body = Device::new().subscription(endpoint);
        let refused = ming.post_json("/push/subscriptions", &body).await;
        refused.refused(422, "validation", "endpoint must be the address of a push service");
    }
}
