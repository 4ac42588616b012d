//! Friends: asking, answering, parting, finding (endpoints 9 to 16).

use harness::socket::split_position;
use harness::{Person, Stack, on_each_database};
use serde_json::{Value, json};

async fn ask(me: &Person, other: &Person) -> harness::Answer {
    me.post(&format!("/friends/request?friend_id={}", other.id)).await
}

async fn accept(me: &Person, asker: &Person) -> harness::Answer {
    me.post(&format!("/friends/requests/accepted?friend_id={}", asker.id)).await
}

async fn reject(me: &Person, asker: &Person) -> harness::Answer {
    me.delete(&format!("/friends/requests/reject?friend_id={}", asker.id)).await
}

async fn remove(me: &Person, friend: &Person) -> harness::Answer {
    me.delete(&format!("/friends/?friend_id={}", friend.id)).await
}

on_each_database! {
    a_request_is_seen_on_both_sides_and_accepted,
    accepting_opens_the_room_that_the_seeds_client_then_asks_for,
    one_asks_once_and_not_oneself_and_not_a_friend,
    only_the_asked_accepts_and_only_once,
    crossing_requests_make_friends,
    requests_that_cross_in_the_same_moment_make_friends_once,
    a_rejected_request_is_gone_and_may_be_made_again,
    a_request_is_taken_back_by_who_made_it,
    parting_ends_the_friendship_and_keeps_the_room,
    a_friend_id_may_stand_in_the_body_too,
    a_friend_id_that_is_none_is_refused_apart,
    a_search_finds_one_person_by_exact_address_or_name,
    who_is_not_to_be_found_is_not,
    who_is_not_to_be_found_is_as_nobody_to_a_stranger,
    both_sides_receive_it,
}

async fn a_request_is_seen_on_both_sides_and_accepted(stack: &Stack) {
    let (alice, ming) = (stack.person("愛麗絲").await, stack.person("小明").await);
    let asked = ask(&alice, &ming).await.ok();
    assert_eq!((&asked["status"], &asked["friend"]["user_id"]), (&json!("pending"), &json!(ming.id)));
    assert_eq!(alice.people("/friends/requests/sent").await, [ming.id]);
    assert_eq!(ming.people("/friends/requests/pending/").await, [alice.id]);
    assert!(alice.people("/friends/requests/pending").await.is_empty());
    assert!(ming.people("/friends/requests/sent/").await.is_empty());
    assert!(alice.people("/friends/").await.is_empty());

    let accepted = accept(&ming, &alice).await.ok();
    assert_eq!(accepted["user_id"], alice.id);
    for path in ["/friends/requests/sent", "/friends/requests/pending"] {
        assert!(alice.people(path).await.is_empty() && ming.people(path).await.is_empty(), "{path}");
    }
    let friend = alice.get("/friends").await.ok()[0].clone();
    assert_eq!(
        friend,
        json!({
            "user_id": ming.id, "username": "小明", "nickname": null, "avatar_url": null, "status": null,
            "online": false, "last_seen": null, "chatroom_id": accepted["chatroom_id"],
        })
    );
    assert_eq!(ming.people("/friends/").await, [alice.id]);
}

async fn accepting_opens_the_room_that_the_seeds_client_then_asks_for(stack: &Stack) {
    let (alice, ming) = (stack.person("愛麗絲").await, stack.person("小明").await);
    ask(&alice, &ming).await.is(200);
    let room = accept(&ming, &alice).await.ok()["chatroom_id"].clone();
    assert_eq!(json!(alice.open_room(&ming).await), room);
    assert_eq!(json!(ming.open_room(&alice).await), room);
    assert_eq!(alice.rooms().await.len(), 1);
}

async fn one_asks_once_and_not_oneself_and_not_a_friend(stack: &Stack) {
    let (alice, ming) = (stack.person("愛麗絲").await, stack.person("小明").await);
    ask(&alice, &alice).await.refused(400, "oneself", "You cannot add yourself as a friend.");
    ask(&alice, &ming).await.is(200);
    ask(&alice, &ming).await.refused(400, "already_requested", "Friend request already sent");
    accept(&ming, &alice).await.is(200);
    for (me, other) in [(&alice, &ming), (&ming, &alice)] {
        ask(me, other).await.refused(400, "already_friends", "Already friends");
    }
    for id in [999_999_999, 0, -1, i64::MAX] {
        alice.post(&format!("/friends/request?friend_id={id}")).await.refused(
            404,
            "not_found",
            "User not found",
        );
    }
}

