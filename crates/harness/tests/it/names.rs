//! Which names are one name, and which texts are none.

use harness::people::PASSWORD;
use harness::{Person, Stack, on_each_database};
use serde_json::{Value, json};

use crate::migrations::execute;

on_each_database! {
    a_mark_makes_another_name_on_all_but_latin_letters,
    what_cannot_be_seen_makes_no_other_name,
    a_text_that_shows_nothing_is_blank,
    accounts_named_by_the_older_rule_sign_in_as_before,
}

/// Registers a name; returns whether it was free.
async fn registers(stack: &Stack, name: &str) -> bool {
    let answer = stack.anon().register(&json!({ "username": name, "password": PASSWORD })).await;
    if answer.status == 201 {
        return true;
    }
    assert_eq!(answer.is(422).json()["code"], "username_taken", "{name:?}: {answer}");
    false
}

async fn a_mark_makes_another_name_on_all_but_latin_letters(stack: &Stack) {
    for name in ["ぱぱ", "はは", "ばば", "राम", "रोम", "คี", "คู", "йод", "иод", "renée"]
    {
        assert!(registers(stack, name).await, "{name}");
    }
    for name in ["は\u{3099}は\u{3099}", "ﾊﾟﾊﾟ", "Renee"] {
        assert_eq!(registers(stack, name).await, name == "ﾊﾟﾊﾟ", "{name}: katakana are other letters");
    }
    let login = stack.anon().sign_in("ばば", PASSWORD).await.ok();
    let token = login["access_token"].as_str().unwrap();
    assert_eq!(stack.anon().with_token(token).get("/user/me").await.ok()["username"], "ばば");
}

async fn what_cannot_be_seen_makes_no_other_name(stack: &Stack) {
    stack.person("mei").await;
    assert!(registers(stack, "王 小明").await);
    for c in ["\u{200B}", "\u{2060}", "\u{AD}", "\u{FEFF}", "\u{3164}", "\u{2800}", "\u{200D}", "\u{FE0F}"] {
        for name in [format!("m{c}ei"), format!("{c}mei"), format!("mei{c}")] {
            assert!(!registers(stack, &name).await, "{name:?}");
        }
        let nothing = stack.anon().register(&json!({ "username": c, "password": PASSWORD })).await;
        assert_eq!(nothing.is(422).json()["code"], "validation", "{c:?}: {nothing}");
    }
    for name in ["王  小明", "王\u{3000}小明", "王 \u{200B} 小明"] {
        assert!(!registers(stack, name).await, "{name:?}");
    }
    let shown = stack.anon().register(&json!({ "username": "新\u{200B}  人", "password": PASSWORD })).await;
    assert_eq!(shown.is(201).json()["username"], "新 人");
    let email = json!({ "username": "信箱", "password": PASSWORD, "email": "m\u{200B}ei@example.com" });
    stack.anon().register(&email).await.is(422);
}

async fn a_text_that_shows_nothing_is_blank(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let third = stack.person("第三人").await;
    alice.befriend(&third).await;
    let said = alice.say(&room, "看得見").await;
    for blank in ["\u{200B}", "\u{2060} \u{AD}", "\u{3164}", "\u{2800}\u{2800}", "\u{FEFF}\n"] {
        let message = json!({ "content": blank });
        alice.send_message(&room, &message).await.invalid(&[("body.content", "string_too_short")]);
        alice.edit(&said, blank).await.invalid(&[("body.content", "string_too_short")]);
        let changes = json!({ "nickname": blank, "status": blank });
        let me = alice.patch(&format!("/user/{}", alice.id), &changes).await.ok();
        assert_eq!((&me["nickname"], &me["status"]), (&json!(""), &json!("")), "{blank:?}");
        let group = json!({ "members_id": [ming.id, third.id], "chatroom_name": blank });
        let group = alice.post_json("/chatrooms/", &group).await.ok();
        assert_eq!(group["chatroom_name"], Value::Null, "{blank:?}");
    }
    let changes = json!({ "nickname": " 小\u{200B}  愛 " });
    assert_eq!(alice.patch(&format!("/user/{}", alice.id), &changes).await.ok()["nickname"], "小 愛");
    assert_eq!(ming.texts(&room).await, ["看得見"]);
}

async fn accounts_named_by_the_older_rule_sign_in_as_before(stack: &Stack) {
    // Who the older rule knew by which key.
    let accounts = [
        ("m\u{200B}ei", "m\u{200B}ei"),
        ("mei", "mei"),
        ("ばば", "はは"),
        ("は\u{2060}は", "は\u{2060}は"),
        ("王  小明", "王  小明"),
        ("王 \u{200B}小明", "王 \u{200B}小明"),
        ("Renée", "renee"),
    ];
    let mut people = Vec::new();
    for (n, (name, key)) in accounts.into_iter().enumerate() {
        let person = stack.person(&format!("帳號{n}")).await;
        let row = format!("username = '{name}', username_key = '{key}'");
        execute(stack.database_url(), format!("UPDATE users SET {row} WHERE user_id = {}", person.id));
        people.push((name, person.id));
    }
    let folded_again = "DELETE FROM __diesel_schema_migrations WHERE version = '20261129900001'";
    execute(stack.database_url(), folded_again);
    // Another server starts.
    let own = "UPDATE users SET status = '起來了' WHERE username = 'mei'";
    execute(stack.database_url(), own);
    for (name, id) in people {
        let person = Person::sign_in_again(&stack.anon(), name).await;
        assert_eq!(person.id, id, "{name:?}");
        assert!(!registers(stack, name).await, "{name:?}");
    }
    assert!(registers(stack, "ぱぱ").await);
}
