//! Limits of what a user may ask: answers that are not read, pages of the log, and rates.

use futures_util::future::join_all;
use harness::deadline::within;
use harness::people::{list, text};
use harness::{Answer, Person, Stack, on_each_database};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncWriteExt as _, Interest};
use tokio::net::TcpSocket;

const UPLOAD: &str = "/upload/upload-message-file";
const PNG: (&str, &str) = ("a.png", "image/png");
const TEXT: (&str, &str) = ("a.txt", "text/plain");

on_each_database! {
    an_answer_that_is_not_read_is_cut where |config| config.limits.answer_unread_ms = 200,
    a_page_of_the_log_has_a_greatest_size where |config| config.limits.sync_max_bytes = 100_000,
    each_action_has_its_rate where |config| {
        let rate = "2/1h".parse().unwrap();
        config.rates = gateway::config::Rates {
            enabled: true,
            send: rate,
            typing: rate,
            react: rate,
            edit: rate,
            profile: rate,
            room: rate,
            friend: rate,
            search: rate,
            search_people: rate,
            search_messages: rate,
            upload: rate,
            report: rate,
            hook: rate,
            export: rate,
        };
    },
    rest_and_sockets_share_a_rate where |config| {
        config.rates.enabled = true;
        config.rates.send = "3/1h".parse().unwrap();
    },
    the_files_of_a_user_have_a_quota where |config| config.limits.upload_quota_bytes = 1_000,
    uploads_at_once_share_the_quota where |config| config.limits.upload_quota_bytes = 1_000,
    people_are_searched_for_so_often_a_day where |config| {
        config.rates.enabled = true;
        config.rates.search = "off".parse().unwrap();
    },
    a_user_has_so_many_friend_requests_waiting,
    friend_requests_at_once_share_their_limit where |config| config.limits.friend_requests_max = 3,
    no_rate_means_no_limit where |config| {
        config.rates.enabled = true;
        config.rates.send = "off".parse().unwrap();
    },
}

/// Asks for a path on a connection of its own that reads nothing, and waits until the server has reset it.
async fn ask_and_do_not_read(stack: &Stack, person: &Person, path: &str) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut stream = socket.connect(stack.address()).await.unwrap();
    let head = format!("GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\n\r\n", person.token());
    stream.write_all(head.as_bytes()).await.unwrap();
    let reset = async { while stream.ready(Interest::ERROR).await.is_ok_and(|ready| !ready.is_error()) {} };
    within("the end of an unread answer", reset).await;
}

async fn an_answer_that_is_not_read_is_cut(stack: &Stack) {
    let alice = stack.person("愛麗絲").await;
    let bytes = vec![b'a'; 16 * 1024 * 1024];
    let url = text(&alice.upload(UPLOAD, ("a.txt", "text/plain"), &bytes).await.ok()["url"]);
    let path = url.replace(&stack.origin(), "");
    ask_and_do_not_read(stack, &alice, &path).await;
    assert_eq!(stack.refusals().get("limits.answer_unread_ms"), 1);
    // Who reads gets it whole, and is not counted.
    assert_eq!(alice.get(&path).await.is(200).body, bytes);
    assert_eq!(stack.refusals().get("limits.answer_unread_ms"), 1);
}

async fn a_page_of_the_log_has_a_greatest_size(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let mut cursor = text(&alice.get("/sync").await.ok()["cursor"]);
    let numbered = |number: usize| format!("{number}{}", "字".repeat(9_990));
    for number in 0..10 {
        alice.say(&room, &numbered(number)).await;
    }
    let socket = ming.socket().await;
    let mut pages = Vec::new();
    loop {
        let page = ming.get(&format!("/sync?since={cursor}")).await.ok();
        let asked = socket.ask_ok("sync", json!({ "since": cursor })).await;
        assert_eq!(asked["events"], page["events"]);
        let events = list(&page["events"]);
        pages.push(events.iter().map(|event| text(&event["data"]["message"]["content"])).collect::<Vec<_>>());
        cursor = text(&page["cursor"]);
        if page["more"] == false {
            break;
        }
    }
    // Each is somewhat longer than 30,000 bytes.
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [3, 3, 3, 1]);
    assert_eq!(pages.concat(), (0..10).map(numbered).collect::<Vec<_>>());
}

