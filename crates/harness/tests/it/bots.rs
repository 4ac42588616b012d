//! Bots: made by their owner, acting by tokens alone, changed and deleted.

use harness::people::{PASSWORD, list, text};
use harness::{Caller, Person, Stack, on_each_database};
use serde_json::{Value, json};

on_each_database! {
    a_bot_is_a_friend_of_its_owner_and_says_what_it_is,
    a_bot_acts_by_its_tokens_alone,
    a_bot_is_added_to_groups_by_its_friends,
    an_owner_changes_and_deletes_a_bot,
    a_bot_goes_with_its_owner,
    a_bot_is_its_owners_alone,
    what_is_no_bot_to_be_is_refused,
    a_user_has_so_many_bots where |config| config.limits.bots_max = 2,
    a_token_reads_no_message_by_writing,
    bots_share_the_quota_of_their_owner where |config| config.limits.upload_quota_bytes = 1_000,
}

/// Makes a bot; returns its id.
pub(crate) async fn bot(owner: &Person, username: &str) -> i64 {
    let body = json!({ "username": username, "nickname": "機器人" });
    owner.post_json("/bots", &body).await.is(201).json()["user_id"].as_i64().unwrap()
}

/// Returns a program that acts as a bot.
pub(crate) async fn program(owner: &Person, bot: i64, scopes: &[&str]) -> Caller {
    let body = json!({ "name": "程式", "scopes": scopes });
    let made = owner.post_json(&format!("/bots/{bot}/tokens"), &body).await.is(201).json();
    owner.with_token(&text(&made["token"]))
}

async fn a_bot_is_a_friend_of_its_owner_and_says_what_it_is(stack: &Stack) {
    let alice = stack.person("愛麗絲").await;
    let (socket, cursor) = (alice.socket().await, text(&alice.get("/sync").await.ok()["cursor"]));
    let made = json!({ "username": "helper", "nickname": "小幫手" });
    let made = alice.post_json("/bots", &made).await.is(201).json();
    assert_eq!(
        (&made["is_bot"], &made["nickname"], &made["email"]),
        (&json!(true), &json!("小幫手"), &Value::Null)
    );
    let friend = socket.first("friend_accepted").await["friend"].clone();
    assert_eq!((&friend["user_id"], &friend["is_bot"]), (&made["user_id"], &json!(true)));
    let missed = alice.get(&format!("/sync?since={cursor}")).await.ok();
    let names: Vec<String> = list(&missed["events"]).iter().map(|event| text(&event["event"])).collect();
    assert_eq!(names, ["chatroom_created", "friend_accepted"]);
    let friends = list(&alice.get("/friends").await.ok());
    assert_eq!((&friends[0]["user_id"], &friends[0]["is_bot"]), (&made["user_id"], &json!(true)));
    assert_eq!(alice.get(&format!("/user/{}", made["user_id"])).await.ok(), made);
    assert_eq!(alice.get("/bots").await.ok(), json!([made]));
    let me = alice.get("/user/me").await.ok();
    assert!(me.get("is_bot").is_none(), "{me}");
    let program = program(&alice, made["user_id"].as_i64().unwrap(), &["messages:write"]).await;
    let room = text(&friend["chatroom_id"]);
    let said = program
        .post_json(&format!("/chatrooms/{room}/messages"), &json!({ "content": "有什麼事？" }))
        .await
        .ok();
    assert_eq!((&said["user"]["is_bot"], &said["sender_id"]), (&json!(true), &made["user_id"]));
    assert_eq!(socket.first("new_message").await["message"]["user"], said["user"]);
    let own = alice.say(&room, "沒事").await;
    assert!(own["user"].get("is_bot").is_none(), "{own}");
    let answer = alice.reply(&room, &said, "好").await;
    assert_eq!(answer["reply_to"]["user"]["is_bot"], true);
}

async fn a_bot_acts_by_its_tokens_alone(stack: &Stack) {
    let alice = stack.person("愛麗絲").await;
    let id = bot(&alice, "helper").await;
    for password in ["", PASSWORD, "*"] {
        stack.anon().sign_in("helper", password).await.is(401);
    }
    let reader = program(&alice, id, &["profile:read"]).await;
    assert_eq!(reader.get("/user/me").await.ok()["username"], "helper");
    reader.get("/chatrooms").await.refused(
        403,
        "insufficient_scope",
        "The token does not have the scopes for this",
    );
    for path in ["/bots", "/user/me/tokens", &format!("/bots/{id}/tokens")] {
        reader.get(path).await.is(403);
    }
    let path = format!("/bots/{id}/tokens");
    let tokens = list(&alice.get(&path).await.ok());
    assert_eq!((tokens.len(), &tokens[0]["scopes"]), (1, &json!(["profile:read"])));
    assert_eq!(alice.get("/user/me/tokens").await.ok(), json!([]));
    let one = format!("{path}/{}", text(&tokens[0]["token_id"]));
    alice.delete(&format!("/user/me/tokens/{}", text(&tokens[0]["token_id"]))).await.is(404);
    alice.delete(&one).await.is(204);
    reader.get("/user/me").await.is(401);
    alice.delete(&one).await.refused(404, "not_found", "Token not found");
}

