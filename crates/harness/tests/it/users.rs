//! Profiles, and the end of an account (endpoints 5 to 8).

use harness::people::{PASSWORD, Person, text};
use harness::socket::split_position;
use harness::{Stack, on_each_database};
use serde_json::{Value, json};

on_each_database! {
    one_sees_oneself_whole_and_acquaintances_without_their_address,
    a_stranger_learns_nothing_not_even_whether_there_is_one,
    a_profile_is_changed_field_by_field,
    a_profile_is_changed_by_its_owner_and_within_its_rules,
    a_changed_profile_is_sent_to_all_who_list_it,
    a_changed_profile_is_one_entry_for_a_large_room,
    a_new_name_is_on_old_messages_too,
    only_oneself_is_deleted,
    deleting_asks_for_the_password,
    a_deleted_account_closes_its_sockets_and_leaves_its_friends,
    what_a_deleted_account_said_stays_with_its_readers,
    a_name_that_is_free_again_opens_nothing_old,
}

async fn one_sees_oneself_whole_and_acquaintances_without_their_address(stack: &Stack) {
    let (alice, ming) = stack.friends().await;
    let fellow = stack.person("室友").await;
    alice.open_room(&fellow).await;
    let path = format!("/user/{}", alice.id);
    let me = alice.get("/user/me").await.ok();
    assert_eq!(alice.get(&path).await.ok(), me);
    let mut seen = me;
    seen["email"] = Value::Null;
    for other in [&ming, &fellow] {
        assert_eq!(other.get(&path).await.ok(), seen);
        assert_eq!(other.get(&format!("{path}/")).await.ok(), seen);
    }
}

async fn a_stranger_learns_nothing_not_even_whether_there_is_one(stack: &Stack) {
    let (alice, stranger) = (stack.person("愛麗絲").await, stack.person("陌生人").await);
    for id in [alice.id, 999_999_999, 0, -1, i64::MAX] {
        stranger.get(&format!("/user/{id}")).await.refused(403, "forbidden", "Forbidden");
    }
    for id in ["abc", "1.5", "9223372036854775808", "%00", "1%20"] {
        let answer = stranger.get(&format!("/user/{id}")).await;
        assert!(matches!(answer.status, 422 | 403), "{answer}");
    }
    stranger.get("/user/abc").await.invalid(&[("path.user_id", "int_parsing")]);
}

async fn a_profile_is_changed_field_by_field(stack: &Stack) {
    let alice = stack.person("愛麗絲").await;
    let path = format!("/user/{}", alice.id);
    let before = alice.get("/user/me").await.ok();
    let changes = json!({ "nickname": "小愛", "status": "忙著寫程式", "username": "別名", "email": "x@y", "hashed_password": "x" });
    let changed = alice.patch(&path, &changes).await.ok();
    assert_eq!((&changed["nickname"], &changed["status"]), (&json!("小愛"), &json!("忙著寫程式")));
    for key in ["username", "email", "avatar_url", "created_at", "user_id"] {
        assert_eq!(changed[key], before[key], "{key}");
    }
    assert!(text(&changed["updated_at"]) > text(&before["updated_at"]));

    let again = alice.patch(&format!("{path}/"), &json!({ "nickname": null, "status": "" })).await.ok();
    assert_eq!((&again["nickname"], &again["status"]), (&json!("小愛"), &json!("")));
    for url in ["https://example.com/貓.png", "/static/avatars/x.png", ""] {
        assert_eq!(alice.patch(&path, &json!({ "avatar_url": url })).await.ok()["avatar_url"], url);
    }
    let longest = json!({ "nickname": "長".repeat(32), "status": "長".repeat(256) });
    let longest = alice.patch(&path, &longest).await.ok();
    assert_eq!(alice.get("/user/me").await.ok(), longest);
}

async fn a_profile_is_changed_by_its_owner_and_within_its_rules(stack: &Stack) {
    let (alice, ming) = stack.friends().await;
    let path = format!("/user/{}", alice.id);
    ming.patch(&path, &json!({ "nickname": "壞" })).await.refused(403, "forbidden", "Forbidden");
    ming.patch("/user/999999999", &json!({})).await.refused(403, "forbidden", "Forbidden");
    for (changes, place, kind) in [
        (json!({ "nickname": "長".repeat(33) }), "body.nickname", "string_too_long"),
        (json!({ "status": "長".repeat(257) }), "body.status", "string_too_long"),
        (
            json!({ "avatar_url": format!("https://e.example/{}", "a".repeat(600)) }),
            "body.avatar_url",
            "string_too_long",
        ),
        (json!({ "nickname": 5 }), "body.nickname", "string_type"),
        (json!([]), "body", "model_attributes_type"),
    ] {
        alice.patch(&path, &changes).await.invalid(&[(place, kind)]);
    }
    alice
        .patch(&path, &json!({ "nickname": 5, "status": {} }))
        .await
        .invalid(&[("body.nickname", "string_type"), ("body.status", "string_type")]);
    for url in [
        "javascript:alert(1)",
        "data:text/html,x",
        "貓.png",
        "//evil.example/x",
        "ftp://e.example/x",
        "javascript://%0a../static/message/0190a7e0-5b1c-7d3e-8f2a-1b2c3d4e5f60",
        "/static/../x",
        "/static/\\e.example",
        "java\nscript:x",
        " https://e.example/x",
        "https://e.example/\n",
    ] {
        let answer = alice.patch(&path, &json!({ "avatar_url": url })).await;
        assert_eq!(answer.is(422).json()["code"], "validation", "{answer}");
    }
    alice.patch(&path, &json!({ "nickname": "a\u{202E}b" })).await.is(422);
    assert_eq!(alice.get("/user/me").await.ok()["nickname"], Value::Null);
}

