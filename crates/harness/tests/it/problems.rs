//! How the server refuses: one shape for every refusal, the same on both spellings of every path.

use harness::{Answer, Caller, Stack, on_each_database};
use reqwest::Method;
use serde_json::{Value, json};

/// Every endpoint that needs a sign-in; `{me}` and `{room}` are replaced by ids.
const SIGNED: [(&str, &str); 33] = [
    ("POST", "/auth/logout"),
    ("POST", "/auth/password"),
    ("GET", "/auth/sessions"),
    ("DELETE", "/auth/sessions/{me}"),
    ("GET", "/auth/users/me"),
    ("GET", "/user/me"),
    ("GET", "/user/{me}"),
    ("PATCH", "/user/{me}"),
    ("DELETE", "/user/{me}"),
    ("GET", "/friends"),
    ("DELETE", "/friends"),
    ("POST", "/friends/request"),
    ("DELETE", "/friends/request"),
    ("GET", "/friends/requests/pending"),
    ("GET", "/friends/requests/sent"),
    ("POST", "/friends/requests/accepted"),
    ("DELETE", "/friends/requests/reject"),
    ("GET", "/friends/search"),
    ("GET", "/chatrooms"),
    ("POST", "/chatrooms"),
    ("GET", "/chatrooms/{room}"),
    ("GET", "/chatrooms/{room}/messages"),
    ("POST", "/chatrooms/{room}/messages"),
    ("POST", "/chatrooms/{room}/message"),
    ("PATCH", "/chatrooms/{room}/messages/1"),
    ("DELETE", "/chatrooms/{room}/messages/1"),
    ("GET", "/chatrooms/{room}/messages/1/history"),
    ("PUT", "/chatrooms/{room}/messages/1/reactions/👍"),
    ("DELETE", "/chatrooms/{room}/messages/1/reactions/👍"),
    ("POST", "/chatrooms/{room}/read"),
    ("POST", "/upload/upload-avatar"),
    ("POST", "/upload/upload-message-file"),
    ("GET", "/static/message/x.png"),
];

async fn call(caller: &Caller, method: &str, path: &str) -> Answer {
    caller.send(caller.request(method.parse().unwrap(), path)).await
}

on_each_database! {
    who_has_not_signed_in_learns_that_first,
    unknown_paths_are_not_found,
    a_method_that_a_path_does_not_know_is_answered_with_those_it_does,
    the_root_answers_who_asks,
    every_answer_is_named_and_protected,
    a_body_that_cannot_be_read_is_refused_everywhere,
    a_body_may_come_under_another_name,
    a_path_that_is_no_text_is_not_found,
    errors_are_listed_up_to_twenty,
}

async fn who_has_not_signed_in_learns_that_first(stack: &Stack) {
    let (alice, _, room) = stack.pair().await;
    let (anon, stale) = (stack.anon(), stack.anon().with_token("x.y.z"));
    for (method, path) in SIGNED {
        let path = path.replace("{me}", &alice.id.to_string()).replace("{room}", &room);
        // Unknown ids and nonsense are no way to learn more.
        let nowhere = path.replace(&room, "abc").replace(&format!("/user/{}", alice.id), "/user/abc");
        for path in [path.clone(), format!("{path}/"), nowhere] {
            call(&anon, method, &path).await.unauthorized("Not authenticated");
            call(&stale, method, &path).await.unauthorized("Could not validate credentials");
        }
    }
    for (path, body) in
        [("/chatrooms/", "{"), ("/friends/request", "[[["), ("/chatrooms/abc/message", "\u{0}")]
    {
        anon.post_raw(path, "application/json", body).await.unauthorized("Not authenticated");
    }
    alice.get("/user/me").await.is(200);
}

async fn unknown_paths_are_not_found(stack: &Stack) {
    let alice = stack.person("愛麗絲").await;
    for path in [
        "/nothing",
        "/auth",
        "/auth/",
        "/user",
        "/upload/",
        "/friends/nothing",
        "/chatrooms/a/b/c",
        "//",
        "/%E6%88%BF",
        "/api/v1/user/me",
        "/USER/ME",
    ] {
        for method in ["GET", "POST", "DELETE", "PATCH"] {
            call(&alice, method, path).await.refused(404, "not_found", "Not Found");
            call(&stack.anon(), method, path).await.refused(404, "not_found", "Not Found");
        }
    }
}

async fn a_method_that_a_path_does_not_know_is_answered_with_those_it_does(stack: &Stack) {
    let alice = stack.person("愛麗絲").await;
    for (method, path, allowed) in [
        ("GET", "/auth/register", "POST"),
        ("PUT", "/auth/token", "POST"),
        ("GET", "/auth/logout/", "POST"),
        ("POST", "/user/me", "GET"),
        ("PUT", "/user/5", "GET, PATCH, DELETE"),
        ("POST", "/friends/", "GET, DELETE"),
        ("GET", "/friends/request", "POST, DELETE"),
        ("DELETE", "/chatrooms/", "GET, POST"),
        ("GET", "/chatrooms/x/messages/1", "PATCH, DELETE"),
        ("POST", "/chatrooms/x/messages/1/history/", "GET"),
        ("GET", "/chatrooms/x/messages/1/reactions/👍", "PUT, DELETE"),
        ("GET", "/upload/upload-avatar", "POST"),
        ("TRACE", "/user/me", "GET"),
    ] {
        let answer = call(&alice, method, path).await;
        answer.refused(405, "method_not_allowed", "Method Not Allowed");
        let mut given: Vec<&str> = answer.header("allow").split(',').map(str::trim).collect();
        let mut wanted: Vec<&str> = allowed.split(", ").collect();
        given.sort_unstable();
        wanted.sort_unstable();
        assert_eq!(given, wanted, "{answer}");
    }
}

