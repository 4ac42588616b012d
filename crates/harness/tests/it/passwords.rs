//! Passwords: how they are changed, and what a change ends.

use harness::people::{PASSWORD, list, text};
use harness::{Stack, on_each_database};
use serde_json::json;

use crate::sessions::{assert_dead, refresh};

/// The password that somebody changes theirs to.
const NEW: &str = "全新的密碼九個字喔";

on_each_database! {
    a_new_password_ends_all_other_sessions,
    a_password_is_changed_by_who_knows_it_and_within_its_rules,
    a_sign_in_that_a_new_password_overtakes_opens_no_session,
}

async fn a_new_password_ends_all_other_sessions(stack: &Stack) {
    let (alice, ming) = (stack.person("愛麗絲").await, stack.person("小明").await);
    let phone = alice.elsewhere().await;
    let (here, there) = (alice.socket().await, phone.socket().await);
    let passwords = json!({ "current_password": PASSWORD, "new_password": NEW });
    alice.post_json("/auth/password", &passwords).await.is(204);
    there.closed().await;
    assert_eq!(there.received_of("session_revoked").len(), 1);
    assert_dead(&phone).await;
    refresh(stack, &phone.cookie, Some(&stack.origin())).await.is(401);
    here.ask_ok("set_user_id", json!(alice.id)).await;
    refresh(stack, &alice.cookie, Some(&stack.origin())).await.is(200);
    stack.anon().sign_in("愛麗絲", PASSWORD).await.is(401);
    stack.anon().sign_in("愛麗絲", NEW).await.is(200);
    ming.elsewhere().await.get("/user/me").await.is(200);
}

async fn a_password_is_changed_by_who_knows_it_and_within_its_rules(stack: &Stack) {
    let alice = stack.person("愛麗絲").await;
    let phone = alice.elsewhere().await;
    let change = async |current: &str, new: &str| {
        let body = json!({ "current_password": current, "new_password": new });
        alice.post_json("/auth/password/", &body).await
    };
    for wrong in ["不對的密碼不對的密碼", ""] {
        change(wrong, NEW).await.refused(403, "wrong_password", "Incorrect password");
    }
    change(PASSWORD, "七個字的密碼喔").await.invalid(&[("body.new_password", "string_too_short")]);
    change(PASSWORD, &"密".repeat(129)).await.invalid(&[("body.new_password", "string_too_long")]);
    change(PASSWORD, "").await.refused(422, "validation", "Password can not be empty");
    let missing = [("body.current_password", "missing"), ("body.new_password", "missing")];
    alice.post_json("/auth/password", &json!({})).await.invalid(&missing);
    phone.get("/user/me").await.is(200);
    stack.anon().sign_in("愛麗絲", PASSWORD).await.is(200);
}

async fn a_sign_in_that_a_new_password_overtakes_opens_no_session(stack: &Stack) {
    let alice = stack.person("愛麗絲").await;
    let passwords = json!({ "current_password": PASSWORD, "new_password": NEW });
    let anon = stack.anon();
    let change = alice.post_json("/auth/password", &passwords);
    let sign_ins = futures_util::future::join_all((0..8).map(|_| anon.sign_in("愛麗絲", PASSWORD)));
    let (changed, signed_in) = futures_util::join!(change, sign_ins);
    changed.is(204);
    for answer in signed_in.iter().filter(|answer| answer.status == 200) {
        assert_dead(&alice.with_new_token(&text(&answer.ok()["access_token"]))).await;
    }
    assert_eq!(list(&alice.get("/auth/sessions").await.ok()).len(), 1);
}
