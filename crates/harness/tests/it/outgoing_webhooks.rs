//! Outgoing webhooks: events of a bot that are posted to an address, signed, in spite of failures.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::time::Time;
use harness::people::{PASSWORD, list, text};
use harness::receiver::Received;
use harness::{Answer, Installation, Person, Receiver, Stack, in_each_installation, on_each_database};
use serde_json::{Value, json};

use crate::bots::bot;
use crate::process::PROGRAM;

on_each_database! {
    events_are_posted_as_sync_has_them_and_signed where super::local,
    only_what_was_asked_for_of_the_bots_rooms_is_posted where super::local,
    what_fails_is_tried_again_and_then_given_up where super::local,
    an_address_that_is_gone_is_left_at_once where super::local,
    a_disabled_webhook_goes_on_with_what_is_new where super::local,
    a_delivery_is_posted_again_as_it_is_by_then where super::local,
    nothing_is_posted_after_the_bot_has_left where super::local,
    a_redirect_is_not_followed where super::local,
    the_last_deliveries_are_kept where super::local,
    private_addresses_are_refused,
    a_name_of_this_machine_is_not_reached,
    a_webhook_is_its_owners_alone where super::local,
    what_is_no_webhook_is_refused where super::local,
    a_bot_has_so_many_webhooks where super::local,
    webhooks_go_with_their_bot where super::local,
}

in_each_installation! {
    PROGRAM;
    what_waits_is_posted_after_a_restart,
}

fn local(config: &mut gateway::config::Config) {
    config.outbound.private_networks = true;
}

/// Makes a webhook of a bot.
async fn webhook(owner: &Person, bot: i64, url: &str, events: &[&str]) -> Value {
    let body = json!({ "url": url, "events": events });
    owner.post_json(&format!("/bots/{bot}/webhooks"), &body).await.is(201).json()
}

/// Alice and her bot, which are in a group with Ming.
async fn group(stack: &Stack) -> (Person, Person, i64, String) {
    let ([alice, ming, _], room) = stack.group().await;
    let bot = bot(&alice, "helper").await;
    alice.post_json(&format!("/chatrooms/{room}/participants"), &json!({ "members_id": [bot] })).await.ok();
    (alice, ming, bot, room)
}

/// HMAC (RFC 2104) over SHA-256, written out.
fn hmac_sha_256(key: &[u8], message: &[u8]) -> Vec<u8> {
    let sha_256 =
        |parts: &[&[u8]]| ring::digest::digest(&ring::digest::SHA256, &parts.concat()).as_ref().to_vec();
    let mut block = [0_u8; 64];
    block[..key.len()].copy_from_slice(key);
    let padded = |byte: u8| block.map(|of_key| of_key ^ byte);
    let inner = sha_256(&[&padded(0x36), message]);
    sha_256(&[&padded(0x5c), &inner])
}

fn assert_signed(received: &Received, secret: &Value) {
    let secret = text(secret);
    let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
    let (id, at) = (received.header("webhook-id"), received.header("webhook-timestamp"));
    let signed = [id.as_bytes(), b".", at.as_bytes(), b".", &received.body].concat();
    let expected = format!("v1,{}", STANDARD.encode(hmac_sha_256(&key, &signed)));
    assert_eq!(received.header("webhook-signature"), expected);
}

/// Returns the last deliveries, once they are as the test waits for.
async fn deliveries(
    owner: &Person,
    bot: i64,
    webhook: &Value,
    ready: impl Fn(&[Value]) -> bool,
) -> Vec<Value> {
    let path = format!("/bots/{bot}/webhooks/{}/deliveries", text(&webhook["webhook_id"]));
    harness::deadline::within("deliveries", async {
        loop {
            let found = list(&owner.get(&path).await.ok());
            if ready(&found) {
                return found;
            }
        }
    })
    .await
}

fn all_settled(deliveries: &[Value]) -> bool {
    !deliveries.is_empty() && deliveries.iter().all(|delivery| delivery["attempts"] != 0)
}

