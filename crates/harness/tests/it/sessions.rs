//! Sign-ins: how they are renewed, and how they end everywhere at once.

use domain::time::Time;
use harness::people::{PASSWORD, Person, cookie, list, text};
use harness::{Answer, Stack, on_each_database};
use reqwest::Method;
use serde_json::json;

/// In seconds.
const DAY: i64 = 24 * 60 * 60;

/// Asks for a new token as a page of `origin` would, with this cookie.
pub(crate) async fn refresh(stack: &Stack, cookie: &str, origin: Option<&str>) -> Answer {
    let anon = stack.anon();
    let mut request = anon.request(Method::POST, "/auth/refresh").header("cookie", cookie);
    if let Some(origin) = origin {
        request = request.header("origin", origin);
    }
    anon.send(request).await
}

/// A page of the server's own, with the cookie of this sign-in and nothing else.
async fn page(person: &Person, method: Method, path: &str, origin: Option<&str>) -> Answer {
    let anon = harness::Caller::new(person.origin().to_owned());
    let mut request = anon.request(method, path).header("cookie", &person.cookie);
    if let Some(origin) = origin {
        request = request.header("origin", origin);
    }
    anon.send(request).await
}

/// The time this long after another, in whole seconds.
pub(crate) fn seconds_after(time: Time, seconds: i64) -> Time {
    Time::parse(&(time.unix_seconds() + seconds).to_string()).unwrap()
}

/// Checks that a token counts no more.
pub(crate) async fn assert_dead(caller: &harness::Caller) {
    caller.get("/user/me").await.unauthorized("Could not validate credentials");
}

on_each_database! {
    refreshing_changes_the_cookie_and_answers_a_new_token,
    a_repeated_refresh_gets_the_same_successor,
    a_spent_secret_of_any_age_ends_the_session,
    a_session_ends_on_its_last_day_however_much_it_is_used,
    a_cookie_refreshes_only_from_our_own_pages,
    a_client_without_cookies_refreshes_by_body,
    a_cookie_alone_may_look_but_not_touch,
    a_page_that_a_link_elsewhere_opens_is_not_received,
    logging_out_ends_the_token_and_the_socket_of_this_device_only,
    a_dead_token_opens_no_socket,
    logging_out_everywhere_ends_them_all,
    what_was_asked_before_a_logout_is_refused_or_done_but_never_after_it,
    a_body_of_logout_may_be_anything_harmless,
    sessions_are_listed_to_their_user_alone,
    one_of_ones_sessions_is_ended_and_no_one_elses,
}

async fn refreshing_changes_the_cookie_and_answers_a_new_token(stack: &Stack) {
    let alice = stack.person("愛麗絲").await;
    let answer = refresh(stack, &alice.cookie, Some(&stack.origin())).await;
    let body = answer.ok();
    assert_eq!((&body["token_type"], &body["expires_in"]), (&json!("bearer"), &json!(7200)));
    assert_ne!(cookie(&answer), alice.cookie);
    let line = answer.cookies().remove(0).to_lowercase();
    assert!(line.contains("httponly") && line.contains("samesite=lax"), "{line}");
    let renewed = alice.with_new_token(&text(&body["access_token"]));
    assert_eq!(renewed.get("/user/me").await.ok()["user_id"], alice.id);
    // The session is the same one, so its earlier token is still valid.
    alice.get("/user/me").await.is(200);
    refresh(stack, &cookie(&answer), Some(&stack.origin())).await.is(200);
}

async fn a_repeated_refresh_gets_the_same_successor(stack: &Stack) {
    let alice = stack.person("愛麗絲").await;
    let origin = stack.origin();
    let tabs = (0..6).map(|_| refresh(stack, &alice.cookie, Some(&origin)));
    let answers = futures_util::future::join_all(tabs).await;
    for answer in &answers {
        answer.ok();
        assert_eq!(cookie(answer), cookie(&answers[0]));
    }
    refresh(stack, &cookie(&answers[0]), Some(&origin)).await.is(200);
}

async fn a_spent_secret_of_any_age_ends_the_session(stack: &Stack) {
    let origin = stack.origin();
    for exchanges in [2, 5] {
        let alice = Person::join(&stack.anon(), &format!("愛麗絲{exchanges}")).await;
        let (other, socket) = (alice.elsewhere().await, alice.socket().await);
        let mut newest = alice.cookie.clone();
        for _ in 0..exchanges {
            let answer = refresh(stack, &newest, Some(&origin)).await;
            answer.is(200);
            newest = cookie(&answer);
        }
        refresh(stack, &alice.cookie, Some(&origin)).await.unauthorized("Could not validate credentials");
        socket.closed().await;
        assert_dead(&alice).await;
        refresh(stack, &newest, Some(&origin)).await.is(401);
        other.get("/user/me").await.is(200);
    }
}

