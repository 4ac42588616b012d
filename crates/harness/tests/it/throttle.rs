//! How guessing is slowed down, and who may make an account.

use harness::people::{PASSWORD, Person};
use harness::{Answer, Caller, Stack, on_each_database};
use reqwest::Method;
use serde_json::{Value, json};

use crate::sessions::seconds_after;

const WRONG: &str = "不對的密碼不對的密碼";

on_each_database! {
    wrong_passwords_for_a_login_pause_it_longer_and_longer where |config| config.auth.login_failures = 3,
    a_known_device_is_not_paused_by_the_failures_of_others where |config| config.auth.login_failures = 3,
    asking_again_for_the_password_is_paused_alike where |config| config.auth.login_failures = 3,
    wrong_passwords_of_an_address_pause_it where |config| config.auth.address_failures = 3,
    nobody_is_another_address_without_a_trusted_proxy where |config| {
        config.auth.address_failures = 3;
        config.trusted_proxies = vec!["192.0.2.0/24".parse().unwrap()];
    },
    an_address_makes_only_so_many_accounts_in_an_hour where |config| config.auth.registrations_per_hour = 2,
    by_invite_only_who_has_the_code_registers where |config| {
        config.auth.registration = gateway::config::Registration::Invite;
        config.auth.invite_code = Some("春眠不覺曉".to_owned());
        config.auth.address_failures = 3;
    },
    closed_registration_lets_nobody_in where |config| config.auth.registration = gateway::config::Registration::Closed,
}

/// Stops the clock at a whole second, so that a pause is over only when the scenario says so.
fn stop_clock(stack: &Stack) {
    pass(stack, 0);
}

fn pass(stack: &Stack, seconds: i64) {
    stack.clock().set(seconds_after(stack.clock().now(), seconds));
}

fn assert_limited(answer: &Answer, seconds: u64) {
    let unit = if seconds == 1 { "second" } else { "seconds" };
    let detail = format!("Too many attempts, try again in {seconds} {unit}");
    answer.refused(429, "rate_limited", &detail);
    assert_eq!(answer.header("retry-after"), seconds.to_string());
    assert!(answer.cookies().is_empty());
}

/// Signs in by a proxy that says whom it does it for.
async fn sign_in_from(anon: &Caller, address: &str, name: &str) -> Answer {
    let form = [("username", name), ("password", WRONG)];
    let request = anon.request(Method::POST, "/auth/token").header("x-forwarded-for", address);
    anon.send(request.form(&form)).await
}

async fn wrong_passwords_for_a_login_pause_it_longer_and_longer(stack: &Stack) {
    let anon = stack.anon();
    stack.person("Renée").await;
    stop_clock(stack);
    for name in ["renee", "沒有這個人"] {
        for _ in 0..3 {
            anon.sign_in(name, WRONG).await.is(401);
        }
        assert_limited(&anon.sign_in(name, WRONG).await, 1);
    }
    assert_limited(&anon.sign_in("RENEE", PASSWORD).await, 1);
    for pause in [1, 2, 4, 8] {
        pass(stack, pause);
        anon.sign_in("renee", WRONG).await.is(401);
    }
    assert_limited(&anon.sign_in("renee", PASSWORD).await, 16);
    pass(stack, 16);
    anon.sign_in("renee", PASSWORD).await.is(200);
    anon.sign_in("renee", WRONG).await.is(401);
    anon.sign_in("renee", PASSWORD).await.is(200);
}

async fn a_known_device_is_not_paused_by_the_failures_of_others(stack: &Stack) {
    let anon = stack.anon();
    let (alice, ming) = (stack.person("愛麗絲").await, stack.person("小明").await);
    stop_clock(stack);
    for _ in 0..3 {
        anon.sign_in("愛麗絲", WRONG).await.is(401);
    }
    assert_limited(&anon.sign_in("愛麗絲", PASSWORD).await, 1);
    let with_cookie = async |person: &Person, password: &str| {
        let form = [("username", "愛麗絲"), ("password", password)];
        let request = anon.request(Method::POST, "/auth/token").header("cookie", &person.cookie);
        anon.send(request.form(&form)).await
    };
    assert_limited(&with_cookie(&ming, PASSWORD).await, 1);
    with_cookie(&alice, PASSWORD).await.is(200);
    alice.post("/auth/logout").await.is(200);
    with_cookie(&alice, PASSWORD).await.is(200);
    let secret = alice.cookie.split_once('=').unwrap().1;
    let body = json!({ "username": "愛麗絲", "password": PASSWORD, "refresh_token": secret });
    anon.post_json("/auth/token", &body).await.is(200);
    // It guesses no more often than anybody else.
    for _ in 0..3 {
        with_cookie(&alice, WRONG).await.is(401);
    }
    assert_limited(&with_cookie(&alice, PASSWORD).await, 1);
}