async fn events_are_posted_as_sync_has_them_and_signed(stack: &Stack) {
    let (alice, ming, bot, room) = group(stack).await;
    let receiver = Receiver::start().await;
    let events = ["new_message", "message_updated", "message_deleted", "member_left"];
    let made = webhook(&alice, bot, &receiver.url("/hook?a=b"), &events).await;
    let program = crate::bots::program(&alice, bot, &["messages:read", "rooms:read", "friends:read"]).await;
    let cursor = text(&program.get("/sync").await.ok()["cursor"]);
    let said = ming.say(&room, "早安").await;
    ming.edit(&said, "早安！").await.is(200);
    ming.leave_group(&room).await.is(204);
    let mut posted = Vec::new();
    // A message tells that Ming has left.
    while posted.len() < 4 {
        let received = receiver.next().await;
        assert_eq!(received.asked, "POST /hook?a=b");
        assert_eq!(received.header("content-type"), "application/json");
        assert_signed(&received, &made["secret"]);
        posted.push(received.json());
    }
    posted.sort_by_key(|event| event["pos"].as_i64());
    let missed = list(&program.get(&format!("/sync?since={cursor}")).await.ok()["events"]);
    let wanted: Vec<Value> =
        missed.into_iter().filter(|event| events.contains(&text(&event["event"]).as_str())).collect();
    assert_eq!(posted, wanted);
    let done =
        deliveries(&alice, bot, &made, |all| all.iter().all(|one| !one["delivered_at"].is_null())).await;
    assert!(done.iter().all(|one| one["status"] == 200 && one["attempts"] == 1), "{done:?}");
}

async fn only_what_was_asked_for_of_the_bots_rooms_is_posted(stack: &Stack) {
    let (alice, ming, bot, room) = group(stack).await;
    let receiver = Receiver::start().await;
    alice.say(&room, "之前").await;
    webhook(&alice, bot, &receiver.url("/"), &["message_reacted"]).await;
    let said = ming.say(&room, "不寄").await;
    let other = alice.open_room(&ming).await;
    let elsewhere = alice.say(&other, "別處").await;
    ming.react(&elsewhere, "👍").await.ok();
    ming.react(&said, "👍").await.ok();
    let received = receiver.next().await.json();
    assert_eq!(received["event"], "message_reacted");
    assert_eq!(received["data"]["message"]["message_id"], said["message_id"]);
    ming.unreact(&said, "👍").await.ok();
    assert_eq!(receiver.next().await.json()["data"]["message"]["reactions"], json!([]));
    assert!(receiver.rest().await.is_empty());
}

async fn what_fails_is_tried_again_and_then_given_up(stack: &Stack) {
    let (alice, ming, bot, room) = group(stack).await;
    let receiver = Receiver::start().await;
    let mut now = stack.clock().now();
    stack.clock().set(now);
    let made = webhook(&alice, bot, &receiver.url("/"), &["new_message"]).await;
    receiver.answer(&[500, 503, 404, 301, 400, 500, 500]);
    ming.say(&room, "喂").await;
    let first = receiver.next().await;
    assert_signed(&first, &made["secret"]);
    for (attempt, wait) in [5, 300, 1_800, 7_200, 18_000, 36_000].into_iter().enumerate() {
        let failed = deliveries(&alice, bot, &made, |all| all[0]["attempts"] == attempt + 1).await;
        let next = after(now, wait);
        assert_eq!((&failed[0]["next_at"], &failed[0]["delivered_at"]), (&json!(next), &Value::Null));
        stack.clock().set(before(next));
        assert!(receiver.rest().await.is_empty());
        stack.clock().set(next);
        let again = receiver.next().await;
        assert_eq!((again.header("webhook-id"), &again.body), (first.header("webhook-id"), &first.body));
        assert_eq!(again.header("webhook-timestamp"), next.unix_seconds().to_string());
        assert_signed(&again, &made["secret"]);
        now = next;
    }
    let failed = deliveries(&alice, bot, &made, |all| all[0]["attempts"] == 7).await;
    assert_eq!((&failed[0]["next_at"], &failed[0]["status"]), (&Value::Null, &json!(500)));
    let shown = alice.get(&format!("/bots/{bot}/webhooks")).await.ok()[0].clone();
    assert!(text(&shown["note"]).contains("failed 7 times") && !shown["disabled_at"].is_null(), "{shown}");
    ming.say(&room, "沒人在嗎").await;
    let path = format!("/bots/{bot}/webhooks/{}", text(&made["webhook_id"]));
    let enabled = alice.patch(&path, &json!({ "enabled": true })).await.ok();
    assert_eq!((&enabled["disabled_at"], &enabled["note"]), (&Value::Null, &Value::Null));
    ming.say(&room, "又在了").await;
    assert_eq!(receiver.next().await.json()["data"]["message"]["content"], "又在了");
}

fn after(time: Time, seconds: i64) -> Time {
    let micros = time.unix_micros() + seconds * 1_000_000;
    Time::parse(&time_text(micros)).unwrap()
}

fn before(time: Time) -> Time {
    Time::parse(&time_text(time.unix_micros() - 1)).unwrap()
}

