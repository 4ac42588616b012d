//! What was missed: every change again, in the order of the log, as a socket would have received it.

use domain::message::Content;
use domain::text::Body;
use domain::time::Time;
use harness::people::{list, text};
use harness::socket::split_position;
use harness::{Person, Stack, on_each_database};
use persistence::db::{Config, Db};
use persistence::messages::{NewMessage, write_batch};
use serde_json::{Value, json};

/// Asks what was missed since `cursor`, all of it.
async fn missed(person: &Person, cursor: &str) -> Vec<Value> {
    let answer = person.get(&format!("/sync?since={cursor}")).await.ok();
    assert_eq!((&answer["more"], &answer["reset"]), (&json!(false), &json!(false)), "{answer}");
    list(&answer["events"])
}

async fn cursor(person: &Person) -> String {
    text(&person.get("/sync").await.ok()["cursor"])
}

fn names(events: &[Value]) -> Vec<String> {
    events.iter().map(|event| text(&event["event"])).collect()
}

on_each_database! {
    a_client_begins_with_a_cursor,
    every_kind_of_change_is_replayed_as_it_was_live,
    a_long_absence_is_made_up_for_in_pages,
    each_is_sent_what_is_theirs,
    a_cursor_of_another_history_says_so,
    what_is_no_cursor_is_refused,
    a_socket_is_answered_alike,
    a_busy_socket_receives_every_change_in_order_and_once,
    what_was_committed_and_not_published_is_sent_all_the_same,
    a_client_receives_the_positions_of_its_rooms_at_intervals where |config| config.sockets.heads_ms = 50,
    a_room_view_tells_how_far_each_has_read,
}

async fn a_client_begins_with_a_cursor(stack: &Stack) {
    stack.anon().get("/sync").await.unauthorized("Not authenticated");
    let alice = stack.person("愛麗絲").await;
    let answer = alice.get("/sync/").await.ok();
    assert_eq!(
        (&answer["events"], &answer["more"], &answer["reset"]),
        (&json!([]), &json!(false), &json!(true))
    );
    let (epoch, pos) =
        text(&answer["cursor"]).split_once('.').map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    assert_eq!((epoch.len(), pos.as_str()), (8, "0"));
    assert_eq!(names(&missed(&alice, &text(&answer["cursor"])).await), [""; 0]);
}

async fn every_kind_of_change_is_replayed_as_it_was_live(stack: &Stack) {
    let (alice, ming) = (stack.person("愛麗絲").await, stack.person("小明").await);
    let (socket, mut since, mut again) = (ming.socket().await, cursor(&ming).await, Vec::new());
    let mut look = async |again: &mut Vec<Value>| {
        again.extend(missed(&ming, &since).await);
        since = cursor(&ming).await;
    };
    alice.post(&format!("/friends/request?friend_id={}", ming.id)).await.ok();
    look(&mut again).await;
    ming.post(&format!("/friends/requests/accepted?friend_id={}", alice.id)).await.ok();
    look(&mut again).await;
    let room = alice.open_room(&ming).await;
    alice.say(&room, "你好").await;
    look(&mut again).await;
    alice.patch(&format!("/user/{}", alice.id), &json!({ "nickname": "小愛" })).await.ok();
    look(&mut again).await;
    ming.post_json(&format!("/chatrooms/{room}/read"), &json!({})).await.ok();
    look(&mut again).await;
    alice.delete(&format!("/friends/?friend_id={}", ming.id)).await.is(204);
    look(&mut again).await;
    let expected = [
        "friend_request",
        "chatroom_created",
        "friend_accepted",
        "new_message",
        "user_updated",
        "message_status",
        "friend_removed",
    ];
    assert_eq!(names(&again), expected);
    for event in again {
        let (pos, data) = split_position(socket.first(&text(&event["event"])).await);
        assert_eq!((json!(pos), data), (event["pos"].clone(), event["data"].clone()));
    }
}

async fn a_long_absence_is_made_up_for_in_pages(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let start = cursor(&ming).await;
    for number in 1..=7 {
        alice.say(&room, &number.to_string()).await;
    }
    let (mut since, mut received) = (start.clone(), Vec::new());
    let more = loop {
        let page = ming.get(&format!("/sync?since={since}&limit=3")).await.ok();
        let events = list(&page["events"]);
        assert!(events.len() <= 3);
        received.extend(events);
        since = text(&page["cursor"]);
        if page["more"] == false {
            break received.len();
        }
    };
    let content: Vec<String> =
        received.iter().map(|event| text(&event["data"]["message"]["content"])).collect();
    assert_eq!((more, content), (7, (1..=7).map(|n| n.to_string()).collect()));
    assert_eq!(missed(&ming, &since).await, [Value::Null; 0]);
    assert_eq!(missed(&ming, &start).await, received, "asked again, it is answered again");
}

async fn each_is_sent_what_is_theirs(stack: &Stack) {
    let (alice, _, room) = stack.pair().await;
    let stranger = stack.person("路人").await;
    let (hers, theirs) = (cursor(&alice).await, cursor(&stranger).await);
    alice.say(&room, "悄悄話").await;
    assert_eq!(names(&missed(&alice, &hers).await), ["new_message"]);
    assert_eq!(missed(&stranger, &theirs).await, [Value::Null; 0]);
    stranger.open_room(&alice).await;
    assert_eq!(names(&missed(&stranger, &theirs).await), ["chatroom_created"]);
}

