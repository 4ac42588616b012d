//! The order of messages, and walking through a long room without losing or repeating one.

use futures_util::future::join_all;
use harness::people::text;
use harness::{Person, Stack, on_each_database};
use serde_json::{Value, json};

fn seqs(messages: &[Value]) -> Vec<i64> {
    messages.iter().map(|message| message["seq"].as_i64().unwrap()).collect()
}

fn dense(count: i64) -> Vec<i64> {
    (1..=count).collect()
}

/// Says `count` things; the first is `1`.
async fn fill(person: &Person, room: &str, count: usize) {
    let socket = person.socket().await;
    let sends = (1..=count)
        .map(|n| socket.start("send_message", json!({ "chatroom_id": room, "content": n.to_string() })));
    // All are sent before the first is waited for.
    for answer in join_all(sends.collect::<Vec<_>>()).await {
        assert_eq!(answer["ok"], true, "{answer}");
    }
}

/// Walks from the newest message to the oldest in pages of three; `cursor` makes the next query of a page's oldest.
async fn walk(person: &Person, room: &str, cursor: impl Fn(&Value) -> String) -> Vec<Value> {
    let mut found = Vec::new();
    let mut query = "limit=3".to_owned();
    loop {
        let page = person.read_page(room, &query).await;
        let Some(oldest) = page.first() else { return found };
        assert!(page.len() <= 3);
        query = format!("limit=3&{}", cursor(oldest));
        found.splice(0..0, page);
    }
}

fn percent(text: &str) -> String {
    text.replace(':', "%3A").replace('+', "%2B")
}

on_each_database! {
    eight_sent_within_a_millisecond_come_back_in_the_order_sent,
    many_at_once_from_all_sides_get_dense_seqs,
    walking_back_by_time_or_by_message_loses_and_repeats_nothing,
    walking_forward_loses_and_repeats_nothing,
    walking_back_while_others_speak_is_not_disturbed,
    a_page_has_its_limits,
    a_page_begins_around_a_message_or_at_a_time,
    a_page_that_cannot_be_is_refused,
}

async fn eight_sent_within_a_millisecond_come_back_in_the_order_sent(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let (mine, theirs) = (alice.socket().await, ming.socket().await);
    let mut received = theirs.listen("new_message");
    let content: Vec<String> = (1..=8).map(|n| format!("第 {n} 句")).collect();
    let sends: Vec<_> = content
        .iter()
        .map(|content| mine.start("send_message", json!({ "chatroom_id": room, "content": content })))
        .collect();
    let acknowledged: Vec<Value> =
        join_all(sends).await.iter().map(|answer| answer["message"].clone()).collect();
    assert_eq!(seqs(&acknowledged), dense(8));
    assert_eq!(ming.texts(&room).await, content);
    let events: Vec<Value> = received.take(8).await.iter().map(|event| event["message"].clone()).collect();
    assert_eq!(seqs(&events), dense(8));
    let stored = ming.read_page(&room, "limit=8").await;
    assert_eq!(seqs(&stored), dense(8));
    for pair in stored.windows(2) {
        assert!(text(&pair[0]["timestamp"]) < text(&pair[1]["timestamp"]), "strictly later: {pair:?}");
    }
    assert_eq!(seqs(&ming.read_page(&room, "limit=3").await), [6, 7, 8], "the newest three, oldest first");
}

async fn many_at_once_from_all_sides_get_dense_seqs(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let (mine, theirs) = (alice.socket().await, ming.socket().await);
    let (mut here, mut there) = (mine.listen("new_message"), theirs.listen("new_message"));
    let event = |who: &str, n: usize| json!({ "chatroom_id": room, "content": format!("{who}{n}") });
    let rest = join_all((0..8).map(|n| {
        let content = format!("R{n}");
        let (alice, room) = (&alice, &room);
        async move { alice.say(room, &content).await }
    }));
    let one: Vec<_> = (0..20).map(|n| mine.start("send_message", event("A", n))).collect();
    let other: Vec<_> = (0..20).map(|n| theirs.start("send_message", event("B", n))).collect();
    let (rest, one, other) = tokio::join!(rest, join_all(one), join_all(other));
    let messages =
        |answers: Vec<Value>| answers.iter().map(|answer| answer["message"].clone()).collect::<Vec<_>>();
    let (one, other) = (messages(one), messages(other));
    for of_one_socket in [&one, &other] {
        assert!(seqs(of_one_socket).is_sorted(), "one socket's messages keep their order: {of_one_socket:?}");
    }
    let mut all = seqs(&[rest, one, other].concat());
    all.sort_unstable();
    assert_eq!(all, dense(48));
    assert_eq!(seqs(&ming.read_page(&room, "limit=200").await), dense(48));
    // Each receives in the order of the room what they did not send by the same socket.
    let received =
        |events: Vec<Value>| seqs(&events.iter().map(|event| event["message"].clone()).collect::<Vec<_>>());
    assert!(received(here.take(28).await).is_sorted());
    assert!(received(there.take(28).await).is_sorted());
}

async fn walking_back_by_time_or_by_message_loses_and_repeats_nothing(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    fill(&alice, &room, 26).await;
    let by_time =
        walk(&ming, &room, |oldest| format!("before={}", percent(&text(&oldest["timestamp"])))).await;
    assert_eq!(seqs(&by_time), dense(26));
    let by_id = walk(&ming, &room, |oldest| format!("before_id={}", oldest["message_id"])).await;
    assert_eq!(seqs(&by_id), dense(26));
    // A client in another zone writes the same moment with its offset.
    let offset = walk(&ming, &room, |oldest| {
        format!("before={}", percent(&text(&oldest["timestamp"]).replace('Z', "+00:00")))
    })
    .await;
    assert_eq!(seqs(&offset), dense(26));
}

