//! Messages that disappear: gone for everybody at their time, and erased soon after.

use domain::time::Time;
use harness::deadline::within;
use harness::people::{list, path_of, text};
use harness::{Answer, Person, Stack, on_each_database};
use serde_json::{Value, json};

use crate::migrations::beside;
use crate::sessions::seconds_after;

const DAY: i64 = 24 * 3_600;

on_each_database! {
    who_may_sets_it_and_a_message_says_so,
    other_devices_and_members_receive_it,
    strangers_and_what_is_no_time_are_refused,
    a_message_is_gone_for_everybody_at_its_time where |config| config.limits.disappearing_look_ms = 86_400_000,
    nothing_is_done_with_a_message_that_is_gone where |config| config.limits.disappearing_look_ms = 86_400_000,
    a_page_is_full_of_what_is_there where |config| config.limits.disappearing_look_ms = 86_400_000,
    what_is_gone_is_erased where |config| {
        config.limits.disappearing_look_ms = 20;
        config.limits.upload_unused_look_ms = 20;
    },
    many_are_erased_each_with_one_event where |config| config.limits.disappearing_look_ms = 20,
}

async fn set(person: &Person, room: &str, after: Value) -> Answer {
    person.update_group(room, &json!({ "disappear_after": after })).await
}

/// Stops the clock, and returns its time.
fn stop(stack: &Stack) -> Time {
    let now = seconds_after(stack.clock().now(), 0);
    stack.clock().set(now);
    now
}

async fn who_may_sets_it_and_a_message_says_so(stack: &Stack) {
    let ([alice, ming, carol], group) = stack.group().await;
    let room = alice.open_room(&ming).await;
    alice.set_role(&group, &ming, "admin").await.is(200);
    set(&carol, &group, json!(300)).await.refused(403, "forbidden", "Forbidden");
    let said = async |room: &str| alice.system_messages(room).await.pop().unwrap();
    for (person, room) in [(&alice, &group), (&ming, &room), (&ming, &group), (&alice, &room)] {
        let before = alice.room(room).await["last_seq"].as_i64().unwrap();
        let changed = set(person, room, json!(3_600)).await.ok();
        assert_eq!(changed["disappear_after"], 3_600);
        assert_eq!(set(person, room, json!("3600")).await.ok()["disappear_after"], 3_600, "nothing changes");
        let message = said(room).await;
        let system = json!({
            "action": "disappear_after_changed", "actor": person.id, "subjects": [], "name": null, "role": null,
            "disappear_after": 3_600,
        });
        assert_eq!((&message["system"], message["seq"].as_i64()), (&system, Some(before + 1)));
        assert_eq!(
            text(&message["content"]),
            format!("{} let messages disappear 1 hour after they are sent", person.name)
        );
        assert!(person.say(room, "會不見").await["expires_at"].is_string());
        assert_eq!(set(person, room, Value::Null).await.ok()["disappear_after"], Value::Null);
        assert_eq!(said(room).await["content"], format!("{} let messages stay", person.name));
        assert_eq!(person.say(room, "留著").await.get("expires_at"), None);
    }
}

async fn other_devices_and_members_receive_it(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let start = text(&ming.get("/sync").await.ok()["cursor"]);
    let (phone, laptop, theirs) = (alice.socket().await, alice.socket().await, ming.socket().await);
    let changed = phone.ask_ok("update_group", json!({ "chatroom_id": room, "disappear_after": 300 })).await;
    assert_eq!(changed["chatroom"]["disappear_after"], 300);
    for socket in [&laptop, &theirs] {
        let event = socket.first("disappear_after_changed").await;
        assert_eq!((&event["chatroom_id"], &event["disappear_after"]), (&json!(room), &json!(300)));
        socket.first("new_message").await;
    }
    assert_eq!(phone.received_of("disappear_after_changed").len(), 0);
    let events = list(&ming.get(&format!("/sync?since={start}")).await.ok()["events"]);
    let names: Vec<&str> = events.iter().filter_map(|event| event["event"].as_str()).collect();
    assert_eq!(names, ["disappear_after_changed", "new_message"]);
}

