//! Several gateways on one `MariaDB` and one Redis: one product to those who use it, whatever falls over.

use std::collections::BTreeSet;

use diesel::connection::SimpleConnection as _;
use futures_util::future::join_all;
use harness::deadline::within;
use harness::people::text;
use harness::process::Process;
use harness::socket::ConnectOptions;
use harness::{Backend, Installation, Person, Receiver, Socket, installation};
use persistence::Conn;
use serde_json::{Value, json};
use testdb::TestRedis;

use crate::migrations::beside;
use crate::process::PROGRAM;
use crate::push::Device;
use crate::scheduled_messages::soon;

/// Three gateways, and what they share.
struct Nodes<'a> {
    installation: &'a Installation,
    redis: TestRedis,
    running: Vec<Process>,
}

impl<'a> Nodes<'a> {
    async fn start(installation: &'a Installation) -> Self {
        let redis = TestRedis::start();
        let mut nodes = Self { installation, redis, running: Vec::new() };
        for _ in 0..3 {
            let node = nodes.another().await;
            nodes.running.push(node);
        }
        nodes
    }

    /// Starts one more gateway.
    async fn another(&self) -> Process {
        let url = self.redis.url();
        let local = ("CHATROOM__OUTBOUND__PRIVATE_NETWORKS", "true");
        self.installation
            .start_with(&[("REDIS_URL", &url), ("CHATROOM__CLUSTER__BEAT_MS", "200"), local])
            .await
    }

    /// Registers somebody who uses this node.
    async fn person(&self, name: &str, node: usize) -> Person {
        Person::join(&self.running[node].anon(), name).await
    }

    /// Alice, Ming and Carol, each on a node of their own and friends, and the room of all three.
    async fn three(&self) -> ([Person; 3], String) {
        let (alice, ming, carol) =
            (self.person("愛麗絲", 0).await, self.person("小明", 1).await, self.person("卡蘿", 2).await);
        alice.befriend(&ming).await;
        alice.befriend(&carol).await;
        let room = alice.open_group(&[&ming, &carol], "大家").await;
        ([alice, ming, carol], room)
    }
}

