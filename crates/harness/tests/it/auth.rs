//! Registering, signing in, and what a token is good for (endpoints 1 to 4).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use harness::people::{PASSWORD, text};
use harness::{Caller, Stack, on_each_database};
use reqwest::Method;
use reqwest::multipart::Form;
use serde_json::{Value, json};

fn account(username: &str, password: &str) -> Value {
    json!({ "username": username, "password": password })
}

on_each_database! {
    registering_answers_the_account,
    registering_takes_forms_and_either_slash_and_needs_no_email,
    a_name_or_address_is_taken_in_every_spelling,
    registering_says_what_is_wrong,
    errors_have_the_seeds_text,
    twelve_at_once_for_one_name_make_one_account,
    signing_in_answers_a_token_and_a_cookie,
    signing_in_takes_json_multipart_an_email_and_any_spelling,
    a_wrong_name_and_a_wrong_password_are_one_answer,
    a_password_counts_to_its_last_letter,
    signing_in_says_what_is_missing,
    oneself_is_shown_under_four_spellings,
    only_our_own_tokens_are_accepted,
}

async fn registering_answers_the_account(stack: &Stack) {
    let body =
        json!({ "username": "愛麗絲", "password": PASSWORD, "email": "Alice@Example.com", "unknown": 1 });
    let answer = stack.anon().register(&body).await;
    let mut account = answer.is(201).json();
    assert!(account["user_id"].as_i64().unwrap() > 0);
    for key in ["created_at", "updated_at"] {
        let moment = text(&account[key]);
        assert!(moment.len() == 27 && moment.ends_with('Z'), "{moment}");
    }
    let fields = account.as_object_mut().unwrap();
    fields.retain(|key, _| !["user_id", "created_at", "updated_at"].contains(&key.as_str()));
    assert_eq!(
        account,
        json!({
            "username": "愛麗絲", "email": "Alice@Example.com", "nickname": null, "avatar_url": null, "status": null,
        })
    );
}

async fn registering_takes_forms_and_either_slash_and_needs_no_email(stack: &Stack) {
    let anon = stack.anon();
    let form = [("username", "表單"), ("password", PASSWORD)];
    assert_eq!(anon.post_form("/auth/register", &form).await.is(201).json()["email"], Value::Null);
    anon.post_json("/auth/register/", &account("斜線", PASSWORD)).await.is(201);
    let body = json!({ "username": "空的", "password": PASSWORD, "email": null });
    anon.register(&body).await.is(201);
    let longest = json!({ "username": "明".repeat(32), "password": "密".repeat(128) });
    anon.register(&longest).await.is(201);
    anon.sign_in(&"明".repeat(32), &"密".repeat(128)).await.is(200);
}

async fn a_name_or_address_is_taken_in_every_spelling(stack: &Stack) {
    let anon = stack.anon();
    let body = json!({ "username": "Renée", "password": PASSWORD, "email": "r@example.com" });
    anon.register(&body).await.is(201);
    for name in ["Renée", "renee", "RENEE", "ｒｅｎｅｅ", " renée "] {
        let detail = format!("User '{}' exist", name.trim());
        anon.register(&account(name, PASSWORD)).await.refused(422, "username_taken", &detail);
    }
    for email in ["r@example.com", "R@EXAMPLE.com "] {
        let body = json!({ "username": "別人", "password": PASSWORD, "email": email });
        anon.register(&body).await.refused(422, "email_taken", "Email already registered");
    }
    anon.register(&account("別人", PASSWORD)).await.is(201);
}

async fn registering_says_what_is_wrong(stack: &Stack) {
    let anon = stack.anon();
    let email = |email: &str| json!({ "username": "某人", "password": PASSWORD, "email": email });
    for (body, detail) in [
        (account("", PASSWORD), "Username can not be empty"),
        (account(" \t ", PASSWORD), "Username can not be empty"),
        (account("某人", ""), "Password can not be empty"),
        (email(""), "Email can not be empty"),
    ] {
        anon.register(&body).await.refused(422, "validation", detail);
    }
    for body in
        [account("a@b", PASSWORD), account("a\u{0}b", PASSWORD), account("a\nb", PASSWORD), email("nobody")]
    {
        let answer = anon.register(&body).await;
        assert!(answer.is(422).json()["detail"].is_string(), "{answer}");
    }
    for (body, errors) in [
        (json!({}), vec![("body.username", "missing"), ("body.password", "missing")]),
        (
            json!({ "username": null, "password": 7 }),
            vec![("body.username", "missing"), ("body.password", "string_type")],
        ),
        (
            json!({ "username": ["a"], "password": PASSWORD, "email": {} }),
            vec![("body.username", "string_type"), ("body.email", "string_type")],
        ),
        (account(&"明".repeat(33), PASSWORD), vec![("body.username", "string_too_long")]),
        (account("某人", "七個字的密碼喔"), vec![("body.password", "string_too_short")]),
        (account("某人", &"密".repeat(129)), vec![("body.password", "string_too_long")]),
        (email(&format!("{}@b", "a".repeat(253))), vec![("body.email", "string_too_long")]),
        (json!([1]), vec![("body", "model_attributes_type")]),
        (json!("text"), vec![("body", "model_attributes_type")]),
    ] {
        anon.register(&body).await.invalid(&errors);
    }
    anon.sign_in("某人", PASSWORD).await.is(401);
}

