//! The audit log: what is written to it, and that nobody changes it unnoticed.

use domain::audit::AuditEntry;
use harness::people::{PASSWORD, text};
use harness::process::Ended;
use harness::{Installation, Person, Stack, in_each_installation, on_each_database};
use persistence::audit;
use reqwest::Method;
use serde_json::{Value, json};

use crate::migrations::{beside, execute};
use crate::process::{PROGRAM, assert_refused};

on_each_database! {
    what_is_done_to_accounts_and_sessions_is_written,
    what_is_done_to_members_is_written,
    what_is_blocked_is_written_once,
    what_is_made_for_programs_is_written,
    many_at_once_are_one_chain,
    an_entry_says_where_it_came_from_and_no_more,
}

in_each_installation! {
    PROGRAM;
    a_changed_entry_is_found,
    an_entry_that_was_taken_out_is_found,
    what_was_removed_for_its_age_is_not_missed,
    it_is_read_while_the_server_runs,
}

fn entries(url: &str) -> Vec<AuditEntry> {
    let entries = beside(url, |conn| audit::after(conn, 0, 1_000));
    entries.into_iter().map(|(entry, _)| entry).collect()
}

/// Returns what was done since an entry: the action, by whom and to whom.
fn done(stack: &Stack, since: usize) -> Vec<(String, Option<i64>, Option<String>)> {
    let all = entries(stack.database_url()).split_off(since);
    all.into_iter().map(|entry| (entry.action, entry.actor_id.map(|user| user.0), entry.target)).collect()
}

async fn what_is_done_to_accounts_and_sessions_is_written(stack: &Stack) {
    let alice = stack.person("愛麗絲").await;
    let me = alice.id;
    alice.sign_in("愛麗絲", "不對的密碼").await.is(401);
    alice.sign_in("沒有這個人", "不對的密碼").await.is(401);
    let laptop = alice.sign_in("愛麗絲", PASSWORD).await.ok();
    let refresh =
        async |token: &Value| alice.post_json("/auth/refresh", &json!({ "refresh_token": token })).await;
    let second = refresh(&laptop["refresh_token"]).await.ok();
    refresh(&second["refresh_token"]).await.ok();
    refresh(&laptop["refresh_token"]).await.is(401);
    let tablet = alice.elsewhere().await;
    let sessions = tablet.get("/auth/sessions").await.ok();
    let phone = sessions.as_array().unwrap().iter().find(|session| session["current"] == false).unwrap();
    let phone = text(&phone["session_id"]);
    tablet.delete(&format!("/auth/sessions/{phone}")).await.is(204);
    let passwords = json!({ "current_password": PASSWORD, "new_password": PASSWORD });
    tablet.post_json("/auth/password", &passwords).await.is(204);
    tablet.post("/auth/logout").await.ok();
    let last = alice.elsewhere().await;
    last.delete_account("不對的密碼").await.is(403);
    last.delete_account(PASSWORD).await.is(204);
    let done = done(stack, 0);
    let actions: Vec<&str> = done.iter().map(|(action, ..)| action.as_str()).collect();
    let expected = [
        "signed_in",
        "sign_in_failed",
        "sign_in_failed",
        "signed_in",
        "secret_reused",
        "signed_in",
        "session_ended",
        "password_changed",
        "session_ended",
        "signed_in",
        "account_deleted",
        "account_purged",
    ];
    assert_eq!(actions, expected);
    assert_eq!((done[0].1, done[0].2.clone()), (Some(me), None));
    assert_eq!((done[1].1, done[1].2.clone()), (None, Some(me.to_string())));
    assert_eq!((done[2].1, done[2].2.clone()), (None, None));
    assert_eq!((done[6].1, done[6].2.clone()), (Some(me), Some(phone)));
    assert_eq!(done[10].1, Some(me));
    assert_eq!((done[11].1, done[11].2.clone()), (None, Some(me.to_string())));
}

async fn what_is_done_to_members_is_written(stack: &Stack) {
    let ([alice, ming, carol], group) = stack.group().await;
    let dave = stack.person("大衛").await;
    alice.befriend(&dave).await;
    let before = entries(stack.database_url()).len();
    alice.add_members(&group, &[&dave]).await.ok();
    alice.set_role(&group, &ming, "admin").await.ok();
    carol.set_role(&group, &ming, "member").await.is(403);
    let socket = ming.socket().await;
    let remove = json!({ "chatroom_id": group, "user_id": carol.id });
    socket.ask_ok("remove_member", remove).await;
    let by = |action: &str, actor: &Person, target: &Person| {
        (action.to_owned(), Some(actor.id), Some(target.id.to_string()))
    };
    assert_eq!(
        done(stack, before),
        [
            by("member_added", &alice, &dave),
            by("role_changed", &alice, &ming),
            by("member_removed", &ming, &carol)
        ]
    );
    let all = entries(stack.database_url());
    assert!(all[before..].iter().all(|entry| entry.chatroom_id.unwrap().to_string() == group));
    assert!(all[before..].iter().all(|entry| entry.address.as_deref() == Some("127.0.0.0/24")));
}