fn time_text(micros: i64) -> String {
    format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000)
}

async fn what_waits_is_posted_after_a_restart(installation: &Installation) {
    let local = [("CHATROOM__OUTBOUND__PRIVATE_NETWORKS", "true")];
    let server = installation.start_with(&local).await;
    let (alice, receiver) = (Person::join(&server.anon(), "愛麗絲").await, Receiver::start().await);
    let bot = bot(&alice, "helper").await;
    let room = alice.post_json("/chatrooms", &json!({ "members_id": [bot] })).await.ok();
    let room = text(&room["chatroom_id"]);
    let made = webhook(&alice, bot, &receiver.url("/"), &["new_message"]).await;
    receiver.answer(&[500]);
    alice.say(&room, "之前").await;
    let first = receiver.next().await;
    deliveries(&alice, bot, &made, all_settled).await;
    server.kill().await;
    let server = installation.start_with(&local).await;
    let again = receiver.next().await;
    assert_eq!((again.header("webhook-id"), &again.body), (first.header("webhook-id"), &first.body));
    assert_signed(&again, &made["secret"]);
    alice.moved_to(server.origin()).say(&room, "之後").await;
    assert_eq!(receiver.next().await.json()["data"]["message"]["content"], "之後");
    assert!(receiver.rest().await.is_empty());
    server.signal("TERM").await;
}

async fn an_address_that_is_gone_is_left_at_once(stack: &Stack) {
    let (alice, ming, bot, room) = group(stack).await;
    let receiver = Receiver::start().await;
    let made = webhook(&alice, bot, &receiver.url("/"), &["new_message"]).await;
    receiver.answer(&[410]);
    ming.say(&room, "喂").await;
    receiver.next().await;
    let failed = deliveries(&alice, bot, &made, all_settled).await;
    assert_eq!((&failed[0]["status"], &failed[0]["next_at"]), (&json!(410), &Value::Null));
    let shown = alice.get(&format!("/bots/{bot}/webhooks")).await.ok()[0].clone();
    assert_eq!(shown["note"], "The address answered 410 Gone");
}

async fn a_disabled_webhook_goes_on_with_what_is_new(stack: &Stack) {
    let (alice, ming, bot, room) = group(stack).await;
    let receiver = Receiver::start().await;
    let made = webhook(&alice, bot, &receiver.url("/one"), &["new_message"]).await;
    let path = format!("/bots/{bot}/webhooks/{}", text(&made["webhook_id"]));
    let disabled = alice.patch(&path, &json!({ "enabled": false })).await.ok();
    assert!(!disabled["disabled_at"].is_null() && disabled["note"].is_null(), "{disabled}");
    ming.say(&room, "不寄").await;
    let body =
        json!({ "enabled": true, "url": receiver.url("/two"), "events": ["message_updated", "new_message"] });
    let changed = alice.patch(&path, &body).await.ok();
    assert_eq!(changed["events"], json!(["message_updated", "new_message"]));
    ming.say(&room, "寄").await;
    let received = receiver.next().await;
    assert_eq!(
        (received.asked.as_str(), &received.json()["data"]["message"]["content"]),
        ("POST /two", &json!("寄"))
    );
    alice.delete(&path).await.is(204);
    alice.delete(&path).await.refused(404, "not_found", "Webhook not found");
    alice.get(&format!("{path}/deliveries")).await.refused(404, "not_found", "Webhook not found");
    assert_eq!(alice.get(&format!("/bots/{bot}/webhooks")).await.ok(), json!([]));
}

async fn a_delivery_is_posted_again_as_it_is_by_then(stack: &Stack) {
    let (alice, ming, bot, room) = group(stack).await;
    let receiver = Receiver::start().await;
    let made = webhook(&alice, bot, &receiver.url("/"), &["new_message"]).await;
    let said = ming.say(&room, "秘密").await;
    let first = receiver.next().await;
    let done =
        deliveries(&alice, bot, &made, |all| all.iter().any(|one| !one["delivered_at"].is_null())).await;
    assert_eq!(done[0]["delivery_id"], first.header("webhook-id"));
    ming.unsend(&said).await.is(200);
    let path = format!("/bots/{bot}/webhooks/{}/deliveries", text(&made["webhook_id"]));
    alice.post(&format!("{path}/{}/redeliver", first.header("webhook-id"))).await.is(204);
    let again = receiver.next().await;
    assert_eq!(again.header("webhook-id"), first.header("webhook-id"));
    assert_eq!(again.json()["data"]["message"]["deleted"], true);
    assert!(!String::from_utf8_lossy(&again.body).contains("秘密"));
    let none = alice.post(&format!("{path}/01a203a3-d4e1-742a-b5d0-5b87b7200c6b/redeliver")).await;
    none.refused(404, "not_found", "Delivery not found");
}

