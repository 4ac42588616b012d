//! Administrators: who makes them, what they see of people and of the server, and whom they suspend.

use harness::people::{PASSWORD, list, text};
use harness::{
    Answer, Caller, Installation, Person, Receiver, Stack, in_each_installation, on_each_database,
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::bots::{bot, program};
use crate::incoming_webhooks::webhook;
use crate::process::{PROGRAM, assert_refused};
use crate::scheduled_messages::soon;
use crate::sessions::{assert_dead, refresh};

on_each_database! {
    accounts_are_listed_in_pages,
    accounts_are_found_by_names_address_and_id,
    who_is_suspended_is_signed_out_everywhere,
    a_suspended_account_waits_for_nothing_but_to_be_reinstated,
    bots_are_suspended_with_their_owner,
    programs_of_who_is_suspended_stop where |config| config.outbound.private_networks = true,
    what_who_is_suspended_has_scheduled_is_not_sent,
    an_administrator_is_not_suspended,
    reports_are_read_closed_and_opened_again,
    a_report_shows_what_was_reported_and_no_other_message,
    the_server_is_shown_in_numbers,
    the_audit_log_is_read_in_pages,
    what_administrators_read_and_do_is_written,
    nobody_else_may,
    no_page_elsewhere_makes_an_administrator_read,
    what_is_malformed_is_named,
}

in_each_installation! {
    PROGRAM;
    the_operator_alone_makes_administrators,
}

/// What an administrator is asked for, and what only they may do.
const ASKED: [(Method, &str); 7] = [
    (Method::GET, "/admin/users"),
    (Method::GET, "/admin/reports"),
    (Method::GET, "/admin/statistics"),
    (Method::GET, "/admin/audit"),
    (Method::PUT, "/admin/users/1/suspension"),
    (Method::DELETE, "/admin/users/1/suspension"),
    (Method::PUT, "/admin/reports/01890a5d-ac96-774b-bcce-b302099a8057"),
];

fn suspension(person: i64) -> String {
    format!("/admin/users/{person}/suspension")
}

async fn accounts(admin: &Person, query: &str) -> Vec<Value> {
    list(&admin.get(&format!("/admin/users?{query}")).await.ok()["items"])
}

fn names(accounts: &[Value]) -> Vec<String> {
    accounts.iter().map(|account| text(&account["username"])).collect()
}

async fn reports(admin: &Person, query: &str) -> Vec<Value> {
    list(&admin.get(&format!("/admin/reports?{query}")).await.ok()["items"])
}

/// Returns the newest entries of the audit log, the newest first, without the one about this look.
async fn audited(admin: &Person, count: usize) -> Vec<Value> {
    let page = admin.get(&format!("/admin/audit?limit={}", count + 1)).await.ok();
    list(&page["items"]).split_off(1)
}

async fn the_operator_alone_makes_administrators(installation: &Installation) {
    let server = installation.start().await;
    let alice = Person::join(&server.anon(), "愛麗絲").await;
    let helper = bot(&alice, "helper").await;
    assert!(alice.get("/user/me").await.ok().get("is_admin").is_none());
    let run = async |arguments: &[&str]| installation.end(&[&["admin"][..], arguments].concat(), &[]).await;
    let said = async |arguments: &[&str]| {
        let ended = run(arguments).await;
        assert_eq!(ended.code, Some(0), "{ended:#?}");
        ended.lines
    };
    assert_eq!(said(&["list"]).await, [""; 0]);
    assert_eq!(said(&["grant", "愛麗絲"]).await, ["愛麗絲 is an administrator now"]);
    assert_eq!(said(&["grant", "愛麗絲"]).await, ["愛麗絲 is an administrator already"]);
    assert_eq!(said(&["list"]).await, [format!("{}\t愛麗絲", alice.id)]);
    assert_eq!(alice.get("/user/me").await.ok()["is_admin"], true);
    let entries = audited(&alice, 1).await;
    assert_eq!((&entries[0]["action"], &entries[0]["actor"]), (&json!("admin_granted"), &Value::Null));
    assert_eq!(entries[0]["target_user"]["username"], "愛麗絲");
    for nobody in ["沒有這個人", "helper"] {
        assert_refused(&run(&["grant", nobody]).await, 1, &["nobody who signs in is called", nobody]);
    }
    assert_eq!(accounts(&alice, "").await[0]["user_id"], helper);
    assert_eq!(said(&["revoke", "愛麗絲"]).await, ["愛麗絲 is no administrator now"]);
    assert_eq!(said(&["revoke", "愛麗絲"]).await, ["愛麗絲 is no administrator already"]);
    alice.get("/admin/users").await.refused(403, "forbidden", "Forbidden");
    assert_eq!(said(&["list"]).await, [""; 0]);
    server.signal("TERM").await;
    let whole = installation.end(&["audit", "verify"], &[]).await;
    assert_eq!(whole.code, Some(0), "{whole:#?}");
}

async fn accounts_are_listed_in_pages(stack: &Stack) {
    let admin = stack.admin("管理員").await;
    let alice = stack.person("愛麗絲").await;
    let gone = stack.person("過客").await;
    alice.upload("/upload/upload-message-file", ("a.txt", "text/plain"), b"12345").await.ok();
    alice.upload("/upload/upload-message-file", ("b.txt", "text/plain"), b"678").await.ok();
    gone.delete_account(PASSWORD).await.is(204);
    let all = accounts(&admin, "").await;
    assert_eq!(names(&all), [format!("deleted_{}", gone.id), "愛麗絲".to_owned(), "管理員".to_owned()]);
    let flags = |account: &Value| {
        (account["is_admin"] == true, !account["deleted_at"].is_null(), account["suspended_at"].is_null())
    };
    assert_eq!(
        all.iter().map(flags).collect::<Vec<_>>(),
        [(false, true, true), (false, false, true), (true, false, true)]
    );
    assert_eq!((&all[1]["email"], &all[1]["upload_bytes"]), (&json!(alice.email), &json!(8)));
    assert_eq!((&all[0]["email"], &all[2]["upload_bytes"]), (&Value::Null, &json!(0)));
    let first = admin.get("/admin/users?limit=2").await.ok();
    assert_eq!(list(&first["items"]), all[..2]);
    assert_eq!(first["next_cursor"], alice.id);
    let second = admin.get(&format!("/admin/users?limit=2&cursor={}", alice.id)).await.ok();
    assert_eq!((list(&second["items"]), &second["next_cursor"]), (all[2..].to_vec(), &Value::Null));
    assert_eq!(admin.get("/admin/users?limit=3").await.ok()["next_cursor"], Value::Null);
    assert_eq!(accounts(&admin, "limit=100000").await.len(), 3);
}

async fn accounts_are_found_by_names_address_and_id(stack: &Stack) {
    let admin = stack.admin("管理員").await;
    let (alice, bob) = (stack.person("Alice_1").await, stack.person("bob%x").await);
    bob.patch(&format!("/user/{}", bob.id), &json!({ "nickname": "Ｂ大叔 Robert" })).await.ok();
    let found = async |query: &str| {
        let query = [("q", query)];
        let request = admin.request(Method::GET, "/admin/users").query(&query);
        names(&list(&admin.send(request).await.ok()["items"]))
    };
    for query in ["alice", "ＡＬＩＣＥ", " LICE_ ", "alice_1@EXAMPLE", &alice.id.to_string()] {
        assert_eq!(found(query).await, ["Alice_1"], "{query}");
    }
    for query in ["大叔", "robert", "b%"] {
        assert_eq!(found(query).await, ["bob%x"], "{query}");
    }
    // What stands for any characters in SQL stands for itself.
    assert_eq!(found("a%e").await, [""; 0]);
    assert_eq!(found("alice!_").await, [""; 0]);
    assert_eq!(found("沒有這個人").await, [""; 0]);
    assert_eq!(found("@example.com").await.len(), 3);
    // What a room calls its webhook is nobody's account.
    alice.befriend(&bob).await;
    let room = alice.open_room(&bob).await;
    let hook = webhook(&alice, &room).await["user_id"].as_i64().unwrap();
    assert_eq!(found("建置").await, [""; 0]);
    admin.put(&suspension(hook)).await.refused(404, "not_found", "User not found");
    assert_eq!(found(" ").await.len(), 3, "what shows nothing asks for nothing");
}

async fn who_is_suspended_is_signed_out_everywhere(stack: &Stack) {
    let admin = stack.admin("管理員").await;
    let (ming, alice, room) = stack.pair().await;
    let (phone, socket) = (ming.elsewhere().await, ming.socket().await);
    let token = json!({ "name": "程式", "scopes": ["messages:read", "rooms:read"] });
    let token = text(&ming.post_json("/user/me/tokens", &token).await.is(201).json()["token"]);
    let program = stack.anon().with_token(&token);
    program.get("/chatrooms").await.is(200);
    let account = admin.put(&suspension(ming.id)).await.ok();
    assert_eq!((&account["user_id"], account["suspended_at"].is_null()), (&json!(ming.id), false));
    socket.closed().await;
    for caller in [&*ming, &*phone] {
        assert_dead(caller).await;
    }
    program.get("/chatrooms").await.unauthorized("Could not validate credentials");
    refresh(stack, &phone.cookie, Some(&stack.origin())).await.unauthorized("Could not validate credentials");
    ming.sign_in(&ming.name, "不對的密碼").await.refused(
        401,
        "wrong_login",
        "Incorrect username or password",
    );
    for login in [&ming.name, &ming.email] {
        let refused = ming.sign_in(login, PASSWORD).await;
        refused.refused(403, "account_suspended", "The account is suspended");
    }
    alice.say(&room, "還在嗎？").await;
    let again = admin.put(&suspension(ming.id)).await.ok();
    assert_eq!(again["suspended_at"], account["suspended_at"], "it is suspended since then");
    let account = admin.delete(&suspension(ming.id)).await.ok();
    assert_eq!(account["suspended_at"], Value::Null);
    let back = ming.elsewhere().await;
    assert_eq!(back.texts(&room).await, ["還在嗎？"]);
    // What was ended stays so.
    assert_dead(&ming).await;
    program.get("/chatrooms").await.unauthorized("Could not validate credentials");
    admin.delete(&suspension(ming.id)).await.ok();
    let done: Vec<Value> =
        audited(&admin, 4).await.iter().map(|entry| json!([entry["action"], entry["target"]])).collect();
    let target = ming.id.to_string();
    let expected = [
        json!(["signed_in", null]),
        json!(["account_reinstated", target]),
        json!(["sign_in_failed", target]),
        json!(["account_suspended", target]),
    ];
    assert_eq!(done, expected);
}

async fn a_suspended_account_waits_for_nothing_but_to_be_reinstated(stack: &Stack) {
    let admin = stack.admin("管理員").await;
    let alice = stack.person("愛麗絲").await;
    // Sign-ins that were begun before a suspension end with it, or are refused.
    let signing_in = (0..8).map(|_| alice.sign_in("愛麗絲", PASSWORD));
    let path = suspension(alice.id);
    let (answers, suspended) =
        futures_util::join!(futures_util::future::join_all(signing_in), admin.put(&path));
    suspended.ok();
    for answer in answers {
        if answer.status == 200 {
            assert_dead(&stack.anon().with_token(&text(&answer.json()["access_token"]))).await;
        } else {
            answer.refused(403, "account_suspended", "The account is suspended");
        }
    }
}

async fn bots_are_suspended_with_their_owner(stack: &Stack) {
    let admin = stack.admin("管理員").await;
    let (alice, ming) = (stack.person("愛麗絲").await, stack.person("小明").await);
    let (hers, his) = (bot(&alice, "hers").await, bot(&ming, "his").await);
    let scopes = ["profile:read"];
    let (of_hers, of_his) = (program(&alice, hers, &scopes).await, program(&ming, his, &scopes).await);
    admin.put(&suspension(alice.id)).await.ok();
    assert_dead(&of_hers).await;
    of_his.get("/user/me").await.is(200);
    let suspended = accounts(&admin, "").await;
    let suspended: Vec<&Value> =
        suspended.iter().filter(|account| !account["suspended_at"].is_null()).collect();
    assert_eq!(
        suspended.iter().map(|it| &it["user_id"]).collect::<Vec<_>>(),
        [&json!(hers), &json!(alice.id)]
    );
    admin.delete(&suspension(alice.id)).await.ok();
    let alice = alice.elsewhere().await;
    assert_dead(&of_hers).await;
    program(&alice, hers, &scopes).await.get("/user/me").await.is(200);
    // A bot alone, which its owner then makes no token for.
    admin.put(&suspension(his)).await.ok();
    assert_dead(&of_his).await;
    ming.get("/user/me").await.is(200);
    let token = json!({ "name": "程式", "scopes": scopes });
    ming.post_json(&format!("/bots/{his}/tokens"), &token).await.refused(
        403,
        "account_suspended",
        "The account is suspended",
    );
}

async fn programs_of_who_is_suspended_stop(stack: &Stack) {
    let admin = stack.admin("管理員").await;
    let ([alice, ming, _], room) = stack.group().await;
    let receiver = Receiver::start().await;
    let bots = [(&alice, "hers", bot(&alice, "hers").await), (&ming, "his", bot(&ming, "his").await)];
    for (owner, _, bot) in bots {
        owner
            .post_json(&format!("/chatrooms/{room}/participants"), &json!({ "members_id": [bot] }))
            .await
            .ok();
    }
    // What the server says of their coming is before.
    for (owner, name, bot) in bots {
        let hook = json!({ "url": receiver.url(&format!("/{name}")), "events": ["new_message"] });
        owner.post_json(&format!("/bots/{bot}/webhooks"), &hook).await.is(201);
    }
    let url = text(&webhook(&alice, &room).await["url"]);
    let post = async |said: &str| stack.anon().post_json(&url, &json!({ "text": said })).await;
    post("建置完成").await.is(200);
    let mut first = [receiver.next().await.asked, receiver.next().await.asked];
    first.sort();
    assert_eq!(first, ["POST /hers", "POST /his"]);
    admin.put(&suspension(alice.id)).await.ok();
    post("又一次").await.refused(404, "not_found", "Webhook not found");
    for said in ["一", "二"] {
        ming.say(&room, said).await;
        // What is posted of one message is answered before the next is looked for.
        let received = receiver.next().await;
        let content = received.json()["data"]["message"]["content"].clone();
        assert_eq!((received.asked.as_str(), content), ("POST /his", json!(said)));
    }
    admin.delete(&suspension(alice.id)).await.ok();
    for said in ["一", "二"] {
        let received = receiver.next().await;
        let content = received.json()["data"]["message"]["content"].clone();
        assert_eq!((received.asked.as_str(), content), ("POST /hers", json!(said)));
    }
    post("又一次").await.is(200);
}

async fn what_who_is_suspended_has_scheduled_is_not_sent(stack: &Stack) {
    let admin = stack.admin("管理員").await;
    let (alice, ming, room) = stack.pair().await;
    let carol = stack.person("卡蘿").await;
    carol.befriend(&alice).await;
    let (scheduled, other) = (
        format!("/chatrooms/{room}/scheduled"),
        format!("/chatrooms/{}/scheduled", carol.open_room(&alice).await),
    );
    let mut new = alice.socket().await.listen("new_message");
    ming.post_json(&scheduled, &json!({ "content": "廣告", "send_at": soon(1) })).await.is(201);
    admin.put(&suspension(ming.id)).await.ok();
    carol.post_json(&other, &json!({ "content": "在這裡", "send_at": soon(2) })).await.is(201);
    assert_eq!(new.next().await["message"]["content"], "在這裡", "what was due before is settled");
    assert_eq!(alice.texts(&room).await, [""; 0]);
    admin.delete(&suspension(ming.id)).await.ok();
    let ming = ming.elsewhere().await;
    assert_eq!(ming.get(&scheduled).await.ok()[0]["failed"], "account_suspended");
}

async fn an_administrator_is_not_suspended(stack: &Stack) {
    let (admin, other) = (stack.admin("管理員").await, stack.admin("另一位").await);
    for person in [&admin, &other] {
        let refused = admin.put(&suspension(person.id)).await;
        refused.refused(400, "is_admin", "An administrator cannot be suspended");
        person.get("/admin/statistics").await.is(200);
    }
    for id in [0, 999_999] {
        admin.put(&suspension(id)).await.refused(404, "not_found", "User not found");
        admin.delete(&suspension(id)).await.refused(404, "not_found", "User not found");
    }
}

async fn report(person: &Person, body: Value) {
    person.post_json("/reports", &body).await.is(204);
}

async fn reports_are_read_closed_and_opened_again(stack: &Stack) {
    let admin = stack.admin("管理員").await;
    let (alice, ming) = (stack.person("愛麗絲").await, stack.person("小明").await);
    for note in ["一", "二", "三"] {
        report(&alice, json!({ "user_id": ming.id, "reason": "spam", "note": note })).await;
    }
    let all = reports(&admin, "").await;
    let notes = |reports: &[Value]| reports.iter().map(|it| text(&it["note"])).collect::<Vec<_>>();
    assert_eq!(notes(&all), ["三", "二", "一"]);
    assert!(all.iter().all(|it| it["state"] == "open" && it["reporter"]["user_id"] == alice.id));
    assert!(all.iter().all(|it| it["reported"]["username"] == "小明" && it["closed_by"].is_null()));
    let first = admin.get("/admin/reports?limit=1&state=open").await.ok();
    assert_eq!((list(&first["items"]), &first["next_cursor"]), (all[..1].to_vec(), &all[0]["report_id"]));
    assert_eq!(reports(&admin, &format!("cursor={}", text(&first["next_cursor"]))).await, all[1..]);
    let path = format!("/admin/reports/{}", text(&all[1]["report_id"]));
    let closed = admin.put_json(&path, &json!({ "state": "closed", "admin_note": "已警告" })).await.ok();
    assert_eq!((&closed["state"], &closed["admin_note"]), (&json!("closed"), &json!("已警告")));
    assert_eq!((&closed["closed_by"], closed["closed_at"].is_null()), (&json!(admin.id), false));
    assert_eq!(reports(&admin, "state=closed").await, std::slice::from_ref(&closed));
    assert_eq!(notes(&reports(&admin, "state=open").await), ["三", "一"]);
    // Who closed it, and when, stays so.
    let other = stack.admin("另一位").await;
    let again = other.put_json(&path, &json!({ "state": "closed" })).await.ok();
    assert_eq!((&again["closed_at"], &again["closed_by"]), (&closed["closed_at"], &closed["closed_by"]));
    assert_eq!(again["admin_note"], Value::Null);
    let opened = admin.put_json(&path, &json!({ "state": "open", "admin_note": " " })).await.ok();
    assert_eq!(opened, all[1]);
    let nothing = "/admin/reports/01890a5d-ac96-774b-bcce-b302099a8057";
    for path in [nothing, "/admin/reports/x"] {
        let answer = admin.put_json(path, &json!({ "state": "closed" })).await;
        answer.refused(404, "not_found", "Report not found");
    }
}

async fn a_report_shows_what_was_reported_and_no_other_message(stack: &Stack) {
    let admin = stack.admin("管理員").await;
    let (alice, ming, room) = stack.pair().await;
    ming.say(&room, "別的話").await;
    let sent = ming.say(&room, "你真討厭").await;
    let body = json!({ "chatroom_id": room, "message_id": sent["message_id"], "reason": "harassment" });
    report(&alice, body).await;
    ming.edit(&sent, "改了").await.ok();
    ming.unsend(&sent).await.ok();
    let answer = admin.get("/admin/reports").await;
    let found = &list(&answer.ok()["items"])[0];
    assert_eq!((&found["evidence"], &found["seq"]), (&json!("你真討厭"), &json!(2)));
    assert_eq!((&found["chatroom_id"], &found["reason"]), (&json!(room), &json!("harassment")));
    assert!(!answer.text().contains("別的話") && !answer.text().contains("改了"), "{answer}");
    let path = format!("/chatrooms/{room}/messages");
    admin.get(&path).await.refused(404, "not_found", "Chatroom not found");
}

async fn the_server_is_shown_in_numbers(stack: &Stack) {
    let admin = stack.admin("管理員").await;
    let (alice, ming, room) = stack.pair().await;
    let carol = stack.person("卡蘿").await;
    alice.open_group(&[&ming, &carol], "大家").await;
    bot(&alice, "helper").await;
    let before = admin.get("/admin/statistics").await.ok();
    alice.say(&room, "你好").await;
    ming.say(&room, "妳好").await;
    for (person, bytes) in [(&alice, "123"), (&ming, "12345"), (&ming, "1")] {
        person.upload("/upload/upload-message-file", ("a.txt", "text/plain"), bytes.as_bytes()).await.ok();
    }
    alice.open_group(&[&ming, &carol], "又一群").await;
    admin.put(&suspension(carol.id)).await.ok();
    report(&alice, json!({ "user_id": carol.id, "reason": "spam" })).await;
    let now = admin.get("/admin/statistics").await.ok();
    let counts = ["users", "suspended_users", "bots", "groups", "uploads", "upload_bytes", "open_reports"];
    assert_eq!(counts.map(|name| now[name].as_i64().unwrap()), [4, 1, 1, 2, 3, 9, 1]);
    let more = |name: &str| now[name].as_i64().unwrap() - before[name].as_i64().unwrap();
    // The new group says in a message of its own that it was made.
    assert_eq!((more("rooms"), more("messages")), (1, 3));
    let largest: Vec<Value> = list(&now["largest_users"]);
    let largest: Vec<Value> =
        largest.iter().map(|it| json!([it["user"]["user_id"], it["uploads"], it["upload_bytes"]])).collect();
    assert_eq!(largest, [json!([ming.id, 2, 6]), json!([alice.id, 1, 3])]);
    assert_eq!(now["version"], env!("CARGO_PKG_VERSION"));
    let database = text(&now["database"]);
    let is_mysql = stack.database_url().starts_with("mysql");
    assert_eq!(database.starts_with("SQLite 3."), !is_mysql, "{database}");
    assert_eq!(database.starts_with("MariaDB ") || database.starts_with("MySQL "), is_mysql, "{database}");
    assert!(now["database_bytes"].as_i64().unwrap() > 10_000, "{now}");
    let disk = |name: &str| now[name].as_i64().unwrap();
    assert!(0 < disk("disk_free_bytes") && disk("disk_free_bytes") <= disk("disk_bytes"), "{now}");
}

async fn the_audit_log_is_read_in_pages(stack: &Stack) {
    let admin = stack.admin("管理員").await;
    let alice = stack.person("愛麗絲").await;
    let first = admin.get("/admin/audit?limit=2").await.ok();
    let entries = list(&first["items"]);
    let done: Vec<Value> =
        entries.iter().map(|it| json!([it["entry_id"], it["action"], it["actor"]["username"]])).collect();
    assert_eq!(done, [json!([3, "audit_read", "管理員"]), json!([2, "signed_in", "愛麗絲"])]);
    assert_eq!(entries[1]["actor_id"], alice.id);
    assert_eq!((&first["next_cursor"], &entries[1]["address"]), (&json!(2), &json!("127.0.0.0/24")));
    let second = admin.get("/admin/audit?limit=2&cursor=2").await.ok();
    assert_eq!((list(&second["items"]).len(), &second["next_cursor"]), (1, &Value::Null));
    assert_eq!(second["items"][0]["entry_id"], 1);
}

async fn what_administrators_read_and_do_is_written(stack: &Stack) {
    let admin = stack.admin("管理員").await;
    let alice = stack.person("愛麗絲").await;
    report(&admin, json!({ "user_id": alice.id, "reason": "spam" })).await;
    let all = reports(&admin, "").await;
    accounts(&admin, "q=某人").await;
    admin.get("/admin/statistics").await.ok();
    let id = text(&all[0]["report_id"]);
    let path = format!("/admin/reports/{id}");
    admin.put_json(&path, &json!({ "state": "closed" })).await.ok();
    admin.put_json(&path, &json!({ "state": "open" })).await.ok();
    let entries = audited(&admin, 5).await;
    let done: Vec<Value> = entries.iter().map(|entry| json!([entry["action"], entry["target"]])).collect();
    let expected = [
        json!(["report_opened", id]),
        json!(["report_closed", id]),
        json!(["statistics_read", null]),
        json!(["accounts_read", null]),
        json!(["reports_read", null]),
    ];
    assert_eq!(done, expected);
    assert!(entries.iter().all(|entry| entry["actor_id"] == admin.id && !entry["session_id"].is_null()));
}

async fn ask(caller: &Caller, (method, path): &(Method, &str)) -> Answer {
    let request = caller.request(method.clone(), path);
    caller.send(if path.contains("/reports/") { request.json(&json!({})) } else { request }).await
}

async fn nobody_else_may(stack: &Stack) {
    let (admin, alice) = (stack.admin("管理員").await, stack.person("愛麗絲").await);
    let token = json!({ "name": "程式", "scopes": ["profile:read", "rooms:read"] });
    let token = text(&admin.post_json("/user/me/tokens", &token).await.is(201).json()["token"]);
    let program = stack.anon().with_token(&token);
    let last = audited(&admin, 1).await[0]["entry_id"].clone();
    for asked in &ASKED {
        ask(&stack.anon(), asked).await.unauthorized("Not authenticated");
        // What is malformed as well.
        ask(&alice, asked).await.refused(403, "forbidden", "Forbidden");
        assert_eq!(ask(&program, asked).await.is(403).json()["code"], "insufficient_scope");
    }
    // Nobody's request was noted as an administrator's.
    assert_eq!(audited(&admin, 2).await[1]["entry_id"], last);
    for asked in &ASKED[..4] {
        ask(&admin, asked).await.ok();
    }
}

async fn no_page_elsewhere_makes_an_administrator_read(stack: &Stack) {
    let admin = stack.admin("管理員").await;
    let open = async |site: Option<&str>| {
        let request = stack.anon().request(Method::GET, "/admin/statistics").header("cookie", &admin.cookie);
        let request = match site {
            Some(site) => request.header("sec-fetch-site", site),
            None => request,
        };
        stack.anon().send(request).await
    };
    for site in [None, Some("cross-site"), Some("same-site"), Some("none")] {
        open(site).await.refused(403, "forbidden", "Forbidden");
    }
    assert_eq!(audited(&admin, 1).await[0]["action"], "signed_in");
    open(Some("same-origin")).await.ok();
}

async fn what_is_malformed_is_named(stack: &Stack) {
    let admin = stack.admin("管理員").await;
    let long = format!("/admin/users?q={}", "長".repeat(129));
    let queries = [
        ("/admin/users?limit=0", "query.limit", "greater_than_equal"),
        ("/admin/users?cursor=x", "query.cursor", "int_parsing"),
        (long.as_str(), "query.q", "string_too_long"),
        ("/admin/audit?cursor=0", "query.cursor", "greater_than_equal"),
        ("/admin/audit?limit=x", "query.limit", "int_parsing"),
    ];
    for (path, place, rule) in queries {
        admin.get(path).await.invalid(&[(place, rule)]);
    }
    admin.get(&format!("/admin/users?q={}", "長".repeat(128))).await.is(200);
    admin.get("/admin/reports?state=new").await.is(422);
    admin.get("/admin/reports?cursor=x").await.refused(404, "not_found", "Report not found");
    admin.put("/admin/users/x/suspension").await.is(422);
    let path = "/admin/reports/01890a5d-ac96-774b-bcce-b302099a8057";
    admin.put_json(path, &json!({})).await.invalid(&[("body.state", "missing")]);
    let long = json!({ "state": "open", "admin_note": "長".repeat(1_001) });
    admin.put_json(path, &long).await.invalid(&[("body.admin_note", "string_too_long")]);
}