async fn walking_forward_loses_and_repeats_nothing(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    fill(&alice, &room, 26).await;
    let mut found = ming.read_page(&room, "limit=200").await;
    found.truncate(1);
    loop {
        let query = format!("limit=3&after_id={}", found.last().unwrap()["message_id"]);
        let page = ming.read_page(&room, &query).await;
        if page.is_empty() {
            break;
        }
        found.extend(page);
    }
    assert_eq!(seqs(&found), dense(26));
}

async fn walking_back_while_others_speak_is_not_disturbed(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    fill(&alice, &room, 25).await;
    let mut found = ming.read_page(&room, "limit=3").await;
    while seqs(&found)[0] > 1 {
        alice.say(&room, "插話").await;
        let query = format!("limit=3&before_id={}", found[0]["message_id"]);
        found.splice(0..0, ming.read_page(&room, &query).await);
    }
    assert_eq!(seqs(&found), dense(25));
}

async fn a_page_has_its_limits(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    fill(&alice, &room, 205).await;
    for (query, count) in [
        ("", 50),
        ("limit=0", 0),
        ("limit=1", 1),
        ("limit=200", 200),
        ("limit=201", 200),
        ("limit=9223372036854775807", 200),
    ] {
        let page = ming.read_page(&room, query).await;
        assert_eq!(page.len(), count, "{query}");
        assert_eq!(page.last().map_or(205, |message| message["seq"].as_i64().unwrap()), 205, "{query}");
    }
    assert_eq!(seqs(&ming.read_page(&room, "limit=2&before=2000-01-01T00:00:00").await), Vec::<i64>::new());
    assert_eq!(seqs(&ming.read_page(&room, "limit=2&before=4102444800").await), [204, 205]);
    assert_eq!(seqs(&ming.read_page(&room, "limit=2&before=2100-01-01T00:00:00").await), [204, 205]);
}

async fn a_page_begins_around_a_message_or_at_a_time(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    fill(&alice, &room, 26).await;
    let all = ming.read_page(&room, "limit=200").await;
    let page = async |query: String| seqs(&ming.read_page(&room, &query).await);
    let around = async |seq: usize, limit: usize| {
        page(format!("limit={limit}&around_id={}", all[seq - 1]["message_id"])).await
    };
    assert_eq!(around(13, 5).await, [11, 12, 13, 14, 15]);
    assert_eq!(around(13, 4).await, [12, 13, 14, 15]);
    assert_eq!(around(13, 1).await, [13]);
    assert_eq!(around(13, 0).await, [0; 0]);
    assert_eq!(around(1, 5).await, [1, 2, 3]);
    assert_eq!(around(26, 5).await, [24, 25, 26]);
    for seq in [1, 2, 13, 25, 26] {
        let time = percent(&text(&all[seq - 1]["timestamp"]));
        let first = i64::try_from(seq).unwrap();
        assert_eq!(
            page(format!("limit=1&at={time}")).await,
            [first],
            "at the time of a message it is the first"
        );
    }
    assert_eq!(page("limit=2&at=2000-01-01T00:00:00".into()).await, [1, 2]);
    assert_eq!(page("limit=2&at=2100-01-01T00:00:00".into()).await, [0; 0]);
    for seq in [12, 13, 14] {
        ming.hide(&all[seq - 1]).await.is(204);
    }
    assert_eq!(around(13, 5).await, [9, 10, 11, 15, 16]);
    let time = percent(&text(&all[12]["timestamp"]));
    assert_eq!(page(format!("limit=2&at={time}")).await, [15, 16]);
    let empty = alice.open_group(&[&ming, &stack.person("第三人").await], "空").await;
    assert_eq!(alice.read_page(&empty, "at=2000-01-01T00:00:00").await.len(), 1, "what the server says");
}

async fn a_page_that_cannot_be_is_refused(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let other = alice.open_group(&[&ming, &stack.person("第三人").await], "別處").await;
    let elsewhere = alice.say(&other, "別處的話").await["message_id"].clone();
    alice.say(&room, "這裡的話").await;
    let path = |query: &str| format!("/chatrooms/{room}/messages?{query}");
    for (query, place, kind) in [
        ("limit=-1", "query.limit", "greater_than_equal"),
        ("limit=-9223372036854775808", "query.limit", "greater_than_equal"),
        ("limit=abc", "query.limit", "int_parsing"),
        ("limit=1.5", "query.limit", "int_parsing"),
        ("limit=9223372036854775808", "query.limit", "int_parsing"),
        ("before=yesterday", "query.before", "datetime_from_date_parsing"),
        ("before_id=abc", "query.before_id", "int_parsing"),
        ("after_id=9223372036854775808", "query.after_id", "int_parsing"),
        ("around_id=abc", "query.around_id", "int_parsing"),
        ("at=yesterday", "query.at", "datetime_from_date_parsing"),
    ] {
        alice.get(&path(query)).await.invalid(&[(place, kind)]);
    }
    alice
        .get(&path("limit=x&before=y"))
        .await
        .invalid(&[("query.limit", "int_parsing"), ("query.before", "datetime_from_date_parsing")]);
    for query in [
        format!("before_id={elsewhere}"),
        format!("after_id={elsewhere}"),
        "before_id=0".into(),
        "after_id=-5".into(),
        format!("around_id={elsewhere}"),
        "around_id=0".into(),
        format!("before_id={}", i64::MAX),
    ] {
        alice.get(&path(&query)).await.refused(404, "not_found", "Message not found");
    }
}