async fn nothing_is_posted_after_the_bot_has_left(stack: &Stack) {
    let (alice, ming, bot, room) = group(stack).await;
    let receiver = Receiver::start().await;
    let made = webhook(&alice, bot, &receiver.url("/"), &["new_message"]).await;
    receiver.answer(&[500]);
    stack.clock().set(stack.clock().now());
    ming.say(&room, "留下來的").await;
    receiver.next().await;
    let failed = deliveries(&alice, bot, &made, all_settled).await;
    alice.delete(&format!("/chatrooms/{room}/participants/{bot}")).await.is(204);
    ming.say(&room, "聽不到的").await;
    stack.clock().set(Time::parse(&text(&failed[0]["next_at"])).unwrap());
    // What waited is dropped, as the bot is no longer in the room.
    deliveries(&alice, bot, &made, <[Value]>::is_empty).await;
    assert!(receiver.rest().await.is_empty());
}

async fn a_redirect_is_not_followed(stack: &Stack) {
    let (alice, ming, bot, room) = group(stack).await;
    let receiver = Receiver::start().await;
    let made = webhook(&alice, bot, &receiver.url("/"), &["new_message"]).await;
    receiver.answer(&[307]);
    ming.say(&room, "喂").await;
    assert_eq!(receiver.next().await.asked, "POST /");
    let failed = deliveries(&alice, bot, &made, all_settled).await;
    assert_eq!(failed[0]["failure"], "The address answered 307");
    assert!(receiver.rest().await.is_empty());
}

async fn the_last_deliveries_are_kept(stack: &Stack) {
    let (alice, ming, bot, room) = group(stack).await;
    let receiver = Receiver::start().await;
    let made = webhook(&alice, bot, &receiver.url("/"), &["new_message"]).await;
    for number in 0..101 {
        ming.say(&room, &number.to_string()).await;
    }
    let mut said = Vec::new();
    while said.len() < 101 {
        let message = receiver.next().await.json()["data"]["message"].clone();
        said.push(text(&message["content"]).parse::<usize>().unwrap());
    }
    said.sort_unstable();
    assert_eq!(said, (0..101).collect::<Vec<_>>());
    let settled = |all: &[Value]| all.iter().all(|one| !one["delivered_at"].is_null());
    assert_eq!(deliveries(&alice, bot, &made, settled).await.len(), 100);
}

async fn private_addresses_are_refused(stack: &Stack) {
    let alice = stack.person("愛麗絲").await;
    let bot = bot(&alice, "helper").await;
    let path = format!("/bots/{bot}/webhooks");
    let made = webhook(&alice, bot, "https://hooks.example/x", &["new_message"]).await;
    let one = format!("{path}/{}", text(&made["webhook_id"]));
    for url in [
        "http://127.0.0.1/",
        "http://2130706433/",
        "http://[::1]/",
        "http://169.254.169.254/",
        "http://10.0.0.1",
    ] {
        let answers = [
            alice.post_json(&path, &json!({ "url": url, "events": ["new_message"] })).await,
            alice.patch(&one, &json!({ "url": url })).await,
        ];
        for answer in answers {
            assert!(answer.is(422).text().contains("url must be a public address"), "{answer}");
        }
    }
}

async fn a_name_of_this_machine_is_not_reached(stack: &Stack) {
    let (alice, ming, bot, room) = group(stack).await;
    let receiver = Receiver::start().await;
    let url = receiver.url("/").replace("127.0.0.1", "localhost");
    let made = webhook(&alice, bot, &url, &["new_message"]).await;
    ming.say(&room, "喂").await;
    let failed = deliveries(&alice, bot, &made, all_settled).await;
    assert_eq!(
        (&failed[0]["status"], &failed[0]["failure"]),
        (&Value::Null, &json!("The address is not a public one"))
    );
    assert!(receiver.rest().await.is_empty());
}