async fn a_changed_profile_is_sent_to_all_who_list_it(stack: &Stack) {
    let (alice, ming) = stack.friends().await;
    let (fellow, stranger) = (stack.person("室友").await, stack.person("陌生人").await);
    alice.open_room(&fellow).await;
    let sockets = [alice.socket().await, ming.socket().await, fellow.socket().await];
    let far = stranger.socket().await;
    let mut received: Vec<_> = sockets.iter().map(|socket| socket.listen("user_updated")).collect();
    alice.patch(&format!("/user/{}", alice.id), &json!({ "nickname": "新名字" })).await.is(200);
    for listener in &mut received {
        let user = listener.next().await["user"].clone();
        assert_eq!(
            user,
            json!({
                "user_id": alice.id, "username": "愛麗絲", "nickname": "新名字", "avatar_url": null, "status": null,
            })
        );
    }
    // The stranger's own change comes after, and is the first that they receive.
    let mut own = far.listen("user_updated");
    stranger.patch(&format!("/user/{}", stranger.id), &json!({ "status": "嗨" })).await.is(200);
    assert_eq!(own.next().await["user"]["user_id"], stranger.id);
    assert_eq!(far.received_of("user_updated").len(), 1);
}

async fn a_changed_profile_is_one_entry_for_a_large_room(stack: &Stack) {
    let (alice, friend) = stack.friends().await;
    let mut people = Vec::new();
    for number in 0..20 {
        people.push(stack.person(&format!("成員{number}")).await);
    }
    let all: Vec<_> = people.iter().collect();
    // One of them is in a room of two with her, too, and gets it once all the same.
    alice.open_room(all[0]).await;
    alice.open_group(&all, "大家").await;
    let cursor = text(&alice.get("/sync").await.ok()["cursor"]);
    let receivers = [&alice, &friend, all[0], all[19]];
    let mut sockets = Vec::new();
    for person in receivers {
        sockets.push(person.socket().await);
    }
    let mut received: Vec<_> = sockets.iter().map(|socket| socket.listen("user_updated")).collect();
    alice.patch(&format!("/user/{}", alice.id), &json!({ "nickname": "新名字" })).await.is(200);
    for listener in &mut received {
        assert_eq!(listener.next().await["user"]["nickname"], "新名字");
    }
    for person in receivers {
        let page = person.get(&format!("/sync?since={cursor}")).await.ok();
        let events = page["events"].as_array().unwrap();
        assert_eq!(events.len(), 1, "{page}");
        assert_eq!(events[0]["event"], "user_updated");
        // The group's one row, and her friend's.
        let position = |cursor: &str| cursor.split('.').next_back().unwrap().parse::<i64>().unwrap();
        assert_eq!(position(&text(&page["cursor"])) - position(&cursor), 2);
    }
}

async fn a_new_name_is_on_old_messages_too(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    alice.say(&room, "你好").await;
    alice
        .patch(
            &format!("/user/{}", alice.id),
            &json!({ "nickname": "小愛", "avatar_url": "https://e.example/a.png" }),
        )
        .await
        .is(200);
    let author = ming.read_page(&room, "limit=1").await[0]["user"].clone();
    assert_eq!(
        author,
        json!({
            "id": alice.id, "username": "愛麗絲", "userName": "愛麗絲", "nickname": "小愛", "profilePictureUrl": "https://e.example/a.png",
        })
    );
    let sent = alice.say(&room, "還是我").await;
    assert_eq!(sent["user"], author);
}

