//! Searching messages: in a room and in all of one's rooms, in every script, indexed or not.

use std::time::Duration;

use harness::deadline::within;
use harness::people::{list, text};
use harness::{Person, Stack, on_each_database};
use persistence::error::Error;
use persistence::{log, search};
use reqwest::Method;
use serde_json::{Value, json};

on_each_database! {
    words_of_every_script_are_found_in_every_spelling where |config| config.limits.search_unindexed = 1,
    places_are_code_points_of_the_text,
    what_is_edited_unsent_and_hidden_is_followed where |config| config.limits.search_unindexed = 1,
    only_rooms_that_one_is_in_are_searched,
    it_is_filtered_and_paged where |config| config.limits.search_unindexed = 1,
    files_are_found_by_caption_and_name,
    sockets_search_alike,
    what_is_malformed_is_named,
    nobody_searches_unknown,
    searches_have_a_rate where |config| {
        config.rates.enabled = true;
        config.rates.search_messages = "2/1h".parse().unwrap();
    },
}

/// Waits until all that was committed is indexed.
async fn indexed(stack: &Stack) {
    let url = stack.database_url().to_owned();
    let indexed = actix_rt::task::spawn_blocking(move || {
        let db = testdb::base::open(&url);
        let ends = |conn: &mut persistence::Conn| {
            Ok::<_, Error>((log::head(conn)?.position, search::indexed_to(conn)?))
        };
        while db.read_blocking(ends).is_ok_and(|(head, indexed)| indexed < head) {
            std::thread::sleep(Duration::from_millis(20));
        }
    });
    within("the index", indexed).await.unwrap();
}

async fn page(person: &Person, query: &str) -> Value {
    person.get(&format!("/search?{query}")).await.ok()
}

/// What the messages say that are found, the newest first.
async fn found(person: &Person, query: &str) -> Vec<String> {
    let page = page(person, query).await;
    assert_eq!(page["next_cursor"], Value::Null);
    list(&page["items"]).iter().map(|item| text(&item["message"]["content"])).collect()
}

async fn words_of_every_script_are_found_in_every_spelling(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let texts =
        ["明天去臺北嗎", "ＲＵＳＴ 很難嗎", "東京タワーで会いましょう", "내일 만나요", "See you at the café"];
    for content in texts {
        alice.say(&room, content).await;
    }
    for at in 0..2 {
        for (query, expected) in [
            ("台北", vec![texts[0]]),
            ("台", vec![texts[0]]),
            ("嗎", vec![texts[1], texts[0]]),
            ("吗", vec![texts[1], texts[0]]),
            ("rust", vec![texts[1]]),
            ("us", vec![texts[1]]),
            ("タワー", vec![texts[2]]),
            ("ﾀﾜｰ", vec![texts[2]]),
            ("만나", vec![texts[3]]),
            ("CAFE\u{301} see", vec![texts[4]]),
            ("e", vec![texts[4]]),
            ("北台", vec![]),
            ("明天 很難", vec![]),
        ] {
            assert_eq!(found(&ming, &format!("q={query}")).await, expected, "{query} {at}");
            assert_eq!(
                found(&ming, &format!("q={query}&chatroom_id={room}")).await,
                expected,
                "{query} {at}"
            );
        }
        indexed(stack).await;
    }
}

async fn places_are_code_points_of_the_text(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let sent = alice.say(&room, "😀 明天見，明天見").await;
    let page = page(&ming, "q=明天").await;
    let places = json!([
        { "field": "content", "start": 2, "length": 2 },
        { "field": "content", "start": 6, "length": 2 },
    ]);
    assert_eq!(page["items"][0]["matches"], places);
    let message = &page["items"][0]["message"];
    assert_eq!((&message["message_id"], &message["user"]), (&sent["message_id"], &sent["user"]));
    assert_eq!(list(&page["items"]).len(), 1);
}

async fn what_is_edited_unsent_and_hidden_is_followed(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let sent = [
        alice.say(&room, "第一個秘密").await,
        alice.say(&room, "第二個秘密").await,
        alice.say(&room, "第三個秘密").await,
    ];
    indexed(stack).await;
    alice.edit(&sent[0], "不是了").await.is(200);
    assert_eq!(found(&ming, "q=秘密").await, ["第三個秘密", "第二個秘密"]);
    assert_eq!(found(&ming, "q=不是").await, ["不是了"]);
    assert_eq!(found(&ming, "q=第一").await, [""; 0]);
    alice.unsend(&sent[1]).await.is(200);
    ming.hide(&sent[2]).await.is(204);
    indexed(stack).await;
    assert_eq!(found(&ming, "q=秘密").await, [""; 0]);
    assert_eq!(found(&alice, "q=秘密").await, ["第三個秘密"]);
}

async fn only_rooms_that_one_is_in_are_searched(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let carol = stack.person("卡羅").await;
    let group = alice.open_group(&[&ming, &carol], "三人").await;
    alice.say(&room, "只給小明的秘密").await;
    alice.say(&group, "三個人的秘密").await;
    assert_eq!(found(&carol, "q=秘密").await, ["三個人的秘密"]);
    assert_eq!(found(&ming, "q=秘密").await, ["三個人的秘密", "只給小明的秘密"]);
    assert_eq!(found(&ming, &format!("q=秘密&chatroom_id={room}")).await, ["只給小明的秘密"]);
    ming.leave_group(&group).await.is(204);
    assert_eq!(found(&ming, "q=秘密").await, ["只給小明的秘密"]);
    let unknown = "01a203a3-d4e1-742a-b5d0-5b87b7200c6b";
    for (person, id) in [(&carol, room.as_str()), (&ming, &group), (&alice, unknown), (&alice, "無")] {
        let answer = person.get(&format!("/search?q=秘密&chatroom_id={id}")).await;
        answer.refused(404, "not_found", "Chatroom not found");
    }
}