async fn a_webhook_is_its_owners_alone(stack: &Stack) {
    let (alice, ming, _) = stack.pair().await;
    let (mine, theirs) = (bot(&alice, "helper").await, bot(&ming, "other").await);
    let made = webhook(&alice, mine, "https://hooks.example/x", &["new_message"]).await;
    let shown = alice.get(&format!("/bots/{mine}/webhooks")).await.ok();
    assert!(shown[0].get("secret").is_none() && shown[0]["url"] == "https://hooks.example/x", "{shown}");
    let body = json!({ "url": "https://hooks.example/y", "events": ["new_message"] });
    let ask = async |who: &harness::Caller, bot: i64| -> Vec<Answer> {
        let path = format!("/bots/{bot}/webhooks");
        let one = format!("{path}/{}", text(&made["webhook_id"]));
        vec![
            who.patch(&one, &json!({ "enabled": false })).await,
            who.get(&format!("{one}/deliveries")).await,
            who.post(&format!("{one}/deliveries/{}/redeliver", text(&made["webhook_id"]))).await,
            who.delete(&one).await,
            who.get(&path).await,
            who.post_json(&path, &body).await,
        ]
    };
    for answer in ask(&ming, mine).await {
        answer.refused(404, "not_found", "Bot not found");
    }
    for answer in ask(&ming, theirs).await.iter().take(4) {
        answer.refused(404, "not_found", "Webhook not found");
    }
    for answer in ask(&stack.anon(), mine).await {
        answer.is(401);
    }
    let program = crate::bots::program(&alice, mine, &["messages:read", "rooms:read", "profile:read"]).await;
    for answer in ask(&program, mine).await {
        answer.is(403);
    }
}

async fn what_is_no_webhook_is_refused(stack: &Stack) {
    let alice = stack.person("愛麗絲").await;
    let bot = bot(&alice, "helper").await;
    let path = format!("/bots/{bot}/webhooks");
    let url = "https://hooks.example/x";
    for body in [
        json!({}),
        json!({ "url": url }),
        json!({ "url": url, "events": [] }),
        json!({ "url": url, "events": "new_message" }),
        json!({ "url": url, "events": ["new_message", "typing"] }),
        json!({ "url": "hooks.example", "events": ["new_message"] }),
        json!({ "url": "ftp://hooks.example", "events": ["new_message"] }),
        json!({ "url": "https://u:p@hooks.example", "events": ["new_message"] }),
        json!({ "url": format!("https://hooks.example/{}", "x".repeat(2_027)), "events": ["new_message"] }),
    ] {
        alice.post_json(&path, &body).await.is(422);
    }
    assert_eq!(alice.get(&path).await.ok(), json!([]));
    let longest = format!("https://hooks.example/{}", "x".repeat(2_026));
    let made = webhook(&alice, bot, &longest, &["new_message", "new_message"]).await;
    assert_eq!(made["events"], json!(["new_message"]));
    let one = format!("{path}/{}", text(&made["webhook_id"]));
    for body in [json!({ "events": [] }), json!({ "enabled": "maybe" }), json!({ "url": "x" })] {
        alice.patch(&one, &body).await.is(422);
    }
}

async fn a_bot_has_so_many_webhooks(stack: &Stack) {
    let alice = stack.person("愛麗絲").await;
    let bot = bot(&alice, "helper").await;
    for _ in 0..5 {
        webhook(&alice, bot, "https://hooks.example/x", &["new_message"]).await;
    }
    let (path, body) = (
        format!("/bots/{bot}/webhooks"),
        json!({ "url": "https://hooks.example", "events": ["new_message"] }),
    );
    let many = alice.post_json(&path, &body).await;
    many.refused(400, "too_many_webhooks", "There can be at most 5 webhooks");
    let first = text(&alice.get(&path).await.ok()[0]["webhook_id"]);
    alice.delete(&format!("{path}/{first}")).await.is(204);
    alice.post_json(&path, &body).await.is(201);
}

async fn webhooks_go_with_their_bot(stack: &Stack) {
    let (alice, ming, bot, room) = group(stack).await;
    let receiver = Receiver::start().await;
    webhook(&alice, bot, &receiver.url("/"), &["new_message", "message_updated"]).await;
    let said = ming.say(&room, "還在").await;
    receiver.next().await;
    alice.delete_account(PASSWORD).await.is(204);
    ming.edit(&said, "還在嗎").await.is(200);
    let (carol, other) = (stack.person("大衛").await, Receiver::start().await);
    ming.befriend(&carol).await;
    let mine = crate::bots::bot(&ming, "other").await;
    let own = ming.post_json("/chatrooms", &json!({ "members_id": [mine] })).await.ok();
    webhook(&ming, mine, &other.url("/"), &["new_message"]).await;
    ming.say(&text(&own["chatroom_id"]), "後來").await;
    // A later event of another bot was posted, and so the edit would have been.
    other.next().await;
    assert!(receiver.rest().await.is_empty());
}