async fn only_the_asked_accepts_and_only_once(stack: &Stack) {
    let (alice, ming, third) =
        (stack.person("愛麗絲").await, stack.person("小明").await, stack.person("第三人").await);
    let nothing = |answer: harness::Answer| {
        answer.refused(404, "not_found", "Friend request not found");
    };
    nothing(accept(&ming, &alice).await);
    ask(&alice, &ming).await.is(200);
    nothing(accept(&alice, &ming).await);
    nothing(accept(&third, &alice).await);
    nothing(accept(&ming, &third).await);
    nothing(alice.post("/friends/requests/accepted?friend_id=999999999").await);
    accept(&ming, &alice).await.is(200);
    nothing(accept(&ming, &alice).await);
    assert!(third.people("/friends/").await.is_empty());
}

async fn crossing_requests_make_friends(stack: &Stack) {
    let (alice, ming) = (stack.person("愛麗絲").await, stack.person("小明").await);
    ask(&alice, &ming).await.is(200);
    let crossed = ask(&ming, &alice).await.ok();
    assert_eq!(crossed["status"], "accepted");
    assert_eq!(crossed["chatroom_id"], json!(alice.open_room(&ming).await));
    assert_eq!(alice.people("/friends/").await, [ming.id]);
    assert!(ming.people("/friends/requests/pending").await.is_empty());
}

async fn requests_that_cross_in_the_same_moment_make_friends_once(stack: &Stack) {
    let (alice, ming) = (stack.person("愛麗絲").await, stack.person("小明").await);
    let sides = [(&alice, &ming), (&ming, &alice)];
    let calls = sides.iter().cycle().take(8).map(|(me, other)| ask(me, other));
    let answers = futures_util::future::join_all(calls).await;
    let won = answers.iter().filter(|answer| answer.status == 200).count();
    assert_eq!(won, 2, "one asked and one agreed: {answers:#?}");
    assert!(answers.iter().all(|answer| matches!(answer.status, 200 | 400)), "{answers:#?}");
    assert_eq!(
        (alice.people("/friends/").await, ming.people("/friends/").await),
        (vec![ming.id], vec![alice.id])
    );
    assert_eq!((alice.rooms().await.len(), ming.rooms().await.len()), (1, 1));
}

async fn a_rejected_request_is_gone_and_may_be_made_again(stack: &Stack) {
    let (alice, ming) = (stack.person("愛麗絲").await, stack.person("小明").await);
    ask(&alice, &ming).await.is(200);
    // The asker cannot turn their own request down.
    reject(&alice, &ming).await.is(204);
    assert_eq!(ming.people("/friends/requests/pending").await, [alice.id]);
    assert_eq!(reject(&ming, &alice).await.is(204).text(), "");
    reject(&ming, &alice).await.is(204);
    assert!(ming.people("/friends/requests/pending").await.is_empty());
    assert!(alice.people("/friends/requests/sent").await.is_empty());
    accept(&ming, &alice).await.is(404);
    ask(&alice, &ming).await.is(200);
    accept(&ming, &alice).await.is(200);
}

async fn a_request_is_taken_back_by_who_made_it(stack: &Stack) {
    let (alice, ming) = (stack.person("愛麗絲").await, stack.person("小明").await);
    ask(&alice, &ming).await.is(200);
    ming.delete(&format!("/friends/request?friend_id={}", alice.id)).await.is(204);
    assert_eq!(ming.people("/friends/requests/pending").await, [alice.id]);
    for _ in 0..2 {
        alice.delete(&format!("/friends/request/?friend_id={}", ming.id)).await.is(204);
    }
    assert!(ming.people("/friends/requests/pending").await.is_empty());
    accept(&ming, &alice).await.is(404);
    // Now the other may ask first.
    assert_eq!(ask(&ming, &alice).await.ok()["status"], "pending");
}