async fn errors_have_the_seeds_text(stack: &Stack) {
    let anon = stack.anon();
    let errors =
        anon.register(&account("某人", "短")).await.invalid(&[("body.password", "string_too_short")]);
    assert_eq!(
        errors,
        [json!({
            "type": "string_too_short", "loc": ["body", "password"], "msg": "String should have at least 8 characters",
            "input": "**********", "ctx": { "min_length": 8 },
        })]
    );
    let long = "明".repeat(33);
    let errors =
        anon.register(&account(&long, PASSWORD)).await.invalid(&[("body.username", "string_too_long")]);
    assert_eq!((&errors[0]["input"], &errors[0]["ctx"]), (&json!(long), &json!({ "max_length": 32 })));
    let errors =
        anon.register(&json!({ "password": PASSWORD })).await.invalid(&[("body.username", "missing")]);
    assert_eq!(errors[0]["msg"], "Field required");
    let answer = anon.post_raw("/auth/register", "application/json", "{\"username\": ").await;
    let error = &answer.is(422).json()["detail"][0];
    assert_eq!((&error["type"], &error["msg"]), (&json!("json_invalid"), &json!("JSON decode error")));
    assert!(error["loc"][0] == "body" && error["loc"][1].is_u64(), "{error}");
}

async fn twelve_at_once_for_one_name_make_one_account(stack: &Stack) {
    let anon = stack.anon();
    let body = json!({ "username": "搶名字", "password": PASSWORD, "email": "x@example.com" });
    let answers = futures_util::future::join_all((0..12).map(|_| anon.register(&body))).await;
    let made = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(made, 1);
    for answer in answers.iter().filter(|answer| answer.status != 201) {
        answer.refused(422, "username_taken", "User '搶名字' exist");
    }
}

async fn signing_in_answers_a_token_and_a_cookie(stack: &Stack) {
    let anon = stack.anon();
    anon.register(&account("小明", PASSWORD)).await.is(201);
    let answer = anon.sign_in("小明", PASSWORD).await;
    let body = answer.ok();
    assert_eq!((&body["token_type"], &body["expires_in"]), (&json!("bearer"), &json!(7200)));
    let payload = text(&body["access_token"]).split('.').nth(1).unwrap().to_owned();
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap();
    assert_eq!(claims["sub"], "小明");
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 7200);
    assert!(claims["user_id"].is_i64() && claims["sid"].is_string() && claims["jti"].is_string(), "{claims}");
    let cookies = answer.cookies();
    let [line] = cookies.as_slice() else { panic!("one cookie: {cookies:?}") };
    let flags: Vec<String> = line.split(';').skip(1).map(|flag| flag.trim().to_lowercase()).collect();
    for flag in ["httponly", "samesite=lax", "path=/"] {
        assert!(flags.iter().any(|given| given == flag), "{line}");
    }
    assert!(!line.contains(&text(&body["access_token"])), "{line}");
}

async fn signing_in_takes_json_multipart_an_email_and_any_spelling(stack: &Stack) {
    let anon = stack.anon();
    let body = json!({ "username": "Renée", "password": PASSWORD, "email": "renee@example.com" });
    anon.register(&body).await.is(201);
    for name in ["Renée", "RENEE ", "renee@example.com", "Renee@Example.COM"] {
        anon.sign_in(name, PASSWORD).await.is(200);
    }
    anon.post_json("/auth/token", &account("Renée", PASSWORD)).await.is(200);
    let form = Form::new().text("username", "Renée").text("password", PASSWORD);
    anon.send(anon.request(Method::POST, "/auth/token").multipart(form)).await.is(200);
    let form = [
        ("username", "Renée"),
        ("password", PASSWORD),
        ("grant_type", "password"),
        ("scope", ""),
        ("client_id", "x"),
    ];
    anon.post_form("/auth/token/", &form).await.is(200);
}

