//! Tokens of programs: made, used with their scopes alone, listed and revoked.

use harness::people::{list, text};
use harness::socket::{ConnectError, ConnectOptions};
use harness::{Caller, Person, Socket, Stack, on_each_database};
use reqwest::Method;
use serde_json::{Value, json};

on_each_database! {
    a_token_acts_for_its_user_within_its_scopes,
    each_endpoint_asks_for_its_scopes,
    a_socket_takes_a_token_within_its_scopes,
    a_revoked_token_is_dead_at_once,
    a_token_ends_when_it_says,
    a_token_is_no_session,
    tokens_are_listed_to_their_user_alone,
    what_is_no_token_to_be_is_refused,
    a_user_has_so_many_tokens,
}

async fn token(person: &Person, scopes: &[&str]) -> (Caller, String) {
    let body = json!({ "name": "程式", "scopes": scopes });
    let made = person.post_json("/user/me/tokens", &body).await.is(201).json();
    let secret = text(&made["token"]);
    assert!(secret.starts_with("chat_pat_") && secret.len() == 9 + 43, "{secret}");
    (person.with_token(&secret), text(&made["token_id"]))
}

fn assert_out_of_scope(answer: &harness::Answer) {
    answer.refused(403, "insufficient_scope", "The token does not have the scopes for this");
}

async fn a_token_acts_for_its_user_within_its_scopes(stack: &Stack) {
    let (alice, _, room) = stack.pair().await;
    let (reader, _) = token(&alice, &["messages:read", "rooms:read"]).await;
    let (writer, _) = token(&alice, &["messages:write"]).await;
    let path = format!("/chatrooms/{room}/messages");
    writer.post_json(&path, &json!({ "content": "機器人說的" })).await.ok();
    assert_out_of_scope(&writer.get(&path).await);
    let said = reader.get(&path).await.ok();
    assert_eq!((&said[0]["content"], &said[0]["sender_id"]), (&json!("機器人說的"), &json!(alice.id)));
    assert_out_of_scope(&reader.post_json(&path, &json!({ "content": "不行" })).await);
    reader.get("/chatrooms").await.ok();
    assert_out_of_scope(&reader.get("/friends").await);
    assert_out_of_scope(&reader.get("/sync").await);
}

/// Makes a path of one of the document.
fn filled(path: &str) -> String {
    let parts = path.split('/').map(|part| if part.starts_with('{') { "1" } else { part });
    parts.collect::<Vec<_>>().join("/")
}

async fn each_endpoint_asks_for_its_scopes(stack: &Stack) {
    let alice = stack.person("愛麗絲").await;
    let all = [
        "messages:read",
        "messages:write",
        "rooms:read",
        "rooms:write",
        "friends:read",
        "friends:write",
        "profile:read",
        "files:read",
        "files:write",
    ];
    let (every, _) = token(&alice, &all).await;
    let document = gateway::openapi::document();
    let (mut asked, mut closed) = (0, 0);
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let Some(needed) = operation["security"][0]["bearer"].as_array() else { continue };
            let needed: Vec<&str> = needed.iter().map(|scope| scope.as_str().unwrap()).collect();
            let method: Method = method.to_uppercase().parse().unwrap();
            let call =
                async |caller: &Caller| caller.send(caller.request(method.clone(), &filled(path))).await;
            assert!(!needed.is_empty(), "{method} {path}");
            if needed == ["account"] {
                assert_out_of_scope(&call(&every).await);
                closed += 1;
                continue;
            }
            let others: Vec<&str> = all.iter().copied().filter(|scope| *scope != needed[0]).collect();
            let (without, _) = token(&alice, &others).await;
            assert_out_of_scope(&call(&without).await);
            let (with, id) = token(&alice, &needed).await;
            let answer = call(&with).await;
            assert!(!answer.text().contains("insufficient_scope"), "{answer}");
            for id in [id, text(&list(&alice.get("/user/me/tokens").await.ok())[1]["token_id"])] {
                alice.delete(&format!("/user/me/tokens/{id}")).await.is(204);
            }
            asked += 1;
        }
    }
    assert!(asked > 30 && closed > 8, "{asked} {closed}");
}

async fn a_socket_takes_a_token_within_its_scopes(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let connect = async |token: &str| {
        let options = ConnectOptions { auth: Some(json!({ "token": token })), ..ConnectOptions::default() };
        Socket::try_connect(&stack.origin(), &options).await
    };
    let (few, _) = token(&alice, &["messages:read"]).await;
    let refused = connect(few.token()).await.unwrap_err();
    let ConnectError::Connect(error) = refused else { panic!("{refused:?}") };
    assert_eq!(error["data"]["code"], "insufficient_scope");
    let (events, id) = token(&alice, &["messages:read", "rooms:read", "friends:read"]).await;
    let socket = connect(events.token()).await.unwrap();
    ming.say(&room, "給機器人").await;
    let got = socket.first("new_message").await;
    assert_eq!(got["message"]["content"], "給機器人");
    let message = json!({ "chatroom_id": room, "content": "不行" });
    socket.ask_refused("send_message", message, "insufficient_scope").await;
    socket.ask_ok("sync", json!({})).await;
    alice.delete(&format!("/user/me/tokens/{id}")).await.is(204);
    socket.closed().await;
}