/// Checks that a request is refused as one too many.
fn assert_limited(answer: &Answer) {
    let seconds: u64 = answer.header("retry-after").parse().unwrap();
    let unit = if seconds == 1 { "second" } else { "seconds" };
    answer.refused(429, "rate_limited", &format!("Too many attempts, try again in {seconds} {unit}"));
    assert!((1..=1_801).contains(&seconds), "{answer}");
}

async fn each_action_has_its_rate(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let message = ming.say(&room, "你好").await;
    let (one, profile) = (harness::people::path_of(&message), format!("/user/{}", alice.id));
    let asks = |method: Method, path: String, body: Value| (method, path, body);
    let actions = [
        asks(Method::POST, format!("/chatrooms/{room}/typing"), json!({ "is_typing": true })),
        asks(Method::POST, format!("/chatrooms/{room}/messages"), json!({ "content": "好" })),
        asks(Method::PUT, format!("{one}/reactions/👍"), Value::Null),
        asks(Method::PATCH, one, json!({ "content": "好" })),
        asks(Method::PATCH, profile, json!({ "nickname": "愛" })),
        asks(Method::GET, "/friends/search?email=x@example.com".to_owned(), Value::Null),
    ];
    for (method, path, body) in actions {
        for count in 0..3 {
            let request = alice.request(method.clone(), &path);
            let request = if body.is_null() { request } else { request.json(&body) };
            match (count, alice.send(request).await) {
                (2, answer) => assert_limited(&answer),
                (_, answer) => assert_ne!(answer.status, 429, "{answer}"),
            }
        }
    }
    // Alice has asked Ming, and made a room.
    alice.post("/friends/request?friend_id=0").await;
    assert_limited(&alice.post("/friends/request?friend_id=0").await);
    alice.open_room(&ming).await;
    assert_limited(&alice.post_json("/chatrooms", &json!({ "members_id": [ming.id] })).await);
    for _ in 0..2 {
        alice.upload(UPLOAD, PNG, b"dummy").await.is(200);
    }
    for path in [UPLOAD, "/upload/upload-avatar"] {
        assert_limited(&alice.upload(path, PNG, b"dummy").await);
    }
    // Nobody else is limited by that, and nothing else.
    ming.say(&room, "還活著").await;
    alice.get(&format!("/chatrooms/{room}")).await.is(200);
    assert_eq!(stack.refusals().of("rates."), 10);
}

async fn rest_and_sockets_share_a_rate(stack: &Stack) {
    let (alice, _, room) = stack.pair().await;
    let (phone, laptop) = (alice.socket().await, alice.elsewhere().await.socket().await);
    alice.say(&room, "一").await;
    phone.say(&room, "二").await;
    laptop.say(&room, "三").await;
    for socket in [&phone, &laptop] {
        let message = json!({ "chatroom_id": room, "content": "四" });
        let refused = socket.ask_refused("send_message", message, "rate_limited").await;
        let wait = refused["retry_after_ms"].as_u64().unwrap();
        assert!((1..=20 * 60 * 1000).contains(&wait), "{refused}");
        assert!(text(&refused["detail"]).starts_with("Too many attempts, try again in "), "{refused}");
        socket.ask_ok("mark_read", json!({ "chatroom_id": room })).await;
    }
    assert_limited(&alice.send_message(&room, &json!({ "content": "四" })).await);
    assert_eq!(stack.refusals().of("rates."), 3);
    assert_eq!(alice.texts(&room).await, ["一", "二", "三"]);
}

async fn no_rate_means_no_limit(stack: &Stack) {
    let (alice, _, room) = stack.pair().await;
    let socket = alice.socket().await;
    for number in 0..30 {
        socket.say(&room, &number.to_string()).await;
    }
    assert_eq!(alice.texts(&room).await.len(), 30);
}