async fn a_session_ends_on_its_last_day_however_much_it_is_used(stack: &Stack) {
    let alice = stack.person("愛麗絲").await;
    let unused = alice.elsewhere().await;
    let start = Time::parse(&text(&alice.get("/user/me").await.ok()["created_at"])).unwrap();
    let origin = stack.origin();
    let mut newest = alice.cookie.clone();
    for day in [29, 58, 87, 116, 145, 174] {
        stack.clock().set(seconds_after(start, day * DAY));
        let answer = refresh(stack, &newest, Some(&origin)).await;
        answer.is(200);
        newest = cookie(&answer);
    }
    alice.get("/user/me").await.is(200);
    refresh(stack, &unused.cookie, Some(&origin)).await.is(401);
    stack.clock().set(seconds_after(start, 181 * DAY));
    refresh(stack, &newest, Some(&origin)).await.is(401);
}

async fn a_cookie_refreshes_only_from_our_own_pages(stack: &Stack) {
    let alice = stack.person("愛麗絲").await;
    for origin in [None, Some("https://evil.example"), Some("null"), Some("http://127.0.0.1:1")] {
        let answer = refresh(stack, &alice.cookie, origin).await;
        answer.is(401);
        assert!(answer.cookies().is_empty(), "{answer}");
    }
    let own = Some(stack.origin());
    for cookie in ["", "chatroom_session=", "chatroom_session=x", "other=1"] {
        refresh(stack, cookie, own.as_deref()).await.is(401);
    }
    stack.anon().post("/auth/refresh").await.is(401);
    refresh(stack, &alice.cookie, own.as_deref()).await.is(200);
}

async fn a_client_without_cookies_refreshes_by_body(stack: &Stack) {
    let alice = stack.person("愛麗絲").await;
    let secret = alice.cookie.split_once('=').unwrap().1;
    let answer = stack.anon().post_json("/auth/refresh", &json!({ "refresh_token": secret })).await;
    let token = text(&answer.ok()["access_token"]);
    stack.anon().with_token(&token).get("/user/me").await.is(200);
    for wrong in [json!({ "refresh_token": "x" }), json!({ "refresh_token": alice.token() })] {
        stack.anon().post_json("/auth/refresh", &wrong).await.is(401);
    }
    let answer = stack.anon().post_json("/auth/refresh", &json!({ "refresh_token": 7 })).await;
    assert!((400..500).contains(&answer.status), "{answer}");
}

async fn a_cookie_alone_may_look_but_not_touch(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let own = Some(stack.origin());
    assert_eq!(page(&alice, Method::GET, "/user/me", None).await.ok()["user_id"], alice.id);
    let path = format!("/chatrooms/{room}/read");
    for origin in [None, Some("https://evil.example"), Some("null")] {
        page(&alice, Method::POST, &path, origin).await.is(401);
        page(&alice, Method::DELETE, &format!("/friends/?friend_id={}", ming.id), origin).await.is(401);
    }
    assert_eq!(alice.people("/friends/").await, [ming.id]);
    page(&alice, Method::POST, &path, own.as_deref()).await.is(200);
}

async fn a_page_that_a_link_elsewhere_opens_is_not_received(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    alice.say(&room, "你好").await;
    let path = format!("/chatrooms/{room}/messages");
    let status = async || alice.read_page(&room, "limit=1").await[0]["read_status"].clone();
    let open = async |site: Option<&str>| {
        let mut request = stack.anon().request(Method::GET, &path).header("cookie", &ming.cookie);
        if let Some(site) = site {
            request = request.header("sec-fetch-site", site);
        }
        stack.anon().send(request).await.ok()[0]["read_status"].clone()
    };
    for site in [None, Some("cross-site"), Some("same-site"), Some("none")] {
        assert_eq!(open(site).await, "unread", "{site:?}");
        assert_eq!(status().await, "unread", "{site:?}");
    }
    assert_eq!(open(Some("same-origin")).await, "delivered");
    assert_eq!(status().await, "delivered");
}

async fn logging_out_ends_the_token_and_the_socket_of_this_device_only(stack: &Stack) {
    let alice = stack.person("愛麗絲").await;
    let phone = alice.elsewhere().await;
    let (here, there) = (alice.socket().await, phone.socket().await);
    let answer = alice.post("/auth/logout").await;
    assert_eq!(answer.ok()["msg"], "Successfully logged out");
    let line = answer.cookies().into_iter().find(|line| line.starts_with("chatroom_session_")).unwrap();
    assert!(line.contains("Max-Age=0") || line.contains("1970"), "the cookie is taken back: {line}");
    assert_dead(&alice).await;
    here.closed().await;
    assert_eq!(here.received_of("session_revoked"), [json!({})], "sent before it was closed");
    refresh(stack, &alice.cookie, Some(&stack.origin())).await.is(401);
    alice.post("/auth/logout").await.unauthorized("Could not validate credentials");
    phone.get("/user/me").await.is(200);
    there.ask_ok("set_user_id", json!(alice.id)).await;
}

async fn a_dead_token_opens_no_socket(stack: &Stack) {
    let alice = stack.person("愛麗絲").await;
    alice.post("/auth/logout/").await.is(200);
    let options = harness::socket::ConnectOptions::of_the_seed(alice.token());
    let refused = harness::Socket::try_connect(&stack.origin(), &options).await.unwrap_err();
    let error = json!({ "message": "Not authenticated", "data": { "code": "unauthorized" } });
    assert_eq!(refused, harness::socket::ConnectError::Connect(error));
}