async fn it_is_filtered_and_paged(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let mut sent = Vec::new();
    for n in 0..9 {
        let person = if n % 3 == 0 { &ming } else { &alice };
        sent.push(person.say(&room, &format!("第 {n} 聲哈囉")).await);
    }
    let contents = |numbers: &[usize]| numbers.iter().map(|n| format!("第 {n} 聲哈囉")).collect::<Vec<_>>();
    for _ in 0..2 {
        assert_eq!(found(&alice, &format!("q=哈囉&sender_id={}", ming.id)).await, contents(&[6, 3, 0]));
        assert_eq!(found(&alice, "q=哈囉&kind=text&limit=9").await.len(), 9);
        assert_eq!(found(&alice, "q=哈囉&kind=image").await, [""; 0]);
        let at = |n: usize| text(&sent[n]["timestamp"]);
        let between = format!("q=哈囉&after={}&before={}", at(2), at(5));
        assert_eq!(found(&alice, &between).await, contents(&[4, 3, 2]));
        let (mut all, mut cursor) = (Vec::new(), String::new());
        for size in [4, 4, 1] {
            let page = page(&alice, &format!("q=哈囉&limit=4{cursor}")).await;
            let items = list(&page["items"]);
            assert_eq!(items.len(), size);
            all.extend(items.iter().map(|item| text(&item["message"]["content"])));
            assert_eq!(page["next_cursor"].is_null(), size == 1);
            cursor = format!("&cursor={}", page["next_cursor"]);
        }
        assert_eq!(all, contents(&[8, 7, 6, 5, 4, 3, 2, 1, 0]));
        indexed(stack).await;
    }
}

async fn files_are_found_by_caption_and_name(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let upload =
        alice.upload("/upload/upload-message-file", ("十一月報表.txt", "text/plain"), b"1").await.ok();
    let message = json!({ "message_type": "file", "media_url": upload["url"], "caption": "請過目" });
    let sent = alice.send_message(&room, &message).await.ok();
    for (query, field, start) in [("過目", "caption", 1), ("報表", "file_name", 3)] {
        let page = page(&ming, &format!("q={query}&kind=file")).await;
        assert_eq!(page["items"][0]["message"]["message_id"], sent["message_id"]);
        assert_eq!(page["items"][0]["matches"], json!([{ "field": field, "start": start, "length": 2 }]));
    }
    assert_eq!(found(&ming, "q=static").await, [""; 0], "an address is no text");
}

async fn sockets_search_alike(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    alice.say(&room, "在嗎").await;
    alice.say(&room, "不在").await;
    let socket = ming.socket().await;
    let mut answer =
        socket.ask_ok("search_messages", json!({ "q": "在", "chatroom_id": room, "limit": 1 })).await;
    answer.as_object_mut().unwrap().remove("ok");
    assert_eq!(answer, page(&ming, &format!("q=在&chatroom_id={room}&limit=1")).await);
    assert!(answer["next_cursor"].is_i64());
    let elsewhere = json!({ "q": "在", "chatroom_id": "01a203a3-d4e1-742a-b5d0-5b87b7200c6b" });
    socket.ask_refused("search_messages", elsewhere, "not_found").await;
    socket.ask_refused("search_messages", json!({}), "validation").await;
}

async fn what_is_malformed_is_named(stack: &Stack) {
    let (alice, _, _) = stack.pair().await;
    for (query, errors) in [
        ("", [("query.q", "missing")]),
        ("q=", [("query.q", "string_too_short")]),
        ("q=%20", [("query.q", "string_too_short")]),
        (&format!("q={}", "字".repeat(65)), [("query.q", "string_too_long")]),
        ("q=字&limit=0", [("query.limit", "greater_than_equal")]),
        ("q=字&limit=x", [("query.limit", "int_parsing")]),
        ("q=字&cursor=x", [("query.cursor", "int_parsing")]),
        ("q=字&sender_id=x", [("query.sender_id", "int_parsing")]),
        ("q=字&kind=poem", [("query.kind", "enum")]),
        ("q=字&before=x", [("query.before", "datetime_from_date_parsing")]),
        ("q=字&after=x", [("query.after", "datetime_from_date_parsing")]),
    ] {
        alice.get(&format!("/search?{query}")).await.invalid(&errors);
    }
    for limit in [1, 50, 51] {
        alice.get(&format!("/search?q={}&limit={limit}", "字".repeat(64))).await.is(200);
    }
}

async fn nobody_searches_unknown(stack: &Stack) {
    stack.anon().send(stack.anon().request(Method::GET, "/search?q=字")).await.is(401);
}

async fn searches_have_a_rate(stack: &Stack) {
    let (alice, ming) = stack.friends().await;
    let socket = alice.socket().await;
    alice.get("/search?q=字").await.is(200);
    socket.ask_ok("search_messages", json!({ "q": "字" })).await;
    alice.get("/search?q=字").await.is(429);
    socket.ask_refused("search_messages", json!({ "q": "字" }), "rate_limited").await;
    ming.get("/search?q=字").await.is(200);
}