async fn parting_ends_the_friendship_and_keeps_the_room(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    alice.say(&room, "還在嗎").await;
    remove(&ming, &alice).await.is(204);
    assert!(alice.people("/friends/").await.is_empty() && ming.people("/friends/").await.is_empty());
    for _ in 0..2 {
        remove(&alice, &ming).await.is(204);
    }
    assert_eq!(ming.texts(&room).await, ["還在嗎"]);
    ming.say(&room, "還在").await;
    assert_eq!(ask(&alice, &ming).await.ok()["status"], "pending");
    // Parting is for friends: a request that waits is not one.
    remove(&alice, &ming).await.is(204);
    accept(&ming, &alice).await.is(200);
    assert_eq!(alice.open_room(&ming).await, room);
}

async fn a_friend_id_may_stand_in_the_body_too(stack: &Stack) {
    let (alice, ming) = (stack.person("愛麗絲").await, stack.person("小明").await);
    alice.post_json("/friends/request", &json!({ "friend_id": ming.id })).await.is(200);
    ming.post_form("/friends/requests/accepted/", &[("friend_id", &alice.id.to_string())]).await.is(200);
    let request = alice
        .request(reqwest::Method::DELETE, "/friends/")
        .json(&json!({ "friend_id": ming.id.to_string() }));
    alice.send(request).await.is(204);
    assert!(alice.people("/friends/").await.is_empty());
    let query_wins = format!("/friends/request?friend_id={}", ming.id);
    alice.post_json(&query_wins, &json!({ "friend_id": alice.id })).await.is(200);
}

async fn a_friend_id_that_is_none_is_refused_apart(stack: &Stack) {
    let alice = stack.person("愛麗絲").await;
    let requests = [
        ("POST", "/friends/request"),
        ("DELETE", "/friends/request"),
        ("POST", "/friends/requests/accepted"),
        ("DELETE", "/friends/requests/reject"),
        ("DELETE", "/friends/"),
        ("DELETE", "/friends"),
    ];
    for (method, path) in requests {
        let call = async |query: &str| {
            let method = method.parse().unwrap();
            alice.send(alice.request(method, &format!("{path}{query}"))).await
        };
        let error = &call("").await.invalid(&[("query.friend_id", "missing")])[0];
        assert_eq!((&error["msg"], &error["input"]), (&json!("Field required"), &Value::Null));
        for wrong in
            ["?friend_id=abc", "?friend_id=1.5", "?friend_id=9223372036854775808", "?friend_id=%E5%B0%8F"]
        {
            call(wrong).await.invalid(&[("query.friend_id", "int_parsing")]);
        }
        let empty = call("?friend_id=").await;
        assert_eq!(empty.is(422).json()["detail"][0]["loc"], json!(["query", "friend_id"]));
    }
}

async fn a_search_finds_one_person_by_exact_address_or_name(stack: &Stack) {
    let (alice, ming) = stack.friends().await;
    let stranger = stack.person("Renée").await;
    let found = alice.get("/friends/search?email=RENÉE@Example.com").await.ok();
    assert_eq!((&found["user_id"], &found["username"]), (&json!(stranger.id), &json!("Renée")));
    assert!(found.get("email").is_none(), "{found}");
    assert_eq!((&found["online"], &found["last_seen"]), (&json!(false), &Value::Null));
    for name in ["renee", "RENÉE", "%20Renée%20"] {
        assert_eq!(
            alice.get(&format!("/friends/search/?username={name}")).await.ok()["user_id"],
            stranger.id
        );
    }
    for either in ["renee", "RENÉE@Example.com"] {
        let found = alice.get(&format!("/friends/search?q={either}")).await.ok();
        assert_eq!(found["user_id"], stranger.id, "{either}");
    }
    alice.get("/friends/search?q=Ren").await.refused(404, "not_found", "User not found");
    alice.get("/friends/search?q=%20").await.invalid(&[("query.q", "string_too_short")]);
    // Oneself and friends are found too; the seed's client deals with that.
    assert_eq!(alice.get("/friends/search?username=愛麗絲").await.ok()["user_id"], alice.id);
    assert_eq!(alice.get("/friends/search?username=小明").await.ok()["user_id"], ming.id);
    let missing = alice.get("/friends/search?email=nobody@example.com").await;
    missing.refused(404, "not_found", "User with email not found");
    for part in ["renee@example", "example.com", "%25", "Renée", "renee@example.com%00"] {
        alice.get(&format!("/friends/search?email={part}")).await.is(404);
    }
    alice.get("/friends/search?username=Ren").await.refused(404, "not_found", "User not found");
    alice.get("/friends/search").await.invalid(&[("query.email", "missing")]);
    alice.get("/friends/search?email=").await.is(422);
}