async fn asking_again_for_the_password_is_paused_alike(stack: &Stack) {
    let alice = stack.person("愛麗絲").await;
    stop_clock(stack);
    let passwords =
        |current: &str| json!({ "current_password": current, "new_password": "全新的密碼九個字喔" });
    alice.post_json("/auth/password", &passwords(WRONG)).await.is(403);
    for _ in 0..2 {
        alice.delete_account(WRONG).await.is(403);
    }
    assert_limited(&alice.delete_account(PASSWORD).await, 1);
    assert_limited(&alice.post_json("/auth/password", &passwords(PASSWORD)).await, 1);
    pass(stack, 1);
    alice.post_json("/auth/password", &passwords(PASSWORD)).await.is(204);
}

async fn wrong_passwords_of_an_address_pause_it(stack: &Stack) {
    let anon = stack.anon();
    stack.person("愛麗絲").await;
    stop_clock(stack);
    for name in ["甲", "乙", "丙"] {
        sign_in_from(&anon, "198.51.100.7", name).await.is(401);
    }
    assert_limited(&sign_in_from(&anon, "198.51.100.7", "丁").await, 1);
    // What a client adds itself stands before what the proxy saw.
    assert_limited(&sign_in_from(&anon, "203.0.113.1, 198.51.100.7", "丁").await, 1);
    sign_in_from(&anon, "198.51.100.8", "丁").await.is(401);
    for _ in 0..5 {
        anon.sign_in("愛麗絲", PASSWORD).await.is(200);
    }
}

async fn nobody_is_another_address_without_a_trusted_proxy(stack: &Stack) {
    let anon = stack.anon();
    stop_clock(stack);
    for number in 1..=3 {
        sign_in_from(&anon, &format!("198.51.100.{number}"), "某人").await.is(401);
    }
    assert_limited(&sign_in_from(&anon, "198.51.100.4", "某人").await, 1);
}

async fn an_address_makes_only_so_many_accounts_in_an_hour(stack: &Stack) {
    let anon = stack.anon();
    stop_clock(stack);
    let account =
        |name: &str| json!({ "username": name, "password": PASSWORD, "email": format!("{name}@e.example") });
    anon.register(&account("甲")).await.is(201);
    for _ in 0..3 {
        anon.register(&account("甲")).await.is(422);
        let same_address = json!({ "username": "另一個", "password": PASSWORD, "email": "甲@e.example" });
        anon.register(&same_address).await.is(422);
    }
    anon.register(&account("乙")).await.is(201);
    assert_limited(&anon.register(&account("丙")).await, 30 * 60);
    let elsewhere = anon.request(Method::POST, "/auth/register").header("x-forwarded-for", "198.51.100.7");
    anon.send(elsewhere.json(&account("丁"))).await.is(201);
    pass(stack, 30 * 60);
    anon.register(&account("丙")).await.is(201);
    anon.sign_in("丙", PASSWORD).await.is(200);
}

async fn by_invite_only_who_has_the_code_registers(stack: &Stack) {
    let anon = stack.anon();
    stop_clock(stack);
    let account =
        |name: &str, code: Value| json!({ "username": name, "password": PASSWORD, "invite_code": code });
    let refusal = "Registration needs a valid invite code";
    for _ in 0..5 {
        anon.register(&account("甲", Value::Null)).await.refused(403, "invite_required", refusal);
        anon.register(&account("甲", json!("春眠不覺曉"))).await;
    }
    anon.sign_in("甲", PASSWORD).await.is(200);
    for code in ["", "春眠不覺", "處處聞啼鳥"] {
        anon.register(&account("乙", json!(code))).await.refused(403, "invite_required", refusal);
    }
    assert_limited(&anon.register(&account("乙", json!("春眠不覺曉"))).await, 1);
    pass(stack, 1);
    anon.register(&account("乙", json!(" 春眠不覺曉 "))).await.is(201);
}

async fn closed_registration_lets_nobody_in(stack: &Stack) {
    for code in [Value::Null, json!("春眠不覺曉")] {
        let account = json!({ "username": "甲", "password": PASSWORD, "invite_code": code });
        let answer = stack.anon().register(&account).await;
        answer.refused(403, "registration_closed", "Registration is closed on this server");
    }
    stack.anon().sign_in("甲", PASSWORD).await.is(401);
}