async fn only_oneself_is_deleted(stack: &Stack) {
    let (alice, ming) = stack.friends().await;
    for id in [alice.id, 999_999_999] {
        ming.delete(&format!("/user/{id}")).await.refused(403, "forbidden", "Forbidden");
    }
    ming.delete("/user/abc").await.invalid(&[("path.user_id", "int_parsing")]);
    let answer = alice.delete_account(PASSWORD).await;
    assert_eq!(answer.is(204).text(), "");
    alice.get("/user/me").await.unauthorized("Could not validate credentials");
    stack.anon().sign_in("愛麗絲", PASSWORD).await.refused(
        401,
        "wrong_login",
        "Incorrect username or password",
    );
    stack.anon().sign_in("愛麗絲@example.com", PASSWORD).await.is(401);
}

async fn deleting_asks_for_the_password(stack: &Stack) {
    let alice = stack.person("愛麗絲").await;
    let path = format!("/user/{}", alice.id);
    alice.delete(&path).await.refused(403, "wrong_password", "Incorrect password");
    for body in
        [json!({}), json!({ "password": null }), json!({ "password": "" }), json!({ "password": "不對" })]
    {
        alice.delete_json(&path, &body).await.refused(403, "wrong_password", "Incorrect password");
    }
    alice.delete_json(&path, &json!({ "password": 7 })).await.invalid(&[("body.password", "string_type")]);
    alice.get("/user/me").await.is(200);
    alice.delete_account(PASSWORD).await.is(204);
}

async fn a_deleted_account_closes_its_sockets_and_leaves_its_friends(stack: &Stack) {
    let (alice, ming) = stack.friends().await;
    let asked = stack.person("被問的").await;
    alice.post(&format!("/friends/request?friend_id={}", asked.id)).await.is(200);
    let (device, mine, theirs) = (alice.elsewhere().await, alice.socket().await, ming.socket().await);
    let other = device.socket().await;
    let mut removed = theirs.listen("friend_removed");
    alice.delete_json(&format!("/user/{}/", alice.id), &json!({ "password": PASSWORD })).await.is(204);
    for socket in [&mine, &other] {
        socket.closed().await;
        assert_eq!(socket.received_of("session_revoked").len(), 1);
    }
    device.get("/user/me").await.unauthorized("Could not validate credentials");
    assert_eq!(split_position(removed.next().await).1, json!({ "user_id": alice.id }));
    assert!(ming.people("/friends/").await.is_empty());
    assert!(asked.people("/friends/requests/pending").await.is_empty());
    ming.get("/friends/search?username=愛麗絲").await.is(404);
    ming.get("/friends/search?email=愛麗絲@example.com").await.is(404);
    ming.post(&format!("/friends/request?friend_id={}", alice.id)).await.refused(
        404,
        "not_found",
        "User not found",
    );
}

async fn what_a_deleted_account_said_stays_with_its_readers(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let third = stack.person("第三人").await;
    let group = alice.open_group(&[&ming, &third], "三人行").await;
    alice.say(&room, "再見").await;
    ming.say(&room, "要走了?").await;
    alice.say(&group, "大家再見").await;
    alice.delete_account(PASSWORD).await.is(204);

    let rooms = ming.rooms().await;
    assert_eq!(rooms.len(), 2);
    let name = format!("deleted_{}", alice.id);
    assert_eq!(ming.room(&room).await["username"], name.as_str());
    assert_eq!(ming.texts(&room).await, ["再見", "要走了?"]);
    assert_eq!(third.texts(&group).await, ["大家再見"]);
    let author = ming.read_page(&room, "limit=5").await[0]["user"].clone();
    assert_eq!((&author["id"], &author["username"]), (&json!(alice.id), &json!(name)));
    assert!(!format!("{rooms:?}").contains("愛麗絲"), "{rooms:?}");
    ming.get(&format!("/chatrooms/{room}")).await.is(200);
    ming.say(&room, "好安靜").await;
    third.say(&group, "還有我們").await;
    assert_eq!(ming.texts(&group).await, ["大家再見", "還有我們"]);
}

async fn a_name_that_is_free_again_opens_nothing_old(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    alice.say(&room, "舊的我").await;
    alice.delete_account(PASSWORD).await.is(204);
    let again = Person::join(&stack.anon(), "愛麗絲").await;
    assert_ne!(again.id, alice.id);
    assert!(again.rooms().await.is_empty() && again.people("/friends/").await.is_empty());
    again.get(&format!("/chatrooms/{room}")).await.refused(404, "not_found", "Chatroom not found");
    again.get(&format!("/chatrooms/{room}/messages")).await.refused(404, "not_found", "Chatroom not found");
    // The old token carries the same name; it opens neither account.
    alice.get("/user/me").await.unauthorized("Could not validate credentials");
    assert_eq!(ming.read_page(&room, "limit=1").await[0]["sender_id"], alice.id);
    let fresh = ming.open_room(&again).await;
    assert_ne!(fresh, room);
    let answer = stack
        .anon()
        .register(&json!({ "username": format!("deleted_{}", alice.id), "password": PASSWORD }))
        .await;
    answer.is(422);
}
