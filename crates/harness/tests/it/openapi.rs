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

/// Links that clients need, each as where it begins and where it leads.
const LINKS: &[(&str, &[&str])] = &[
    (
        "post /chatrooms",
        &[
            "get /chatrooms/{chatroom_id}",
            "post /chatrooms/{chatroom_id}/messages",
            "get /chatrooms/{chatroom_id}/messages",
            "get /chatrooms/{chatroom_id}/participants",
            "patch /chatrooms/{chatroom_id}/settings",
            "post /chatrooms/{chatroom_id}/invites",
        ],
    ),
    (
        "post /chatrooms/{chatroom_id}/messages",
        &[
            "patch /chatrooms/{chatroom_id}/messages/{message_id}",
            "delete /chatrooms/{chatroom_id}/messages/{message_id}",
            "put /chatrooms/{chatroom_id}/messages/{message_id}/pin",
            "put /chatrooms/{chatroom_id}/messages/{message_id}/reactions/{emoji}",
            "get /chatrooms/{chatroom_id}/messages",
            "post /chatrooms/{chatroom_id}/messages",
            "post /chatrooms/{chatroom_id}/read",
            "post /chatrooms/{chatroom_id}/delivered",
            "post /reports",
        ],
    ),
    ("post /chatrooms/{chatroom_id}/scheduled", &["patch /chatrooms/{chatroom_id}/scheduled/{scheduled_id}"]),
    ("post /chatrooms/{chatroom_id}/invites", &["get /invites/{token}", "post /invites/{token}/accept"]),
    ("post /chatrooms/{chatroom_id}/webhooks", &["post /hooks/{token}"]),
    ("post /user/me/invite", &["get /friends/invite/{token}", "post /friends/invite/{token}"]),
    (
        "post /upload/upload-message-file",
        &[
            "post /chatrooms/{chatroom_id}/messages",
            "post /chatrooms/{chatroom_id}/scheduled",
            "post /media/{media_id}/address",
        ],
    ),
    ("post /upload/upload-group-avatar", &["patch /chatrooms/{chatroom_id}"]),
    (
        "post /bots",
        &["post /bots/{user_id}/tokens", "post /bots/{user_id}/webhooks", "delete /bots/{user_id}"],
    ),
    ("post /bots/{user_id}/tokens", &["delete /bots/{user_id}/tokens/{token_id}"]),
    ("post /bots/{user_id}/webhooks", &["get /bots/{user_id}/webhooks/{webhook_id}/deliveries"]),
];

#[test]
fn every_link_leads_from_what_is_answered_to_what_is_read() {
    let document = document();
    let mut found = BTreeSet::new();
    for (path, operations) in fields(&document["paths"]) {
        for (method, from) in fields(operations) {
            for (_, answer) in fields(&from["responses"]) {
                for (name, link) in fields(&answer["links"]) {
                    let at = format!("{method} {path}");
                    let to =
                        check_link(&document, (from, answer), link).unwrap_or_else(|| panic!("{at} {name}"));
                    found.insert((at, to));
                }
            }
        }
    }
    for (from, all) in LINKS {
        for to in *all {
            assert!(found.contains(&((*from).to_owned(), (*to).to_owned())), "{from} does not lead to {to}");
        }
    }
}

/// Returns where a link leads; nothing if an end of it is not in the document.
fn check_link(document: &Value, (from, answer): (&Value, &Value), link: &Value) -> Option<String> {
    let pointer = link["operationRef"].as_str()?.strip_prefix('#')?.replace("%7B", "{").replace("%7D", "}");
    let to = document.pointer(&pointer)?;
    let has = |operation: &Value, part: &str, name: &str| {
        let mut parameters = operation["parameters"].as_array().into_iter().flatten();
        parameters.any(|one| one["in"] == part && one["name"] == name)
    };
    let json =
        |part: &Value, name: &str| has_field(document, &part["content"]["application/json"]["schema"], name);
    let is_known = |value: &Value| {
        let value = value.as_str().unwrap_or_default();
        let asked = value.strip_prefix("$request.path.").map(|name| has(from, "path", name));
        asked.or_else(|| Some(json(answer, value.strip_prefix("$response.body#/")?))).unwrap_or_default()
    };
    let mut parameters = fields(&link["parameters"]).map(|(name, value)| {
        let (part, name) = name.split_once('.')?;
        Some(has(to, part, name) && is_known(value))
    });
    let mut body =
        fields(&link["requestBody"]).map(|(name, value)| json(&to["requestBody"], name) && is_known(value));
    let (path, method) = pointer.strip_prefix("/paths/")?.split_once('/')?;
    let leads = parameters.all(|one| one == Some(true)) && body.all(|one| one);
    leads.then(|| format!("{method} {}", path.replace("~1", "/")))
}

fn has_field(document: &Value, schema: &Value, name: &str) -> bool {
    let referred = schema["$ref"].as_str().and_then(|to| document.pointer(to.strip_prefix('#')?));
    let schema = referred.unwrap_or(schema);
    let parts = ["allOf", "anyOf"].iter().filter_map(|key| schema[key].as_array()).flatten();
    schema["properties"].get(name).is_some() || parts.into_iter().any(|part| has_field(document, part, name))
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