async fn the_root_answers_who_asks(stack: &Stack) {
    let anon = stack.anon();
    let body = anon.get("/").await.ok();
    assert_eq!(body["name"], "chatroom");
    assert!(body["version"].is_string(), "{body}");
    let page = anon.send(anon.request(Method::GET, "/").header("accept", "text/html")).await;
    assert!(page.header("content-type").starts_with("text/html"), "{page}");
    assert!(page.header("content-security-policy").contains("default-src 'none'"));
    for path in ["/livez", "/readyz"] {
        anon.get(path).await.is(200);
    }
}

async fn every_answer_is_named_and_protected(stack: &Stack) {
    let alice = stack.person("愛麗絲").await;
    let mut ids = Vec::new();
    for answer in [
        alice.get("/user/me").await,
        alice.get("/nothing").await,
        alice.post("/user/me").await,
        stack.anon().get("/user/me").await,
        alice.post_json("/chatrooms/", &json!({})).await,
        alice.delete("/friends/?friend_id=1").await,
    ] {
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{answer}");
        assert_eq!(answer.header("cache-control"), "no-store", "{answer}");
        assert!(!answer.headers.contains_key("server"), "{answer}");
        if answer.status != 204 {
            assert!(answer.header("content-type").starts_with("application/json"), "{answer}");
        }
        ids.push(answer.header("x-request-id").to_owned());
    }
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 6);
}

async fn a_body_that_cannot_be_read_is_refused_everywhere(stack: &Stack) {
    let (alice, _, room) = stack.pair().await;
    let paths = [
        "/auth/register".to_owned(),
        "/auth/token".into(),
        "/chatrooms/".into(),
        format!("/chatrooms/{room}/message"),
        format!("/chatrooms/{room}/read"),
        "/auth/refresh".into(),
    ];
    let deep = "[".repeat(100_000) + &"]".repeat(100_000);
    let deep_object = r#"{"content":"#.repeat(10_000) + "1" + &"}".repeat(10_000);
    let broken: [&[u8]; 8] = [
        b"{",
        b"{\"content\": \"\xff\xfe\"}",
        b"\xef\xbb\xbf\xff",
        b"nul",
        b"{\"a\":1}}",
        b"{\"content\":\"\\ud800\"}",
        deep.as_bytes(),
        deep_object.as_bytes(),
    ];
    for path in &paths {
        for body in broken {
            let answer = alice.post_raw(path, "application/json", body.to_vec()).await;
            let found = answer.is(422).json();
            assert_eq!(
                (&found["code"], &found["detail"][0]["type"]),
                (&json!("validation"), &json!("json_invalid")),
                "{answer}"
            );
        }
        alice.post_raw(path, "application/xml", "<a/>").await.is(415);
        let huge = format!("{{\"content\":\"{}\"}}", "長".repeat(1_000_000));
        assert_eq!(alice.post_raw(path, "application/json", huge).await.is(413).json()["code"], "too_large");
    }
    for path in ["message", "messages", "read", "delivered", "typing"] {
        let nowhere = alice.post_raw(&format!("/chatrooms/nowhere/{path}"), "application/json", "{").await;
        nowhere.refused(404, "not_found", "Chatroom not found");
    }
    alice.say(&room, "還活著").await;
}

async fn a_body_may_come_under_another_name(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let path = format!("/chatrooms/{room}/message");
    for kind in
        ["application/json; charset=utf-8", "APPLICATION/JSON", "text/plain", "application/vnd.api+json"]
    {
        alice.post_raw(&path, kind, "{\"content\":\"你好\"}").await.is(200);
    }
    alice.post_form(&path, &[("content", "表單")]).await.is(200);
    let request = alice.request(Method::POST, &path).body("{\"content\":\"沒說是什麼\"}");
    alice.send(request).await.is(200);
    assert_eq!(ming.texts(&room).await.len(), 6);
    // No body is no body, whatever its type: aiohttp gives it one.
    for kind in ["application/octet-stream", "application/xml", "application/x-www-form-urlencoded"] {
        ming.post_raw(&format!("/chatrooms/{room}/read"), kind, "").await.is(200);
    }
}

async fn a_path_that_is_no_text_is_not_found(stack: &Stack) {
    let alice = stack.person("愛麗絲").await;
    for path in [
        "/user/%ff",
        "/chatrooms/%ff%fe",
        "/chatrooms/%C3%28/messages",
        "/static/avatars/%ff.png",
        "/%ff",
        "/static/%ff",
    ] {
        let answer = alice.get(path).await;
        assert!(matches!(answer.status, 400 | 403 | 404 | 422), "{answer}");
        assert!(answer.json()["detail"] != Value::Null, "{answer}");
    }
    for query in
        ["/friends/search?email=%ff", "/chatrooms/abc/messages?limit=%ff", "/friends/request?friend_id=%ff"]
    {
        let answer = alice.get(query).await;
        assert!((400..500).contains(&answer.status), "{answer}");
    }
}

async fn errors_are_listed_up_to_twenty(stack: &Stack) {
    let alice = stack.person("愛麗絲").await;
    for (wrong, listed) in [(20, 20), (21, 20), (30_000, 20)] {
        let body = json!({ "members_id": vec!["x"; wrong] });
        let answer = alice.post_json("/chatrooms", &body).await;
        let errors = answer.is(422).json()["detail"].as_array().unwrap().clone();
        let (first, last) = errors.split_at(listed);
        assert!(first.iter().all(|error| error["loc"][1] == "members_id"), "{answer}");
        let more = (wrong > listed).then(|| {
            json!({ "type": "too_many_errors", "loc": ["body"], "msg": "There are more errors", "input": null })
        });
        assert_eq!(last, more.into_iter().collect::<Vec<_>>());
    }
}