async fn a_wrong_name_and_a_wrong_password_are_one_answer(stack: &Stack) {
    let anon = stack.anon();
    anon.register(&account("小明", PASSWORD)).await.is(201);
    for (name, password) in [
        ("小明", "不對的密碼"),
        ("小明", ""),
        ("沒有這個人", PASSWORD),
        ("", PASSWORD),
        ("小\u{0}明", PASSWORD),
    ] {
        let answer = anon.sign_in(name, password).await;
        answer.refused(401, "wrong_login", "Incorrect username or password");
        assert_eq!(answer.header("www-authenticate"), "Bearer");
        assert!(answer.cookies().is_empty());
    }
    let long = "密".repeat(20_000);
    anon.sign_in("小明", &long).await.refused(401, "wrong_login", "Incorrect username or password");
}

async fn a_password_counts_to_its_last_letter(stack: &Stack) {
    let anon = stack.anon();
    // Plain bcrypt looks at 72 bytes, which are 24 of these.
    let long = "密".repeat(24) + "甲";
    anon.register(&account("長密碼", &long)).await.is(201);
    anon.sign_in("長密碼", &long).await.is(200);
    anon.sign_in("長密碼", &("密".repeat(24) + "乙")).await.is(401);
    anon.sign_in("長密碼", &"密".repeat(24)).await.is(401);
}

async fn signing_in_says_what_is_missing(stack: &Stack) {
    let anon = stack.anon();
    let errors = [("body.username", "missing"), ("body.password", "missing")];
    for error in anon.post_form("/auth/token", &[]).await.invalid(&errors) {
        assert_eq!((&error["msg"], &error["input"]), (&json!("Field required"), &Value::Null), "{error}");
    }
    anon.post_form("/auth/token", &[("username", "a")]).await.invalid(&[("body.password", "missing")]);
    let form = [("username", "a"), ("password", "b"), ("grant_type", "client_credentials")];
    let answer = anon.post_form("/auth/token", &form).await;
    assert_eq!(answer.is(422).json()["detail"][0]["loc"], json!(["body", "grant_type"]));
}

async fn oneself_is_shown_under_four_spellings(stack: &Stack) {
    let alice = stack.person("愛麗絲").await;
    let me = alice.get("/user/me").await.ok();
    assert_eq!((&me["username"], &me["email"]), (&json!("愛麗絲"), &json!("愛麗絲@example.com")));
    assert!(me.get("hashed_password").is_none() && me.get("password").is_none());
    for path in ["/auth/users/me/", "/auth/users/me", "/user/me/"] {
        assert_eq!(alice.get(path).await.ok(), me, "{path}");
    }
}

async fn only_our_own_tokens_are_accepted(stack: &Stack) {
    let alice = stack.person("愛麗絲").await;
    let with = async |value: String| {
        let anon = stack.anon();
        anon.send(anon.request(Method::GET, "/user/me").header("authorization", value)).await
    };
    for scheme in ["Bearer", "bearer", "BEARER"] {
        with(format!("{scheme} {}", alice.token())).await.is(200);
    }
    stack.anon().get("/user/me").await.unauthorized("Not authenticated");
    with("Basic YTpi".to_owned()).await.unauthorized("Not authenticated");
    with(alice.token().to_owned()).await.unauthorized("Not authenticated");
    let [head, payload, signature] = alice.token().split('.').collect::<Vec<_>>()[..] else {
        panic!("no token")
    };
    let unsigned = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"JWT"}"#);
    let other = forged(&alice, payload);
    for token in [
        "x".to_owned(),
        format!("{head}.{payload}"),
        format!("{head}.{payload}."),
        format!("{head}.{payload}.{}", signature.chars().rev().collect::<String>()),
        format!("{unsigned}.{payload}."),
        format!("{head}.{other}.{signature}"),
    ] {
        with(format!("Bearer {token}")).await.unauthorized("Could not validate credentials");
    }
}

/// The claims of a token, with somebody else in them.
fn forged(caller: &Caller, payload: &str) -> String {
    assert!(caller.token().contains(payload));
    let mut claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap();
    claims["user_id"] = json!(1_000_000);
    URL_SAFE_NO_PAD.encode(claims.to_string())
}