async fn strangers_and_what_is_no_time_are_refused(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    for (after, status) in [
        (json!(299), 422),
        (json!(300), 200),
        (json!(31_536_000), 200),
        (json!(31_536_001), 422),
        (json!(-1), 422),
        (json!("一天"), 422),
        (json!(300.5), 422),
    ] {
        set(&alice, &room, after.clone()).await.is(status);
    }
    alice.update_group(&room, &json!({ "disappear_after": 300, "chatroom_name": "名字" })).await.refused(
        400,
        "not_a_group",
        "The chatroom is not a group",
    );
    assert_eq!(alice.room(&room).await["disappear_after"], 31_536_000, "all or nothing");
    let stranger = stack.person("陌生人").await;
    set(&stranger, &room, json!(300)).await.refused(404, "not_found", "Chatroom not found");
    let outside = stranger.socket().await;
    let asks = json!({ "chatroom_id": room, "disappear_after": 300 });
    outside.ask_refused("update_group", asks, "not_found").await;
    stack.anon().patch(&format!("/chatrooms/{room}"), &json!({ "disappear_after": 300 })).await.is(401);
    let requested = stranger.open_room(&alice).await;
    for person in [&stranger, &alice] {
        let refused = set(person, &requested, json!(300)).await;
        refused.refused(403, "request_pending", "This person has to accept your request first");
    }
    alice.put(&format!("/friends/blocks/{}", ming.id)).await.is(200);
    for person in [&alice, &ming] {
        set(person, &room, json!(300)).await.is(403);
    }
}

/// What of a room, and of all else that somebody reads, has this word.
async fn places(person: &Person, room: &str, start: &str) -> Vec<&'static str> {
    let mut found = Vec::new();
    for (place, path) in [
        ("history", format!("/chatrooms/{room}/messages?limit=200")),
        ("search", "/search?q=秘密".to_owned()),
        ("pins", format!("/chatrooms/{room}/pins")),
        ("rooms", "/chatrooms".to_owned()),
        ("room", format!("/chatrooms/{room}")),
        ("sync", format!("/sync?since={start}")),
    ] {
        if person.get(&path).await.is(200).text().contains("秘密") {
            found.push(place);
        }
    }
    let auth = json!({ "token": person.token(), "since": start });
    let options = harness::socket::ConnectOptions { auth: Some(auth), ..Default::default() };
    let back = harness::Socket::try_connect(person.origin(), &options).await.unwrap();
    back.first("synced").await;
    if back.received().iter().any(|event| event.payload.to_string().contains("秘密")) {
        found.push("replay");
    }
    found
}

async fn a_message_is_gone_for_everybody_at_its_time(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let start = text(&alice.get("/sync").await.ok()["cursor"]);
    let now = stop(stack);
    let kept = alice.say(&room, "先前的話").await;
    set(&alice, &room, json!(300)).await.is(200);
    let said = alice.say(&room, "秘密一").await;
    let expires = Time::parse(said["expires_at"].as_str().unwrap()).unwrap();
    let sent = Time::parse(said["timestamp"].as_str().unwrap()).unwrap();
    assert_eq!(expires.unix_micros() - sent.unix_micros(), 300_000_000);
    alice.put(&format!("{}/pin", path_of(&said))).await.is(200);
    let file = text(
        &alice.upload("/upload/upload-message-file", ("秘密.txt", "text/plain"), b"a").await.ok()["url"],
    );
    alice.send_message(&room, &json!({ "message_type": "file", "media_url": file })).await.is(200);
    stack.clock().set(seconds_after(now, 200));
    let reply = ming.reply(&room, &said, "回覆").await;
    stack.clock().set(seconds_after(now, 299));
    for person in [&alice, &ming] {
        let all = ["history", "search", "pins", "rooms", "room", "sync", "replay"];
        assert_eq!(places(person, &room, &start).await, all);
        person.get(&file).await.is(200);
    }
    stack.clock().set(seconds_after(now, 301));
    for person in [&alice, &ming] {
        assert_eq!(places(person, &room, &start).await, [""; 0], "{}", person.name);
        assert_eq!(person.texts(&room).await, ["先前的話", "回覆"]);
        let quote = person.look(&reply).await.unwrap()["reply_to"].clone();
        assert_eq!((&quote["deleted"], &quote["content"]), (&json!(true), &json!("")));
        assert_eq!(person.room(&room).await["last_message"]["message_id"], reply["message_id"]);
    }
    ming.get(&file).await.is(404);
    alice.get(&file).await.is(200);
    stack.clock().set(seconds_after(now, 501));
    let last = ming.room(&room).await["last_message"].clone();
    assert_eq!(last["system"]["action"], "pinned", "what the server says stays: {last}");
    assert_eq!(ming.texts(&room).await, [text(&kept["content"])]);
}