async fn logging_out_everywhere_ends_them_all(stack: &Stack) {
    let (alice, ming) = stack.friends().await;
    let devices = [alice.elsewhere().await, alice.elsewhere().await];
    let sockets = [alice.socket().await, devices[0].socket().await, devices[1].socket().await];
    let bystander = ming.socket().await;
    alice.post_json("/auth/logout", &json!({ "all": true })).await.is(200);
    for socket in &sockets {
        socket.closed().await;
        assert_eq!(socket.received_of("session_revoked").len(), 1);
    }
    assert_dead(&alice).await;
    for device in &devices {
        assert_dead(device).await;
        refresh(stack, &device.cookie, Some(&stack.origin())).await.is(401);
    }
    bystander.ask_ok("set_user_id", json!(ming.id)).await;
    alice.elsewhere().await.get("/user/me").await.is(200);
}

async fn what_was_asked_before_a_logout_is_refused_or_done_but_never_after_it(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let socket = alice.socket().await;
    let first = socket.say(&room, "登出之前").await;
    alice.post("/auth/logout").await.is(200);
    // Whether the connection is closed already or not, nothing more is taken.
    socket.emit("send_message", json!({ "chatroom_id": room, "content": "登出之後" }));
    socket.closed().await;
    ming.say(&room, "標記").await;
    assert_eq!(ming.texts(&room).await, ["登出之前", "標記"]);
    assert_eq!(first["seq"], 1);
}

async fn a_body_of_logout_may_be_anything_harmless(stack: &Stack) {
    for body in [json!({}), json!({ "all": false })] {
        let person = stack.anon();
        let name = format!("人{}", body.to_string().len());
        let person = Person::join(&person, &name).await;
        let other = person.elsewhere().await;
        person.post_json("/auth/logout", &body).await.is(200);
        assert_dead(&person).await;
        other.get("/user/me").await.is(200);
    }
    let person = stack.person("最後").await;
    let answer = person.post_json("/auth/logout", &json!({ "all": "maybe" })).await;
    answer.invalid(&[("body.all", "bool_type")]);
    person.get("/user/me").await.is(200);
    stack.anon().sign_in("最後", PASSWORD).await.is(200);
}

async fn sessions_are_listed_to_their_user_alone(stack: &Stack) {
    let (alice, ming) = (stack.person("愛麗絲").await, stack.person("小明").await);
    let anon = stack.anon();
    let form = [("username", "愛麗絲"), ("password", PASSWORD)];
    let phone = anon.request(Method::POST, "/auth/token").header("user-agent", "手機").form(&form);
    let token = text(&anon.send(phone).await.ok()["access_token"]);
    let phone = alice.with_new_token(&token);
    let gone = alice.elsewhere().await;
    gone.post("/auth/logout").await.is(200);

    let seen = list(&alice.get("/auth/sessions").await.ok());
    assert_eq!(seen.len(), 2, "the ended one is not among them: {seen:?}");
    assert_eq!((&seen[0]["user_agent"], &seen[0]["current"]), (&json!("手機"), &json!(false)));
    assert_eq!(seen[1]["current"], true);
    let by_phone = list(&phone.get("/auth/sessions/").await.ok());
    assert_eq!((&by_phone[0]["current"], &by_phone[1]["current"]), (&json!(true), &json!(false)));

    refresh(stack, &alice.cookie, Some(&stack.origin())).await.is(200);
    let after = list(&alice.get("/auth/sessions").await.ok());
    assert_eq!(after[0]["session_id"], seen[1]["session_id"], "the last used is the first");
    assert!(text(&after[0]["last_used_at"]) > text(&after[0]["created_at"]));
    assert_eq!(list(&ming.get("/auth/sessions").await.ok()).len(), 1);
}

async fn one_of_ones_sessions_is_ended_and_no_one_elses(stack: &Stack) {
    let (alice, ming) = (stack.person("愛麗絲").await, stack.person("小明").await);
    let phone = alice.elsewhere().await;
    let sessions = list(&phone.get("/auth/sessions").await.ok());
    let own = sessions.iter().find(|session| session["current"] == true).unwrap();
    let path = format!("/auth/sessions/{}", text(&own["session_id"]));
    ming.delete(&path).await.refused(404, "not_found", "Session not found");
    let socket = phone.socket().await;
    alice.delete(&path).await.is(204);
    socket.closed().await;
    assert_eq!(socket.received_of("session_revoked").len(), 1);
    assert_dead(&phone).await;
    refresh(stack, &phone.cookie, Some(&stack.origin())).await.is(401);
    for gone in [path.as_str(), "/auth/sessions/abc", "/auth/sessions/0190f5c2-7b3a-7000-8000-0123456789ab"] {
        alice.delete(gone).await.refused(404, "not_found", "Session not found");
    }
    alice.get("/user/me").await.is(200);
}