async fn who_is_not_to_be_found_is_not(stack: &Stack) {
    let (alice, ming) = (stack.person("愛麗絲").await, stack.person("小明").await);
    ming.patch(&format!("/user/{}", ming.id), &json!({ "discoverable": false })).await.is(200);
    let hidden = alice.get("/friends/search?email=小明@example.com").await;
    let nobody = alice.get("/friends/search?email=nobody@example.com").await;
    assert_eq!((hidden.status, hidden.json()), (nobody.status, nobody.json()));
    alice.get("/friends/search?username=小明").await.is(404);
}

async fn who_is_not_to_be_found_is_as_nobody_to_a_stranger(stack: &Stack) {
    let (alice, ming) = (stack.person("愛麗絲").await, stack.person("小明").await);
    let third = stack.person("第三人").await;
    ming.patch(&format!("/user/{}", ming.id), &json!({ "discoverable": false })).await.is(200);
    for members in [json!([ming.id]), json!([ming.id, third.id])] {
        let body = json!({ "members_id": members });
        alice.post_json("/chatrooms/", &body).await.refused(404, "not_found", "User not found");
    }
    ask(&alice, &ming).await.refused(404, "not_found", "User not found");
    alice.get(&format!("/user/{}", ming.id)).await.refused(403, "forbidden", "Forbidden");
    assert!(ming.people("/friends/requests/pending").await.is_empty());
    // Who is not to be found still finds others, and is known to them then.
    ask(&ming, &alice).await.is(200);
    assert_eq!(ask(&alice, &ming).await.ok()["status"], "accepted");
    let room = alice.open_room(&ming).await;
    remove(&alice, &ming).await.is(204);
    assert_eq!(alice.open_room(&ming).await, room);
    alice.befriend(&ming).await;
    let fellows = alice.open_group(&[&ming, &third], "三人行").await;
    assert_eq!(third.room(&fellows).await["chatroom_name"], "三人行");
    ask(&third, &ming).await.is(200);
}

async fn both_sides_receive_it(stack: &Stack) {
    let (alice, ming) = (stack.person("愛麗絲").await, stack.person("小明").await);
    let (mine, theirs) = (alice.socket().await, ming.socket().await);
    let mut requests = theirs.listen("friend_request");
    ask(&alice, &ming).await.is(200);
    let asker = requests.next().await["friend"].clone();
    assert_eq!((&asker["user_id"], &asker["username"]), (&json!(alice.id), &json!("愛麗絲")));

    let (mut here, mut there) = (mine.listen("friend_accepted"), theirs.listen("friend_accepted"));
    let room = accept(&ming, &alice).await.ok()["chatroom_id"].clone();
    let (to_me, to_them) = (here.next().await["friend"].clone(), there.next().await["friend"].clone());
    assert_eq!((&to_me["user_id"], &to_me["chatroom_id"]), (&json!(ming.id), &room));
    assert_eq!((&to_them["user_id"], &to_them["chatroom_id"]), (&json!(alice.id), &room));
    assert_eq!((&to_me["online"], &to_them["online"]), (&json!(true), &json!(true)));

    let (mut here, mut there) = (mine.listen("friend_removed"), theirs.listen("friend_removed"));
    remove(&alice, &ming).await.is(204);
    assert_eq!(split_position(here.next().await).1, json!({ "user_id": ming.id }));
    assert_eq!(split_position(there.next().await).1, json!({ "user_id": alice.id }));
    ask(&alice, &ming).await.is(200);
    reject(&ming, &alice).await.is(204);
    assert_eq!(
        split_position(there.next().await).1,
        json!({ "user_id": alice.id }),
        "their other devices clear the request"
    );
    ask(&alice, &ming).await.is(200);
    alice.delete(&format!("/friends/request?friend_id={}", ming.id)).await.is(204);
    assert_eq!(split_position(there.next().await).1, json!({ "user_id": alice.id }));
    assert_eq!(split_position(here.next().await).1, json!({ "user_id": ming.id }));
    assert_eq!(mine.received_of("friend_removed").len(), 2, "a rejection sends nothing to the asker");
    assert_eq!(mine.received_of("friend_request").len(), 0, "one's own request sends no event");
    assert!(!format!("{:?}{:?}", mine.received(), theirs.received()).contains("@example.com"));
}