async fn a_cursor_of_another_history_says_so(stack: &Stack) {
    let (alice, _, room) = stack.pair().await;
    alice.say(&room, "你好").await;
    let now = cursor(&alice).await;
    let (epoch, pos) = now.split_once('.').unwrap();
    let later = pos.parse::<i64>().unwrap() + 1;
    for other in [format!("zzzzzzzz.{pos}"), format!("{epoch}.{later}")] {
        let answer = alice.get(&format!("/sync?since={other}")).await.ok();
        assert_eq!(answer, json!({ "events": [], "cursor": now, "more": false, "reset": true }));
    }
    let answer = alice.get(&format!("/sync?since={now}")).await.ok();
    assert_eq!(answer, json!({ "events": [], "cursor": now, "more": false, "reset": false }));
}

async fn what_is_no_cursor_is_refused(stack: &Stack) {
    let alice = stack.person("愛麗絲").await;
    for query in ["since=5", "since=abc.x", "since=.1", "limit=0", "limit=-1", "limit=many"] {
        alice.get(&format!("/sync?{query}")).await.is(422);
    }
    alice.get("/sync?limit=1").await.is(200);
    alice.get("/sync?limit=100000").await.is(200);
    alice.post("/sync").await.is(405);
}

async fn a_socket_is_answered_alike(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let start = cursor(&ming).await;
    alice.say(&room, "你好").await;
    let socket = ming.socket().await;
    let mut acked = socket.ask_ok("sync", json!({ "since": start })).await;
    acked.as_object_mut().unwrap().remove("ok");
    assert_eq!(acked, ming.get(&format!("/sync?since={start}")).await.ok());
    socket.ask_refused("sync", json!({ "since": "無" }), "validation").await;
}

async fn a_busy_socket_receives_every_change_in_order_and_once(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let second = alice.open_group(&[&ming, &stack.person("卡蘿").await], "另一間").await;
    let (start, listener) = (cursor(&ming).await, ming.elsewhere().await.socket().await);
    let senders = [alice.socket().await, ming.socket().await, alice.elsewhere().await.socket().await];
    let mut asked = Vec::new();
    for number in 0..40 {
        for (socket, room) in senders.iter().zip([&room, &second, &second]) {
            asked.push(
                socket.start("send_message", json!({ "chatroom_id": room, "content": number.to_string() })),
            );
            asked.push(socket.start("mark_read", json!({ "chatroom_id": room })));
        }
    }
    for answer in futures_util::future::join_all(asked).await {
        assert_eq!(answer["ok"], true, "{answer}");
    }
    let again = missed(&ming, &start).await;
    let received = listener.received_until(|event| event["pos"] == again.last().unwrap()["pos"]).await;
    let positions =
        |events: &[Value]| events.iter().filter_map(|event| event["pos"].as_i64()).collect::<Vec<_>>();
    assert_eq!(positions(&received), positions(&again));
    assert!(positions(&again).is_sorted_by(|a, b| a < b));
}

async fn what_was_committed_and_not_published_is_sent_all_the_same(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let (socket, url) = (ming.socket().await, stack.database_url().to_owned());
    let mut received = socket.listen("new_message");
    let new = [NewMessage {
        room: room.parse().unwrap(),
        sender: domain::id::UserId(alice.id),
        content: Content::Text(Body::parse("沒人通知的訊息", Body::MAX).unwrap()),
        media: None,
        key: None,
        reply_to: None,
        extras: domain::extras::Extras::default(),
        at: Time::parse("2026-11-22T11:29:15Z").unwrap(),
    }];
    let write = move || {
        let db = Db::open(&Config { url, connections: 1 }).unwrap();
        let batch = db.write_blocking(|conn| write_batch(conn, &new));
        assert!(batch.unwrap().outcomes.iter().all(Result::is_ok));
    };
    tokio::task::spawn_blocking(write).await.unwrap();
    assert_eq!(received.next().await["message"]["content"], "沒人通知的訊息");
    alice.say(&room, "下一則").await;
    assert_eq!(received.next().await["message"]["content"], "下一則", "and only once");
}

async fn a_client_receives_the_positions_of_its_rooms_at_intervals(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let stranger = stack.person("路人").await.socket().await;
    let (socket, start) = (ming.socket().await, cursor(&ming).await);
    let mut heads = socket.listen("heads");
    alice.say(&room, "一").await;
    alice.say(&room, "二").await;
    let again = missed(&ming, &start).await;
    let last = &again.last().unwrap()["pos"];
    let head = heads.next_where(|head| head["rooms"][&room] == *last).await;
    assert_eq!(head["cursor"], cursor(&ming).await);
    alice.delete(&format!("/friends/?friend_id={}", ming.id)).await.is(204);
    let own = heads.next_where(|head| head["user"].is_i64()).await;
    assert_eq!(own["rooms"], json!({}), "a room that has not changed since is not sent again");
    assert_eq!(missed(&ming, &text(&own["cursor"])).await, [Value::Null; 0]);
    assert!(stranger.received_of("heads").is_empty());
}

async fn a_room_view_tells_how_far_each_has_read(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    alice.say(&room, "一").await;
    alice.say(&room, "二").await;
    ming.socket().await.ask_ok("mark_delivered", json!({ "chatroom_id": room })).await;
    let view = ming.get(&format!("/chatrooms/{room}")).await.ok();
    let receipts = json!([
        { "user_id": alice.id, "last_delivered_seq": 2, "last_read_seq": 2 },
        { "user_id": ming.id, "last_delivered_seq": 2, "last_read_seq": 0 },
    ]);
    assert_eq!(view["marks"], receipts);
}
