//! What the server measures, as Prometheus reads it.

use std::collections::BTreeSet;

use harness::deadline::within;
use harness::people::{PASSWORD, text};
use harness::polling::{HANDSHAKE, Polling};
use harness::socket::ConnectOptions;
use harness::{Socket, Stack, on_each_database, stack};
use reqwest::Method;
use serde_json::json;

on_each_database! {
    what_happens_is_counted where |config| super::measured(config),
    the_names_are_those_that_the_documentation_lists where |config| super::measured(config),
    a_rate_that_refuses_is_counted where |config| {
        super::measured(config);
        config.rates.enabled = true;
        config.rates.send = "1/1h".parse().unwrap();
    },
    a_limit_of_bytes_that_refuses_is_counted where |config| {
        super::measured(config);
        config.limits.body_max_bytes = 2048;
        config.limits.upload_max_bytes = 1000;
        config.limits.upload_quota_bytes = 1500;
    },
    a_limit_of_connections_that_refuses_is_counted where |config| {
        super::measured(config);
        config.limits.user_sockets_max = 1;
        config.limits.address_sessions_max = 3;
        config.limits.address_unauthenticated_max = 2;
    },
    a_pause_after_wrong_passwords_is_counted where |config| {
        super::measured(config);
        config.auth.login_failures = 1;
        config.auth.registrations_per_hour = 1;
    },
    there_are_none_unless_they_have_an_address,
}

fn measured(config: &mut gateway::config::Config) {
    config.metrics.address = Some("127.0.0.1:0".parse().unwrap());
}

/// Returns the value of a sample, 0 if there is none.
pub(crate) async fn value(stack: &Stack, sample: &str) -> u64 {
    let lines = stack.metrics().await;
    let value = lines.iter().find_map(|line| line.strip_prefix(sample)?.strip_prefix(' '));
    value.map_or(0, |value| value.parse().unwrap())
}

async fn refused(stack: &Stack, limit: &str) -> u64 {
    value(stack, &format!("chatroom_refusals_total{{limit=\"{limit}\"}}")).await
}

async fn what_happens_is_counted(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let (socket, _polling) = (ming.socket().await, Polling::open(&ming).await);
    socket.ask_ok("join_room", json!({ "chatroom_id": room })).await;
    alice.say(&room, "你好").await;
    alice.send_message(&room, &json!({})).await.is(422);
    stack.anon().get("/user/me").await.is(401);
    stack.anon().get("/沒有").await.is(404);
    stack.anon().sign_in("愛麗絲", "不對的密碼").await.is(401);
    let file = alice.upload("/upload/upload-message-file", ("a.txt", "text/plain"), b"12345").await.ok();
    assert!(text(&file["url"]).contains("/static/message/"));
    let sends = |status: u16| {
        let route = "/chatrooms/{chatroom_id}/message";
        format!("chatroom_http_requests_total{{route=\"{route}\",method=\"POST\",status=\"{status}\"}}")
    };
    assert_eq!((value(stack, &sends(200)).await, value(stack, &sends(422)).await), (1, 1));
    for (sample, number) in [
        (r#"chatroom_http_requests_total{route="/user/me",method="GET",status="401"}"#, 1),
        (r#"chatroom_http_requests_total{route="other",method="GET",status="404"}"#, 1),
        (r#"chatroom_http_request_seconds_count{route="/chatrooms/{chatroom_id}/message"}"#, 2),
        (r#"chatroom_connections{transport="polling"}"#, 1),
        (r#"chatroom_connections{transport="websocket"}"#, 1),
        (r#"chatroom_events_received_total{event="join_room"}"#, 1),
        (r#"chatroom_events_sent_total{event="new_message"}"#, 1),
        ("chatroom_message_persist_seconds_count", 1),
        ("chatroom_login_failures_total", 1),
        ("chatroom_upload_bytes_total", 5),
        (r#"chatroom_queue_length{queue="messages"}"#, 0),
    ] {
        assert_eq!(value(stack, sample).await, number, "{sample}");
    }
    let published = async { while value(stack, "chatroom_message_send_seconds_count").await == 0 {} };
    within("the message's being counted", published).await;
    assert!(value(stack, r#"chatroom_database_wait_seconds_count{for="write"}"#).await > 0);
}

async fn the_names_are_those_that_the_documentation_lists(stack: &Stack) {
    let live: BTreeSet<String> = stack
        .metrics()
        .await
        .iter()
        .filter_map(|line| Some(line.strip_prefix("# TYPE ")?.split(' ').next()?.to_owned()))
        .collect();
    let operating = std::fs::read_to_string(stack::root().join("docs/OPERATING.md")).unwrap();
    let listed: BTreeSet<String> = operating
        .lines()
        .filter_map(|line| Some(line.strip_prefix("| `")?.split(['`', '{']).next()?.to_owned()))
        .filter(|name| name.starts_with("chatroom_") || name.starts_with("process_"))
        .collect();
    assert_eq!(live, listed);
}

async fn a_rate_that_refuses_is_counted(stack: &Stack) {
    let (alice, _, room) = stack.pair().await;
    alice.say(&room, "一").await;
    alice.send_message(&room, &json!({ "content": "二" })).await.is(429);
    let message = json!({ "chatroom_id": room, "content": "三" });
    alice.socket().await.ask_refused("send_message", message, "rate_limited").await;
    assert_eq!((refused(stack, "rates.send").await, refused(stack, "rates.react").await), (2, 0));
}

async fn a_limit_of_bytes_that_refuses_is_counted(stack: &Stack) {
    let (alice, _, room) = stack.pair().await;
    alice.send_message(&room, &json!({ "content": "字".repeat(1000) })).await.is(413);
    let upload = async |bytes: usize| {
        alice.upload("/upload/upload-message-file", ("a.txt", "text/plain"), &vec![b'a'; bytes]).await
    };
    upload(1001).await.is(413);
    upload(1000).await.is(200);
    upload(1000).await.is(413);
    for limit in ["limits.body_max_bytes", "limits.upload_max_bytes", "limits.upload_quota_bytes"] {
        assert_eq!(refused(stack, limit).await, 1, "{limit}");
    }
}

async fn a_limit_of_connections_that_refuses_is_counted(stack: &Stack) {
    let alice = stack.person("愛麗絲").await;
    let _phone = alice.socket().await;
    let auth = Some(json!({ "token": alice.token() }));
    let options = ConnectOptions { auth, ..ConnectOptions::default() };
    Socket::try_connect(&stack.origin(), &options).await.unwrap_err();
    for _ in 0..5 {
        alice.send(alice.request(Method::GET, HANDSHAKE).header("x-forwarded-for", "192.0.2.1")).await;
    }
    assert_eq!(refused(stack, "limits.user_sockets_max").await, 1);
    assert_eq!(refused(stack, "limits.address_unauthenticated_max").await, 3);
}

async fn a_pause_after_wrong_passwords_is_counted(stack: &Stack) {
    stack.person("愛麗絲").await;
    let anon = stack.anon();
    anon.register(&json!({ "username": "小明", "password": PASSWORD })).await.is(429);
    anon.sign_in("愛麗絲", "不對的密碼").await.is(401);
    anon.sign_in("愛麗絲", "不對的密碼").await.is(429);
    assert_eq!(refused(stack, "auth.registrations_per_hour").await, 1);
    assert_eq!(refused(stack, "auth.login_failures").await, 1);
}

async fn there_are_none_unless_they_have_an_address(stack: &Stack) {
    stack.anon().get("/metrics").await.is(404);
}