async fn a_bot_is_added_to_groups_by_its_friends(stack: &Stack) {
    let ([alice, ming, _], room) = stack.group().await;
    let id = bot(&alice, "helper").await;
    let members = format!("/chatrooms/{room}/participants");
    let body = json!({ "members_id": [id] });
    ming.post_json(&members, &body).await.refused(404, "not_found", "User not found");
    let added = alice.post_json(&members, &body).await.ok();
    assert_eq!((&added[0]["user_id"], &added[0]["is_bot"]), (&json!(id), &json!(true)));
    let program = program(&alice, id, &["messages:write", "messages:read"]).await;
    program.post_json(&format!("/chatrooms/{room}/messages"), &json!({ "content": "大家好" })).await.ok();
    assert_eq!(ming.texts(&room).await, ["大家好"]);
    assert_eq!(ming.get(&format!("/user/{id}")).await.ok()["is_bot"], true);
    alice.delete(&format!("{members}/{id}")).await.is(204);
    program.get(&format!("/chatrooms/{room}/messages")).await.is(404);
}

async fn an_owner_changes_and_deletes_a_bot(stack: &Stack) {
    let ([alice, ming, _], room) = stack.group().await;
    let id = bot(&alice, "helper").await;
    alice.post_json(&format!("/chatrooms/{room}/participants"), &json!({ "members_id": [id] })).await.ok();
    let program = program(&alice, id, &["messages:write"]).await;
    program.post_json(&format!("/chatrooms/{room}/messages"), &json!({ "content": "我在" })).await.ok();
    let (socket, path) = (ming.socket().await, format!("/bots/{id}"));
    let changed = alice.patch(&path, &json!({ "nickname": "新名字", "status": "忙" })).await.ok();
    assert_eq!((&changed["nickname"], &changed["status"]), (&json!("新名字"), &json!("忙")));
    assert_eq!(socket.first("user_updated").await["user"]["nickname"], "新名字");
    alice.delete(&path).await.is(204);
    program.get("/user/me").await.is(401);
    alice.delete(&path).await.refused(404, "not_found", "Bot not found");
    alice.patch(&path, &json!({ "status": "在" })).await.refused(404, "not_found", "Bot not found");
    assert_eq!(
        (alice.get("/bots").await.ok(), ming.texts(&room).await),
        (json!([]), vec!["我在".to_owned()])
    );
    assert!(!alice.people("/friends").await.contains(&id));
    bot(&alice, "helper").await;
}

async fn a_bot_goes_with_its_owner(stack: &Stack) {
    let (alice, ming, _) = stack.pair().await;
    let (id, other) = (bot(&alice, "helper").await, bot(&ming, "other").await);
    let program_of = program(&alice, id, &["profile:read"]).await;
    let stays = program(&ming, other, &["profile:read"]).await;
    alice.delete_account(PASSWORD).await.is(204);
    program_of.get("/user/me").await.is(401);
    stays.get("/user/me").await.ok();
}

async fn a_bot_is_its_owners_alone(stack: &Stack) {
    let (alice, ming, _) = stack.pair().await;
    let id = bot(&alice, "helper").await;
    let token = json!({ "name": "程式", "scopes": ["profile:read"] });
    let path = format!("/bots/{id}");
    let tokens = format!("{path}/tokens");
    for (who, bot) in [(&ming, id), (&alice, ming.id), (&alice, 0)] {
        let path = format!("/bots/{bot}");
        let missing = |answer: harness::Answer| {
            answer.refused(404, "not_found", "Bot not found");
        };
        missing(who.patch(&path, &json!({ "status": "忙" })).await);
        missing(who.delete(&path).await);
        missing(who.get(&format!("{path}/tokens")).await);
        missing(who.post_json(&format!("{path}/tokens"), &token).await);
        let one = format!("{path}/tokens/01a203a3-d4e1-742a-b5d0-5b87b7200c6b");
        missing(who.delete(&one).await);
    }
    let anon = stack.anon();
    anon.get("/bots").await.is(401);
    anon.post_json("/bots", &json!({ "username": "x" })).await.is(401);
    anon.patch(&path, &json!({})).await.is(401);
    anon.delete(&path).await.is(401);
    anon.get(&tokens).await.is(401);
    anon.post_json(&tokens, &token).await.is(401);
}