fn assert_beyond_quota(answer: &Answer) {
    answer.refused(413, "quota_exceeded", "Your files would take more than 1000 bytes");
}

async fn the_files_of_a_user_have_a_quota(stack: &Stack) {
    let (alice, ming) = (stack.person("愛麗絲").await, stack.person("小明").await);
    let file = |bytes: usize| vec![b'a'; bytes];
    alice.upload(UPLOAD, TEXT, &file(600)).await.is(200);
    assert_beyond_quota(&alice.upload(UPLOAD, TEXT, &file(401)).await);
    // What was refused takes nothing, and pictures of oneself count as well.
    alice.upload("/upload/upload-avatar", PNG, &file(400)).await.is(200);
    for path in [UPLOAD, "/upload/upload-avatar"] {
        assert_beyond_quota(&alice.upload(path, PNG, b"a").await);
    }
    ming.upload(UPLOAD, TEXT, &file(1_000)).await.is(200);
    assert_eq!(stack.refusals().get("limits.upload_quota_bytes"), 3);
}

async fn uploads_at_once_share_the_quota(stack: &Stack) {
    let alice = stack.person("愛麗絲").await;
    let file = vec![b'a'; 300];
    let answers = join_all((0..12).map(|_| alice.upload(UPLOAD, TEXT, &file))).await;
    let (taken, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 200);
    assert_eq!((taken.len(), refused.len()), (3, 9));
    refused.into_iter().for_each(assert_beyond_quota);
}

async fn people_are_searched_for_so_often_a_day(stack: &Stack) {
    let (alice, ming) = (stack.person("愛麗絲").await, stack.person("小明").await);
    let search = "/friends/search?username=小明";
    for _ in 0..100 {
        alice.get(search).await.is(200);
    }
    let refused = alice.get(search).await;
    let seconds: u64 = refused.is(429).header("retry-after").parse().unwrap();
    assert!(seconds <= 24 * 3_600 / 100, "{refused}");
    assert_eq!(stack.refusals().get("rates.search_people"), 1);
    ming.get(search).await.is(200);
}

async fn people(stack: &Stack, count: usize) -> Vec<Person> {
    let mut people = Vec::new();
    for number in 0..count {
        people.push(stack.person(&format!("人{number}")).await);
    }
    people
}

async fn ask(person: &Person, other: &Person) -> Answer {
    person.post(&format!("/friends/request?friend_id={}", other.id)).await
}

async fn a_user_has_so_many_friend_requests_waiting(stack: &Stack) {
    let (alice, people) = (stack.person("愛麗絲").await, people(stack, 102).await);
    for other in &people[..100] {
        ask(&alice, other).await.is(200);
    }
    let over = ask(&alice, &people[100]).await;
    let detail = "A user can have at most 100 friend requests that wait for an answer";
    over.refused(400, "too_many_friend_requests", detail);
    assert_eq!(stack.refusals().get("limits.friend_requests_max"), 1);
    // Who has asked her becomes a friend all the same, and what is answered or taken back leaves room.
    ask(&people[101], &alice).await.is(200);
    assert_eq!(ask(&alice, &people[101]).await.ok()["status"], "accepted");
    alice.delete(&format!("/friends/request?friend_id={}", people[0].id)).await.is(204);
    ask(&alice, &people[100]).await.is(200);
    ask(&alice, &people[0]).await.is(400);
}

async fn friend_requests_at_once_share_their_limit(stack: &Stack) {
    let (alice, people) = (stack.person("愛麗絲").await, people(stack, 10).await);
    let answers = join_all(people.iter().map(|other| ask(&alice, other))).await;
    let (taken, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 200);
    assert_eq!((taken.len(), refused.len()), (3, 7));
    assert!(refused.iter().all(|answer| answer.json()["code"] == "too_many_friend_requests"), "{refused:?}");
}