async fn what_is_made_for_programs_is_written(stack: &Stack) {
    let (alice, _, room) = stack.pair().await;
    let since = entries(stack.database_url()).len();
    let bot = crate::bots::bot(&alice, "helper").await;
    let of_bot = format!("/bots/{bot}");
    let token = json!({ "name": "程式", "scopes": ["profile:read"] });
    let token = alice.post_json(&format!("{of_bot}/tokens"), &token).await.is(201).json();
    let webhook = json!({ "url": "https://hooks.example", "events": ["new_message"] });
    let outgoing = alice.post_json(&format!("{of_bot}/webhooks"), &webhook).await.is(201).json();
    let incoming = crate::incoming_webhooks::webhook(&alice, &room).await;
    let [token, outgoing, incoming] =
        [&token["token_id"], &outgoing["webhook_id"], &incoming["webhook_id"]].map(text);
    alice.delete(&format!("{of_bot}/tokens/{token}")).await.is(204);
    alice.delete(&format!("{of_bot}/webhooks/{outgoing}")).await.is(204);
    alice.delete(&format!("/chatrooms/{room}/webhooks/{incoming}")).await.is(204);
    alice.delete(&of_bot).await.is(204);
    let expected = [
        ("bot_created", bot.to_string()),
        ("token_created", token.clone()),
        ("webhook_created", outgoing.clone()),
        ("webhook_created", incoming.clone()),
        ("token_revoked", token),
        ("webhook_deleted", outgoing),
        ("webhook_deleted", incoming),
        ("bot_deleted", bot.to_string()),
    ];
    let by_her = expected.map(|(action, target)| (action.to_owned(), Some(alice.id), Some(target)));
    // A bot is not restored: it is purged at once, by the server.
    let purged = ("account_purged".to_owned(), None, Some(bot.to_string()));
    assert_eq!(done(stack, since), [&by_her[..], &[purged]].concat());
}

async fn what_is_blocked_is_written_once(stack: &Stack) {
    let (alice, ming) = stack.friends().await;
    let before = entries(stack.database_url()).len();
    let path = format!("/friends/blocks/{}", ming.id);
    for _ in 0..2 {
        alice.put(&path).await.ok();
    }
    for _ in 0..2 {
        alice.delete(&path).await.is(204);
    }
    let by_alice = |action: &str| (action.to_owned(), Some(alice.id), Some(ming.id.to_string()));
    assert_eq!(done(stack, before), [by_alice("user_blocked"), by_alice("user_unblocked")]);
}

async fn many_at_once_are_one_chain(stack: &Stack) {
    let alice = stack.person("愛麗絲").await;
    let sign_ins = (0..8).map(|_| alice.sign_in("愛麗絲", PASSWORD));
    for answer in futures_util::future::join_all(sign_ins).await {
        answer.ok();
    }
    let numbers: Vec<i64> = entries(stack.database_url()).iter().map(|entry| entry.entry_id).collect();
    assert_eq!(numbers, (1..=9).collect::<Vec<_>>());
}

async fn an_entry_says_where_it_came_from_and_no_more(stack: &Stack) {
    stack.person("愛麗絲").await;
    let anon = stack.anon();
    let form = [("username", "愛麗絲"), ("password", "不對的密碼")];
    let request = anon
        .request(Method::POST, "/auth/token")
        .header("x-forwarded-for", "2001:db8:1:2::3")
        .header("x-request-id", "request-1");
    anon.send(request.form(&form)).await.is(401);
    let all = entries(stack.database_url());
    let last = all.last().unwrap();
    assert_eq!(last.address.as_deref(), Some("2001:db8:1::/48"));
    assert_eq!(last.request_id.as_deref(), Some("request-1"));
    let shown = serde_json::to_string(last).unwrap();
    assert!(!shown.contains("不對的密碼") && !shown.contains("愛麗絲"), "{shown}");
}

/// Signs in twice, stops the server, and checks that the log is whole.
async fn two_entries(installation: &Installation) {
    let server = installation.start().await;
    let alice = Person::join(&server.anon(), "愛麗絲").await;
    alice.sign_in("愛麗絲", PASSWORD).await.ok();
    server.signal("TERM").await;
    let whole = verify(installation).await;
    assert_eq!((whole.code, whole.lines), (Some(0), vec!["The audit log is whole: 2 entries".to_owned()]));
}

async fn verify(installation: &Installation) -> Ended {
    installation.end(&["audit", "verify"], &[]).await
}

async fn a_changed_entry_is_found(installation: &Installation) {
    two_entries(installation).await;
    execute(installation.database_url(), "UPDATE audit_log SET actor_id = 99 WHERE entry_id = 1");
    assert_refused(&verify(installation).await, 1, &["was changed", "entry 1"]);
}

async fn an_entry_that_was_taken_out_is_found(installation: &Installation) {
    two_entries(installation).await;
    execute(installation.database_url(), "DELETE FROM audit_log WHERE entry_id = 2");
    assert_refused(&verify(installation).await, 1, &["was cut", "entry 1"]);
}

async fn what_was_removed_for_its_age_is_not_missed(installation: &Installation) {
    two_entries(installation).await;
    let second = entries(installation.database_url())[1].at;
    beside(installation.database_url(), move |conn| audit::remove_before(conn, second));
    let whole = verify(installation).await;
    assert_eq!((whole.code, whole.lines), (Some(0), vec!["The audit log is whole: 1 entries".to_owned()]));
    beside(installation.database_url(), move |conn| audit::remove_before(conn, second));
    execute(installation.database_url(), "DELETE FROM audit_log WHERE entry_id = 2");
    assert_refused(&verify(installation).await, 1, &["was cut", "entry 1"]);
}

async fn it_is_read_while_the_server_runs(installation: &Installation) {
    let server = installation.start().await;
    let alice = Person::join(&server.anon(), "愛麗絲").await;
    let listed = installation.end(&["audit", "list"], &[]).await;
    assert_eq!((listed.code, listed.lines.len()), (Some(0), 1), "{listed:#?}");
    let line: Value = serde_json::from_str(&listed.lines[0]).unwrap();
    assert_eq!((&line["action"], &line["actor_id"]), (&json!("signed_in"), &json!(alice.id)));
    assert_eq!(line["hash"].as_str().unwrap().len(), 43);
    server.signal("TERM").await;
}