async fn what_is_no_bot_to_be_is_refused(stack: &Stack) {
    let alice = stack.person("愛麗絲").await;
    let bad = async |body: Value| alice.post_json("/bots", &body).await;
    bad(json!({})).await.invalid(&[("body.username", "missing")]);
    bad(json!({ "username": "字".repeat(33) })).await.invalid(&[("body.username", "string_too_long")]);
    bad(json!({ "username": "bot", "nickname": "字".repeat(33) }))
        .await
        .invalid(&[("body.nickname", "string_too_long")]);
    bad(json!({ "username": "愛麗絲" })).await.refused(422, "username_taken", "User '愛麗絲' exist");
    assert_eq!(alice.get("/bots").await.ok(), json!([]));
    let id = bot(&alice, &"字".repeat(32)).await;
    let token = json!({ "name": "程式", "scopes": [] });
    alice.post_json(&format!("/bots/{id}/tokens"), &token).await.is(422);
    alice.post_json(&format!("/bots/{id}/tokens"), &json!({})).await.is(422);
    alice.patch(&format!("/bots/{id}"), &json!({ "status": "字".repeat(257) })).await.is(422);
}

async fn a_user_has_so_many_bots(stack: &Stack) {
    let alice = stack.person("愛麗絲").await;
    let first = bot(&alice, "one").await;
    bot(&alice, "two").await;
    let third = json!({ "username": "three" });
    alice.post_json("/bots", &third).await.refused(400, "too_many_bots", "A user can have at most 2 bots");
    alice.delete(&format!("/bots/{first}")).await.is(204);
    alice.post_json("/bots", &third).await.is(201);
}

async fn a_token_reads_no_message_by_writing(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let said = ming.say(&room, "只給看得到的人").await;
    let body = |scopes: &[&str]| json!({ "name": "程式", "scopes": scopes });
    let token = async |scopes: &[&str]| {
        let made = alice.post_json("/user/me/tokens", &body(scopes)).await.is(201).json();
        alice.with_token(&text(&made["token"]))
    };
    let writer = token(&["messages:write", "rooms:write", "rooms:read"]).await;
    let both = token(&["messages:write", "messages:read", "rooms:write", "rooms:read"]).await;
    let (path, one) = (format!("/chatrooms/{room}/messages"), harness::people::path_of(&said));
    let forward = json!({ "forwarded_from": { "chatroom_id": room, "message_id": said["message_id"] } });
    let reply = json!({ "content": "好", "reply_to": said["message_id"] });
    let mut later = forward.clone();
    later["send_at"] = json!(crate::scheduled_messages::soon(1_000));
    for (caller, allowed) in [(&writer, false), (&both, true)] {
        let answers = [
            caller.post_json(&path, &forward).await,
            caller.post_json(&path, &reply).await,
            caller.post_json(&format!("/chatrooms/{room}/scheduled"), &later).await,
            caller.put(&format!("{one}/reactions/👍")).await,
            caller.put(&format!("{one}/pin")).await,
            caller.get(&format!("/chatrooms/{room}/pins")).await,
        ];
        for answer in answers {
            assert_eq!(answer.status < 300, allowed, "{answer}");
            assert_eq!(answer.text().contains("insufficient_scope"), !allowed, "{answer}");
        }
    }
    writer.post_json(&path, &json!({ "content": "自己說的" })).await.ok();
}

async fn bots_share_the_quota_of_their_owner(stack: &Stack) {
    let (alice, ming, _) = stack.pair().await;
    let (one, other) = (bot(&alice, "one").await, bot(&alice, "other").await);
    let one = program(&alice, one, &["files:write"]).await;
    let other = program(&alice, other, &["files:write"]).await;
    let upload = async |caller: &Caller, bytes: usize| {
        caller.upload("/upload/upload-message-file", ("a.txt", "text/plain"), &vec![b'a'; bytes]).await
    };
    upload(&one, 400).await.is(200);
    upload(&alice, 400).await.is(200);
    for caller in [&other, &one, &alice] {
        assert_eq!(upload(caller, 201).await.is(413).json()["code"], "quota_exceeded");
    }
    upload(&other, 200).await.is(200);
    upload(&ming, 1_000).await.is(200);
}