/// Runs a scenario with three gateways; there is no such scenario on `SQLite`, which belongs to one process.
fn among_nodes(scenario: impl AsyncFnOnce(Nodes<'_>)) {
    installation::run(Backend::MariaDb, PROGRAM, async |installation| {
        scenario(Nodes::start(installation).await).await;
    });
}

/// Connects with a cursor.
async fn come_back(person: &Person, since: &str) -> Socket {
    let auth = json!({ "token": person.token(), "since": since });
    Socket::try_connect(person.origin(), &ConnectOptions { auth: Some(auth), ..ConnectOptions::default() })
        .await
        .unwrap()
}

async fn cursor(person: &Person) -> String {
    text(&person.get("/sync").await.ok()["cursor"])
}

fn texts(socket: &Socket) -> Vec<String> {
    socket.received_of("new_message").iter().map(|event| text(&event["message"]["content"])).collect()
}

/// Has everybody say `count` things at once; checks that everybody receives all that others said, in one order, once.
async fn talk(sockets: &[Socket; 3], room: &str, (round, count): (&str, usize)) {
    let before = sockets.each_ref().map(|socket| texts(socket).len());
    let mut asked = Vec::new();
    for n in 0..count {
        for (who, socket) in sockets.iter().enumerate() {
            let content = format!("{round}-{who}-{n}");
            asked.push(socket.start("send_message", json!({ "chatroom_id": room, "content": content })));
        }
    }
    let mut sent: Vec<Value> = join_all(asked).await.iter().map(|answer| answer["message"].clone()).collect();
    sent.sort_by_key(|message| message["seq"].as_i64());
    for (who, socket) in sockets.iter().enumerate() {
        let of_others = |message: &&Value| !text(&message["content"]).starts_with(&format!("{round}-{who}-"));
        let expected: Vec<String> =
            sent.iter().filter(of_others).map(|message| text(&message["content"])).collect();
        let last = expected.last().unwrap();
        socket.received_until(|event| event["message"]["content"] == **last).await;
        assert_eq!(texts(socket).split_off(before[who]), expected, "what {who} received of round {round}");
    }
}

async fn connect(people: &[Person; 3]) -> [Socket; 3] {
    let [alice, ming, carol] = people;
    [alice.socket().await, ming.socket().await, carol.socket().await]
}

#[test]
fn people_on_different_nodes_are_together() {
    among_nodes(async |nodes| {
        let (people, room) = nodes.three().await;
        let sockets = connect(&people).await;
        talk(&sockets, &room, ("一", 20)).await;
        let [alice, ming, carol] = &people;
        let mut typing = sockets[2].listen("typing");
        sockets[0].ask_ok("typing", json!({ "chatroom_id": room, "is_typing": true })).await;
        assert_eq!(typing.next().await["user_id"], alice.id);
        let mut read = sockets[0].listen("message_status");
        alice.say(&room, "看到了嗎").await;
        sockets[1].ask_ok("mark_read", json!({ "chatroom_id": room })).await;
        assert_eq!(read.next_where(|event| event["user_id"] == ming.id).await["unread_count"], 0);
        let mut joined = ming.elsewhere().await.socket_in(&room).await.listen("receive_message");
        carol.say(&room, "在房間裡").await;
        assert_eq!(joined.next().await["content"], "在房間裡");
        let (mut opened, mut new) = (sockets[2].listen("chatroom_created"), sockets[2].listen("new_message"));
        let other = ming.open_room(carol).await;
        assert_eq!(opened.next().await["chatroom"]["chatroom_id"], other);
        ming.say(&other, "新的房間").await;
        assert_eq!(
            new.next_where(|event| event["message"]["chatroom_id"] == other).await["message"]["content"],
            "新的房間"
        );
    });
}

#[test]
fn what_is_posted_to_others_is_posted_by_one_node() {
    among_nodes(async |nodes| {
        let ([alice, ming, carol], room) = nodes.three().await;
        let (hook, service) = (Receiver::start().await, Receiver::start().await);
        let bot = crate::bots::bot(&alice, "helper").await;
        let members = json!({ "members_id": [bot] });
        alice.post_json(&format!("/chatrooms/{room}/participants"), &members).await.ok();
        let webhook = json!({ "url": hook.url("/"), "events": ["new_message"] });
        alice.post_json(&format!("/bots/{bot}/webhooks"), &webhook).await.is(201);
        Device::of(&carol, &service.url("/carol")).await;
        // Who has a connection to another node is left alone.
        let _connected = ming.socket().await;
        Device::of(&ming, &service.url("/ming")).await;
        let words: Vec<String> = (0..15).map(|number| number.to_string()).collect();
        let said = words.iter().flat_map(|word| [alice.say(&room, word), ming.say(&room, word)]);
        join_all(said).await;
        let (mut ids, mut topics) = (BTreeSet::new(), BTreeSet::new());
        for _ in 0..30 {
            ids.insert(hook.next().await.header("webhook-id").to_owned());
            let pushed = service.next().await;
            assert_eq!(pushed.asked, "POST /carol");
            topics.insert(pushed.header("topic").to_owned());
        }
        assert_eq!((ids.len(), topics.len()), (30, 30));
        alice.say(&room, "最後").await;
        assert_eq!(hook.next().await.json()["data"]["message"]["content"], "最後");
        service.next().await;
        assert!(hook.rest().await.is_empty() && service.rest().await.is_empty());
    });
}

#[test]
fn who_is_taken_in_on_one_node_receives_what_is_said_on_another() {
    among_nodes(async |nodes| {
        let ([alice, ming, carol], room) = nodes.three().await;
        let dave = nodes.person("大衛", 2).await;
        alice.befriend(&dave).await;
        let senders = [alice.socket().await, ming.socket().await, carol.socket().await];
        for redis in [true, false] {
            if !redis {
                nodes.redis.kill();
            }
            let mut sockets = Vec::new();
            for node in &nodes.running {
                sockets.push(dave.moved_to(node.origin()).socket().await);
            }
            for round in 0..4 {
                // Every node has the members cached.
                for sender in &senders {
                    sender.say(&room, "在嗎").await;
                }
                let added = json!({ "chatroom_id": room, "members_id": [dave.id] });
                senders[0].ask_ok("add_members", added).await;
                let (first, last) = (format!("第一-{redis}-{round}"), format!("最後-{redis}-{round}"));
                senders[1].say(&room, &first).await;
                senders[2].say(&room, &last).await;
                for socket in &sockets {
                    let got = socket.received_until(|event| event["message"]["content"] == *last).await;
                    let unread = |content: &str| {
                        let of = got.iter().find(|event| event["message"]["content"] == *content);
                        of.unwrap_or_else(|| panic!("{content}: {got:#?}"))["unread_count"].clone()
                    };
                    assert_eq!((unread(&first), unread(&last)), (json!(1), json!(2)));
                }
                alice.remove_member(&room, &dave).await.is(204);
            }
        }
    });
}

#[test]
fn who_leaves_on_one_node_receives_nothing_on_another() {
    among_nodes(async |nodes| {
        let ([alice, ming, carol], room) = nodes.three().await;
        let direct = alice.open_room(&ming).await;
        for redis in [true, false] {
            let group =
                if redis { room.clone() } else { alice.open_group(&[&ming, &carol], "又一群").await };
            if !redis {
                nodes.redis.kill();
            }
            let mut sockets = Vec::new();
            for node in &nodes.running {
                sockets.push(ming.moved_to(node.origin()).socket().await);
                sockets.push(ming.moved_to(node.origin()).socket_in(&group).await);
            }
            let senders = [alice.socket().await, ming.socket().await, carol.socket().await];
            // Every node has the members cached.
            for sender in &senders {
                sender.say(&group, "在嗎").await;
            }
            senders[1].ask_ok("leave_group", json!({ "chatroom_id": group })).await;
            for sender in [&senders[0], &senders[2]] {
                sender.say(&group, "走了").await;
                sender.ask_ok("mark_read", json!({ "chatroom_id": group })).await;
                sender.ask_ok("typing", json!({ "chatroom_id": group })).await;
            }
            for socket in &sockets {
                socket.first("member_left").await;
            }
            let last = format!("標記-{redis}");
            for sender in [&senders[0], &senders[2]] {
                sender.say(&group, "還有").await;
            }
            alice.say(&direct, &last).await;
            for socket in &sockets {
                socket.received_until(|event| event["message"]["content"] == *last).await;
                let received = socket.received();
                let left = received
                    .iter()
                    .position(|event| event.name == "member_left" && event.payload["chatroom_id"] == *group);
                let after = received.iter().skip(left.unwrap() + 1);
                let after: Vec<_> =
                    after.filter(|event| event.payload.to_string().contains(&group)).collect();
                assert!(after.is_empty(), "{after:?}");
            }
        }
    });
}

#[test]
fn presence_crosses_nodes_and_survives_a_dead_one() {
    among_nodes(async |mut nodes| {
        let ([alice, ming, _], room) = nodes.three().await;
        let here = alice.socket().await;
        let mut presence = here.listen("presence");
        let first = ming.socket().await;
        let came = presence.next_where(|event| event["user_id"] == ming.id).await;
        assert_eq!(came["online"], true);
        let online = async |person: &Person| {
            let friends = person.get("/friends/").await.ok();
            friends
                .as_array()
                .unwrap()
                .iter()
                .any(|friend| friend["user_id"] == ming.id && friend["online"] == true)
        };
        assert!(online(&alice).await);
        let second = ming.moved_to(nodes.running[2].origin()).socket().await;
        // What the other node sends after the arrival shows that the arrival is known here, too.
        second.ask_ok("typing", json!({ "chatroom_id": room, "is_typing": true })).await;
        here.first("typing").await;
        first.leave().await;
        second.ask_ok("sync", json!({})).await;
        assert!(online(&alice).await, "still here by another node");
        nodes.running.remove(2).kill().await;
        let went = presence.next_where(|event| event["user_id"] == ming.id).await;
        assert_eq!((&went["online"], went["last_seen"].is_string()), (&json!(false), true));
        assert!(!online(&alice).await);
    });
}

#[test]
fn a_killed_node_loses_nothing_and_its_users_go_elsewhere() {
    among_nodes(async |mut nodes| {
        let (people, room) = nodes.three().await;
        let sockets = connect(&people).await;
        talk(&sockets, &room, ("一", 5)).await;
        let [alice, ming, carol] = people;
        let since = cursor(&ming).await;
        nodes.running.remove(1).kill().await;
        sockets[1].closed().await;
        for n in 0..20 {
            alice.say(&room, &format!("缺席-{n}")).await;
        }
        let moved = come_back(&ming.moved_to(nodes.running[1].origin()), &since).await;
        moved.first("synced").await;
        assert_eq!(texts(&moved), (0..20).map(|n| format!("缺席-{n}")).collect::<Vec<_>>());
        let [first, _, third] = sockets;
        talk(&[first, moved, third], &room, ("二", 5)).await;
        let again = nodes.another().await;
        let back = come_back(&carol.moved_to(again.origin()), &since).await;
        back.first("synced").await;
        assert!(texts(&back).len() >= 30, "the log is the same on every node");
    });
}

#[test]
fn redis_may_die_and_come_back_empty() {
    among_nodes(async |nodes| {
        let (people, room) = nodes.three().await;
        let sockets = connect(&people).await;
        talk(&sockets, &room, ("有", 5)).await;
        nodes.redis.kill();
        talk(&sockets, &room, ("沒有", 10)).await;
        nodes.redis.restart();
        talk(&sockets, &room, ("又有", 10)).await;
        let mut typing = sockets[2].listen("typing");
        let mut asked = 0;
        // Typing is not in the log: it is received again once every node has found Redis.
        while sockets[2].received_of("typing").is_empty() {
            sockets[0].ask_ok("typing", json!({ "chatroom_id": room, "is_typing": true })).await;
            people[0].get("/livez").await.ok();
            asked += 1;
            assert!(asked < 20_000, "typing is not received again");
        }
        typing.next().await;
    });
}

#[test]
fn a_redis_that_hangs_holds_nobody_up() {
    among_nodes(async |nodes| {
        let (people, room) = nodes.three().await;
        let sockets = connect(&people).await;
        nodes.redis.freeze();
        talk(&sockets, &room, ("凍", 10)).await;
        nodes.redis.thaw();
        talk(&sockets, &room, ("融", 10)).await;
    });
}

#[test]
fn a_sign_in_ends_on_every_node_with_redis_and_without() {
    among_nodes(async |nodes| {
        let ([alice, ming, carol], _) = nodes.three().await;
        for (person, redis) in [(&alice, true), (&ming, false)] {
            if !redis {
                nodes.redis.kill();
            }
            let elsewhere = person.moved_to(nodes.running[2].origin());
            let socket = elsewhere.socket().await;
            elsewhere.get("/user/me").await.ok();
            person.post("/auth/logout").await.ok();
            socket.closed().await;
            assert_eq!(socket.received_of("session_revoked").len(), 1);
            elsewhere.get("/user/me").await.unauthorized("Could not validate credentials");
        }
        carol.get("/user/me").await.ok();
    });
}

#[test]
fn a_client_recovers_on_another_node() {
    among_nodes(async |nodes| {
        let ([alice, ming, _], room) = nodes.three().await;
        let enter = async |person: &Person, more: Value| {
            let mut auth = json!({ "token": person.token() });
            auth.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            Socket::try_connect(
                person.origin(),
                &ConnectOptions { auth: Some(auth), ..ConnectOptions::default() },
            )
            .await
            .unwrap()
        };
        let first = enter(&ming, json!({ "recover": true })).await;
        first.ask_ok("join_room", json!({ "chatroom_id": room })).await;
        let claims = json!({ "pid": first.accepted["pid"], "offset": first.received()[0].offset });
        alice.say(&room, "到哪都聽得到").await;
        first.first("receive_message").await;
        let moved = enter(&ming.moved_to(nodes.running[2].origin()), claims).await;
        assert_eq!(moved.accepted, first.accepted);
        assert_eq!(moved.first("receive_message").await["content"], "到哪都聽得到");
        first.closed().await;
    });
}

#[test]
fn a_scheduled_message_is_sent_by_one_node() {
    among_nodes(async |nodes| {
        let ([alice, ming, _], room) = nodes.three().await;
        let mut sockets = Vec::new();
        for node in &nodes.running {
            sockets.push(ming.moved_to(node.origin()).socket().await);
        }
        let at = soon(5);
        for number in 0..40 {
            let message = json!({ "content": format!("定時-{number}"), "send_at": at });
            alice.post_json(&format!("/chatrooms/{room}/scheduled"), &message).await.is(201);
        }
        let waiting = async || alice.get(&format!("/chatrooms/{room}/scheduled")).await.ok();
        within("the last scheduled message", async { while waiting().await != json!([]) {} }).await;
        alice.say(&room, "標記").await;
        let mut expected: Vec<String> = (0..40).map(|number| format!("定時-{number}")).collect();
        expected.push("標記".to_owned());
        expected.sort();
        for socket in &sockets {
            socket.received_until(|event| event["message"]["content"] == "標記").await;
            let mut received = texts(socket);
            received.sort();
            assert_eq!(received, expected);
        }
        let mut stored = alice.texts(&room).await;
        stored.sort();
        assert_eq!(stored, expected);
    });
}

#[test]
fn what_disappears_is_erased_by_one_node() {
    among_nodes(async |nodes| {
        let ([alice, ming, _], room) = nodes.three().await;
        alice.update_group(&room, &json!({ "disappear_after": 300 })).await.ok();
        let mut sockets = Vec::new();
        for node in &nodes.running {
            sockets.push(ming.moved_to(node.origin()).socket().await);
        }
        for number in 0..100 {
            alice.say(&room, &format!("會不見-{number}")).await;
        }
        // Their time has come.
        beside(nodes.installation.database_url(), |conn| {
            let Conn::Mysql(c) = conn else { return Ok(()) };
            c.batch_execute(
                "UPDATE messages SET expires_at = '2026-01-01' WHERE expires_at IS NOT NULL;
                 UPDATE expiring_messages SET expires_at = '2026-01-01'",
            )?;
            Ok(())
        });
        for socket in &sockets {
            socket.listen_from_start("message_expired").take(100).await;
        }
        alice.say(&room, "標記").await;
        for socket in &sockets {
            let got = socket.received_until(|event| event["message"]["content"] == "標記").await;
            assert_eq!(got.last().unwrap()["unread_count"], 1);
            assert_eq!(socket.received_of("message_expired").len(), 100);
        }
    });
}