async fn a_revoked_token_is_dead_at_once(stack: &Stack) {
    let (alice, ming) = stack.friends().await;
    let (program, id) = token(&alice, &["profile:read"]).await;
    program.get("/user/me").await.ok();
    let path = format!("/user/me/tokens/{id}");
    ming.delete(&path).await.refused(404, "not_found", "Token not found");
    program.get("/user/me").await.ok();
    alice.delete(&path).await.is(204);
    program.get("/user/me").await.is(401);
    alice.delete(&path).await.is(404);
    assert_eq!(alice.get("/user/me/tokens").await.ok(), json!([]));
    let (program, _) = token(&alice, &["profile:read"]).await;
    alice.delete_account(harness::people::PASSWORD).await.is(204);
    program.get("/user/me").await.is(401);
}

async fn a_token_ends_when_it_says(stack: &Stack) {
    let alice = stack.person("愛麗絲").await;
    let start = stack.clock().now();
    stack.clock().set(start);
    let after =
        |seconds: i64| domain::time::Time::parse(&(start.unix_seconds() + seconds).to_string()).unwrap();
    let body = |end: i64| json!({ "name": "程式", "scopes": ["profile:read"], "expires_at": after(end) });
    alice.post_json("/user/me/tokens", &body(-1)).await.is(422);
    let made = alice.post_json("/user/me/tokens", &body(60)).await.is(201).json();
    let program = alice.with_token(&text(&made["token"]));
    assert_eq!(made["expires_at"], json!(after(60)));
    stack.clock().set(after(59));
    program.get("/user/me").await.ok();
    stack.clock().set(after(60));
    program.get("/user/me").await.is(401);
}

async fn a_token_is_no_session(stack: &Stack) {
    let alice = stack.person("愛麗絲").await;
    let (program, _) = token(&alice, &["profile:read"]).await;
    assert_eq!(list(&alice.get("/auth/sessions").await.ok()).len(), 1);
    let secret = program.token().trim_start_matches("chat_pat_").to_owned();
    for shown in [secret.as_str(), program.token()] {
        stack.anon().post_json("/auth/refresh", &json!({ "refresh_token": shown })).await.is(401);
    }
    let (name, _) = alice.cookie.split_once('=').unwrap();
    let anon = stack.anon();
    anon.send(anon.request(Method::GET, "/user/me").header("cookie", format!("{name}={secret}")))
        .await
        .is(401);
    stack.anon().with_token(&secret).get("/user/me").await.is(401);
    stack.anon().with_token(&format!("{}x", program.token())).get("/user/me").await.is(401);
    program.get("/user/me").await.ok();
}

async fn tokens_are_listed_to_their_user_alone(stack: &Stack) {
    let (alice, ming) = stack.friends().await;
    let (_, id) = token(&alice, &["messages:write", "files:read"]).await;
    let listed = alice.get("/user/me/tokens").await.ok();
    assert_eq!(listed[0]["token_id"], json!(id));
    assert_eq!(listed[0]["scopes"], json!(["messages:write", "files:read"]));
    assert_eq!((&listed[0]["expires_at"], &listed[0]["token"]), (&Value::Null, &Value::Null));
    assert_eq!(ming.get("/user/me/tokens").await.ok(), json!([]));
    stack.anon().get("/user/me/tokens").await.is(401);
    stack.anon().delete(&format!("/user/me/tokens/{id}")).await.is(401);
    stack
        .anon()
        .post_json("/user/me/tokens", &json!({ "name": "程式", "scopes": ["files:read"] }))
        .await
        .is(401);
}

async fn what_is_no_token_to_be_is_refused(stack: &Stack) {
    let alice = stack.person("愛麗絲").await;
    for body in [
        json!({}),
        json!({ "name": "程式" }),
        json!({ "name": "程式", "scopes": [] }),
        json!({ "name": "程式", "scopes": ["account"] }),
        json!({ "name": "程式", "scopes": ["messages:read", "everything"] }),
        json!({ "name": "程式", "scopes": "messages:read" }),
        json!({ "name": "字".repeat(33), "scopes": ["messages:read"] }),
        json!({ "name": "程式", "scopes": ["messages:read"], "expires_at": "明天" }),
    ] {
        alice.post_json("/user/me/tokens", &body).await.is(422);
    }
    alice.delete("/user/me/tokens/1").await.is(404);
    assert_eq!(alice.get("/user/me/tokens").await.ok(), json!([]));
}

async fn a_user_has_so_many_tokens(stack: &Stack) {
    let alice = stack.person("愛麗絲").await;
    for _ in 0..50 {
        token(&alice, &["profile:read"]).await;
    }
    let body = json!({ "name": "程式", "scopes": ["profile:read"] });
    let most = "A user can have at most 50 tokens";
    alice.post_json("/user/me/tokens", &body).await.refused(400, "too_many_tokens", most);
    let first = text(&list(&alice.get("/user/me/tokens").await.ok())[0]["token_id"]);
    alice.delete(&format!("/user/me/tokens/{first}")).await.is(204);
    token(&alice, &["profile:read"]).await;
}