async fn nothing_is_done_with_a_message_that_is_gone(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let other = alice.open_group(&[&ming, &stack.person("阿美").await], "別處").await;
    let now = stop(stack);
    set(&alice, &room, json!(300)).await.is(200);
    let key = json!({ "content": "秘密", "client_msg_id": "k1" });
    let said = alice.send_message(&room, &key).await.ok();
    stack.clock().set(seconds_after(now, 301));
    let reference = json!({ "chatroom_id": room, "message_id": said["message_id"] });
    for answer in [
        alice.edit(&said, "改").await,
        alice.unsend(&said).await,
        ming.react(&said, "👍").await,
        ming.put(&format!("{}/pin", path_of(&said))).await,
        ming.versions(&said).await,
        ming.get(&format!("{}/receipts", path_of(&said))).await,
        ming.send_message(&other, &json!({ "forwarded_from": reference })).await,
        ming.send_message(&room, &json!({ "content": "回", "reply_to": said["message_id"] })).await,
        ming.post_json(
            "/reports",
            &json!({ "reason": "spam", "chatroom_id": room, "message_id": said["message_id"] }),
        )
        .await,
    ] {
        answer.refused(404, "not_found", "Message not found");
    }
    // A repeat is still the same message.
    let repeated = alice.send_message(&room, &key).await.ok();
    assert_eq!((&repeated["message_id"], &repeated["content"]), (&said["message_id"], &json!("")));
}

async fn a_page_is_full_of_what_is_there(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let now = stop(stack);
    for number in 0..3 {
        alice.say(&room, &format!("先{number}")).await;
    }
    set(&alice, &room, json!(300)).await.is(200);
    for number in 0..5 {
        alice.say(&room, &format!("秘{number}")).await;
    }
    set(&alice, &room, Value::Null).await.is(200);
    let after = alice.say(&room, "後").await;
    stack.clock().set(seconds_after(now, 301));
    let contents = |page: Vec<Value>| {
        let said = page.into_iter().filter(|message| message.get("system").is_none());
        said.map(|message| text(&message["content"])).collect::<Vec<_>>()
    };
    assert_eq!(
        contents(ming.read_page(&room, "limit=4").await),
        ["先2", "後"],
        "two of the four are the server's"
    );
    let before = format!("limit=4&before_id={}", after["message_id"]);
    assert_eq!(contents(ming.read_page(&room, &before).await), ["先1", "先2"]);
}

/// Returns how many rows of a table there are.
fn rows(stack: &Stack, of: &'static str) -> i64 {
    use diesel::RunQueryDsl as _;
    #[derive(diesel::QueryableByName)]
    struct Count {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        number: i64,
    }
    let query = format!("SELECT COUNT(*) AS number FROM {of}");
    beside(stack.database_url(), move |conn| {
        let counted: Count = match conn {
            persistence::Conn::Sqlite(c) => diesel::sql_query(&query).get_result(c)?,
            persistence::Conn::Mysql(c) => diesel::sql_query(&query).get_result(c)?,
        };
        Ok(counted.number)
    })
}

