//! The OpenAPI document: that it is whole. Every answer of every test is checked against it (`harness::openapi`).

use std::collections::BTreeSet;

use harness::{Stack, on_each_database};
use reqwest::Method;
use serde_json::{Value, json};

use crate::documents::{assert_kept_and_shown, whole};

fn document() -> Value {
    gateway::openapi::document()
}

fn fields(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

#[test]
fn the_document_is_kept_in_docs_and_shown_by_the_program() {
    assert_kept_and_shown("openapi", &gateway::openapi::text());
}

#[test]
fn the_document_is_whole() {
    let document = document();
    assert_eq!(document["openapi"], "3.1.0");
    let all = whole(&document);
    for part in ["schemas", "responses"] {
        for (name, _) in fields(&document["components"][part]) {
            assert!(name.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{name}");
            assert!(all.contains(&format!("#/components/{part}/{name}").as_str()), "{name} is for nothing");
        }
    }
    for (name, schema) in fields(&document["components"]["schemas"]) {
        jsonschema::draft202012::meta::validate(schema).unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}

#[test]
fn every_operation_is_described() {
    let document = document();
    for (path, operations) in fields(&document["paths"]) {
        for (method, operation) in fields(operations) {
            let at = format!("{method} {path}");
            assert!(operation["summary"].as_str().is_some_and(|text| text.ends_with('.')), "{at}");
            let responses: Vec<&String> = fields(&operation["responses"]).map(|(status, _)| status).collect();
            assert!(responses.iter().any(|status| status.starts_with('2')), "{at}");
            assert_eq!(
                operation["security"].is_array(),
                responses.iter().any(|status| *status == "401")
                    && !path.starts_with("/auth/token")
                    && path != "/auth/refresh",
                "{at}"
            );
            let named: BTreeSet<&str> = path.split(['{', '}']).skip(1).step_by(2).collect();
            let given = operation["parameters"].as_array().into_iter().flatten();
            let given = given.filter(|parameter| parameter["in"] == "path");
            let given: BTreeSet<&str> = given.filter_map(|parameter| parameter["name"].as_str()).collect();
            assert_eq!(named, given, "{at}");
        }
    }
}

on_each_database! {
    answers_repeat_little_of_the_input_and_no_secret,
    the_documents_are_shown_without_asking_anybody_else,
}

async fn answers_repeat_little_of_the_input_and_no_secret(stack: &Stack) {
    let (alice, _, room) = stack.pair().await;
    let socket = alice.socket().await;
    let path = format!("/user/{}", alice.id);
    for (given, shown) in [
        ("長".repeat(200), "長".repeat(200)),
        ("長".repeat(201), "長".repeat(199) + "…"),
        ("長".repeat(60_000), "長".repeat(199) + "…"),
    ] {
        let answer = alice.patch(&path, &json!({ "nickname": given })).await;
        assert_eq!(answer.invalid(&[("body.nickname", "string_too_long")])[0]["input"], shown);
        let event = json!({ "chatroom_id": room, "content": "好", "client_msg_id": given });
        let refused = socket.ask_refused_any("send_message", event).await;
        assert_eq!(refused["detail"][0]["input"], shown);
    }
    let all = json!({ "password": "這是密碼喔別說出去", "refresh_token": "t".repeat(300), "more": "長".repeat(9_000) });
    let answer = stack.anon().register(&all).await;
    let input = &answer.invalid(&[("body.username", "missing")])[0]["input"];
    assert_eq!(input.as_str().unwrap().chars().count(), 200, "{input}");
    let short = json!({ "password": "這是密碼喔別說出去", "email": "a@b" });
    let answer = stack.anon().register(&short).await;
    let stars = json!({ "password": "**********", "email": "a@b" });
    assert_eq!(answer.invalid(&[("body.username", "missing")])[0]["input"], stars);
    for secret in [json!("短"), json!("秘".repeat(129)), json!(["秘密"]), json!({ "秘": "密" })] {
        let answer = stack.anon().register(&json!({ "username": "某人", "password": secret })).await;
        assert!(!answer.is(422).text().contains(['短', '秘']), "{answer}");
    }
    let answer = stack.anon().post_json("/auth/refresh", &json!({ "refresh_token": ["秘密"] })).await;
    assert!(!answer.is(422).text().contains('秘'), "{answer}");
    let answer = stack.anon().post_form("/auth/token", &[("password", "秘密"), ("token", "秘密")]).await;
    assert!(!answer.is(422).text().contains('秘'), "{answer}");
}

async fn the_documents_are_shown_without_asking_anybody_else(stack: &Stack) {
    let anon = stack.anon();
    for path in ["/docs", "/docs/"] {
        let page = anon.get(path).await;
        assert!(page.is(200).header("content-type").starts_with("text/html"), "{page}");
        assert!(page.header("content-security-policy").contains("script-src 'self'"), "{page}");
        let text = page.text();
        assert!(!text.contains("//") && !text.contains("<style") && !text.contains("<script>"), "{text}");
    }
    for (path, kind) in [
        ("start.js", "text/javascript"),
        ("swagger-ui-bundle.js", "text/javascript"),
        ("swagger-ui.css", "text/css"),
    ] {
        let file = anon.get(&format!("/docs/{path}")).await;
        assert!(file.is(200).header("content-type").starts_with(kind), "{path}");
        assert!(!file.body.is_empty());
    }
    anon.get("/docs/nothing").await.is(404);
    let request = anon.request(Method::GET, "/openapi.json").header("accept", "application/json");
    assert_eq!(anon.send(request).await.ok(), document());
}