/// Checks that nothing is left of what is gone, and that two messages are still to go.
fn assert_erased(stack: &Stack) {
    for (of, left) in [
        ("expiring_messages", 2),
        ("message_versions", 0),
        ("reactions", 0),
        ("mentions", 0),
        ("pins", 0),
        ("messages WHERE content LIKE '%秘密%'", 0),
        ("messages WHERE media_id IS NOT NULL", 0),
    ] {
        assert_eq!(rows(stack, of), left, "{of}");
    }
}

async fn what_is_gone_is_erased(stack: &Stack) {
    let ([alice, ming, _], room) = stack.group().await;
    let now = stop(stack);
    set(&alice, &room, json!(300)).await.is(200);
    let mention =
        json!({ "content": "@小明 秘密", "mentions": [{ "user_id": ming.id, "start": 0, "length": 3 }] });
    let said = alice.send_message(&room, &mention).await.ok();
    alice.edit(&said, "@小明 秘密二").await.is(200);
    ming.react(&said, "👍").await.is(200);
    alice.put(&format!("{}/pin", path_of(&said))).await.is(200);
    let unsent = alice.say(&room, "收回").await;
    alice.unsend(&unsent).await.is(200);
    let file = alice.upload("/upload/upload-message-file", ("秘.txt", "text/plain"), b"a").await.ok();
    let file = json!({ "message_type": "file", "media_url": file["url"] });
    alice.send_message(&room, &file).await.is(200);
    let sockets = [alice.socket().await, ming.socket().await];
    let start = text(&ming.get("/sync").await.ok()["cursor"]);
    assert_eq!(ming.room(&room).await["unread_count"], 3);
    stack.clock().set(seconds_after(now, 299));
    let kept = alice.say(&room, "還在").await;
    assert_eq!(rows(stack, "expiring_messages"), 4);
    stack.clock().set(seconds_after(now, 301));
    for socket in &sockets {
        let mut expired = socket.listen_from_start("message_expired");
        let events = [expired.next().await, expired.next().await, expired.next().await];
        let seqs: Vec<&Value> = events.iter().map(|event| &event["seq"]).collect();
        assert_eq!(seqs[..2], [&said["seq"], &unsent["seq"]]);
        assert_eq!(
            (&events[0]["chatroom_id"], &events[0]["message_id"]),
            (&json!(room), &said["message_id"])
        );
    }
    let hers = ming.room(&room).await;
    assert_eq!((&hers["unread_count"], &hers["mention_count"]), (&json!(1), &json!(0)));
    assert_eq!(sockets[1].received_of("message_expired").len(), 3);
    let next = alice.say(&room, "新的").await;
    let event = sockets[1].received_until(|event| event["message"]["message_id"] == next["message_id"]).await;
    assert_eq!(event.last().unwrap()["unread_count"], 2);
    assert_eq!(ming.texts(&room).await, [&kept, &next].map(|message| text(&message["content"])));
    assert_erased(stack);
    let missed = list(&ming.get(&format!("/sync?since={start}")).await.ok()["events"]);
    assert_eq!(missed.iter().filter(|event| event["event"] == "message_expired").count(), 3);
    stack.clock().set(seconds_after(now, 2 * DAY));
    within("the removal of the file", async {
        while rows(stack, "media") > 0 {
            alice.get("/livez").await.ok();
        }
    })
    .await;
}

async fn many_are_erased_each_with_one_event(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let now = stop(stack);
    set(&alice, &room, json!(300)).await.is(200);
    let theirs = ming.socket().await;
    let mut seqs = Vec::new();
    for number in 0..100 {
        seqs.push(alice.say(&room, &number.to_string()).await["seq"].clone());
    }
    let mut expired = theirs.listen("message_expired");
    stack.clock().set(seconds_after(now, 301));
    let mut events: Vec<Value> = expired.take(100).await.iter().map(|event| event["seq"].clone()).collect();
    events.sort_by_key(Value::as_i64);
    assert_eq!(events, seqs);
    alice.say(&room, "標記").await;
    theirs.received_until(|event| event["message"]["content"] == "標記").await;
    assert_eq!(theirs.received_of("message_expired").len(), 100);
    assert_eq!(ming.room(&room).await["unread_count"], 1);
}
