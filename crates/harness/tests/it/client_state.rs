//! A stale state and the events since are the same as a fresh fetch, whatever happened in between.

use harness::client_state::ClientState;
use harness::differences::differences;
use harness::people::{PASSWORD, list, path_of, text};
use harness::{Person, Stack, on_each_database};
use serde_json::{Value, json};

const EMOJIS: [&str; 3] = ["👍", "❤️", "😂"];

/// The same choices for the same seed, on every machine.
struct Choices(u64);

impl Choices {
    fn below(&mut self, count: usize) -> usize {
        // Knuth's MMIX generator; its high bits are the good ones.
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % count
    }

    fn of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }
}

/// Four people and all that they have done so far.
struct Scenario {
    people: Vec<Person>,
    rooms: Vec<String>,
    messages: Vec<Value>,
    choices: Choices,
}

impl Scenario {
    async fn begin(stack: &Stack, seed: u64) -> Self {
        let mut people = Vec::new();
        for name in ["愛麗絲", "小明", "卡蘿", "大衛"] {
            people.push(stack.person(name).await);
        }
        let rooms = vec![people[0].open_group(&[&people[1], &people[2]], "大家").await];
        Self { people, rooms, messages: Vec::new(), choices: Choices(seed) }
    }

    /// Lets somebody do something; what they may not do they do not do.
    async fn go_on(&mut self, step: usize) {
        let (who, other) = (self.choices.below(4), self.choices.below(4));
        let (person, friend) = (&self.people[who], &self.people[other]);
        let room = self.choices.of(&self.rooms).clone();
        let message = (!self.messages.is_empty()).then(|| self.choices.of(&self.messages).clone());
        let content = format!("第 {step} 件事");
        match (self.choices.below(39), message) {
            (0..=4, _) | (5..=11 | 18..=21, None) => {
                self.send(who, &room, &json!({ "content": content })).await;
            }
            (5, Some(message)) => {
                let reply = json!({ "content": content, "reply_to": message["message_id"] });
                self.send(who, &text(&message["chatroom_id"]), &reply).await;
            }
            (6 | 7, Some(message)) => drop(self.sender(&message).edit(&message, &content).await),
            (8, Some(message)) => drop(self.sender(&message).unsend(&message).await),
            (9, Some(message)) => drop(person.react(&message, EMOJIS[self.choices.below(3)]).await),
            (10, Some(message)) => drop(person.unreact(&message, "👍").await),
            (11, Some(message)) => drop(person.hide(&message).await),
            (37, Some(message)) => self.send(who, &room, &forward(&message)).await,
            (38, _) => {
                let mention = mention(friend, &content);
                self.send(who, &room, &mention).await;
            }
            (12, _) => drop(person.post_json(&format!("/chatrooms/{room}/read"), &json!({})).await),
            (13, _) => {
                let nickname = json!({ "nickname": content, "status": content });
                drop(person.patch(&format!("/user/{}", person.id), &nickname).await);
            }
            (18..=20, Some(message)) => drop(person.put(&format!("{}/pin", path_of(&message))).await),
            (21, Some(message)) => drop(person.delete(&format!("{}/pin", path_of(&message))).await),
            (14, _) if who != other => befriend_or_part(person, friend, step).await,
            (22..=26, _) => keep_away(person, friend, &room, step).await,
            (15, _) => drop(person.leave_group(&room).await),
            (16, _) => {
                let members: Vec<i64> = self.people.iter().take(2 + who).map(|person| person.id).collect();
                self.open(who, &members).await;
            }
            (27..=33, _) => manage(person, friend, &room, (step, &content)).await,
            (34..=36, _) => {
                let changes = settings(step, &content);
                drop(person.patch(&format!("/chatrooms/{room}/settings"), &changes).await);
            }
            _ if who != other => {
                let members = [friend.id];
                self.open(who, &members).await;
            }
            _ => {}
        }
    }

    /// Sends a message, and keeps it if it is taken.
    async fn send(&mut self, who: usize, room: &str, request: &Value) {
        let sent = self.people[who].send_message(room, request).await;
        self.messages.extend((sent.status == 200).then(|| sent.json()));
    }

    /// Opens a room, and keeps it if it is made.
    async fn open(&mut self, who: usize, members: &[i64]) {
        let opened = self.people[who].post_json("/chatrooms", &json!({ "members_id": members })).await;
        self.rooms.extend((opened.status == 200).then(|| text(&opened.json()["chatroom_id"])));
    }

    fn sender(&self, message: &Value) -> &Person {
        self.people.iter().find(|person| message["sender_id"] == person.id).unwrap()
    }
}

/// A message that forwards another.
fn forward(message: &Value) -> Value {
    let from = json!({ "chatroom_id": message["chatroom_id"], "message_id": message["message_id"] });
    json!({ "forwarded_from": from })
}

/// A silent message that mentions somebody.
fn mention(person: &Person, content: &str) -> Value {
    let mention = json!({ "user_id": person.id, "start": 0, "length": 1 });
    json!({ "content": content, "mentions": [mention], "silent": true })
}

/// Changes a group, where the person may.
async fn manage(person: &Person, other: &Person, room: &str, (step, content): (usize, &str)) {
    let member = format!("/chatrooms/{room}/participants/{}", other.id);
    let role = |role: &str| json!({ "role": role });
    match step % 6 {
        0 | 1 => {
            let members = json!({ "members_id": [other.id] });
            drop(person.post_json(&format!("/chatrooms/{room}/participants"), &members).await);
        }
        2 => drop(person.delete(&member).await),
        3 => drop(person.patch(&member, &role(["admin", "member"][step % 2])).await),
        4 => drop(person.patch(&member, &role(["owner", "admin"][step / 6 % 2])).await),
        _ => {
            let look =
                json!({ "chatroom_name": content, "avatar_url": format!("https://example.com/{step}") });
            drop(person.patch(&format!("/chatrooms/{room}"), &look).await);
        }
    }
}

/// Something that a member sets for a room.
fn settings(step: usize, content: &str) -> Value {
    match step % 5 {
        0 => json!({ "archived": true }),
        1 if step.is_multiple_of(2) => json!({ "muted_until": null }),
        1 => json!({ "muted_until": "2100-01-01T00:00:00Z" }),
        2 => json!({ "pinned": (step / 5).is_multiple_of(2), "archived": true }),
        3 => json!({ "marked_unread": true }),
        _ => json!({ "draft": content }),
    }
}

/// Blocks, unblocks, answers a request or changes settings.
async fn keep_away(person: &Person, other: &Person, room: &str, step: usize) {
    let (block, word) = (format!("/friends/blocks/{}", other.id), ["accept", "ignore"][step % 2]);
    let settings = json!({
        "presence": (["nobody", "everyone"][step % 2]),
        "message_requests": (["friends", "everyone", "everyone"][step % 3]),
    });
    match step % 5 {
        0 => drop(person.put(&block).await),
        1 => drop(person.delete(&block).await),
        2 => drop(person.patch("/user/me/settings", &settings).await),
        _ => drop(person.put_json(&format!("/chatrooms/{room}/request"), &json!({ "answer": word })).await),
    }
}

async fn befriend_or_part(person: &Person, other: &Person, step: usize) {
    let (theirs, mine) = (format!("friend_id={}", person.id), format!("friend_id={}", other.id));
    match step % 4 {
        0 => drop(person.delete(&format!("/friends/?{mine}")).await),
        1 => drop(other.post(&format!("/friends/requests/accepted?{theirs}")).await),
        _ => drop(person.post(&format!("/friends/request?{mine}")).await),
    }
}

/// Brings a state up to date from `/sync`, `limit` entries at a time; returns the cursor then, and the last position.
async fn catch_up(
    state: &mut ClientState,
    person: &Person,
    (mut since, mut last): (String, i64),
    limit: usize,
) -> (String, i64) {
    loop {
        let page = person.get(&format!("/sync?since={since}&limit={limit}")).await.ok();
        for event in list(&page["events"]) {
            state.apply(person, &text(&event["event"]), &event["data"]).await;
            last = event["pos"].as_i64().unwrap();
        }
        since = text(&page["cursor"]);
        if page["more"] == false {
            return (since, last);
        }
    }
}

async fn cursor(person: &Person) -> String {
    text(&person.get("/sync").await.ok()["cursor"])
}

async fn stale_and_events_are_fresh(stack: &Stack, seed: u64) {
    let mut scenario = Scenario::begin(stack, seed).await;
    let viewers = [scenario.people[1].elsewhere().await, scenario.people[3].elsewhere().await];
    let start = scenario.choices.below(60);
    for step in 0..start {
        scenario.go_on(step).await;
    }
    let (mut states, mut cursors, mut sockets) = (Vec::new(), Vec::new(), Vec::new());
    for viewer in &viewers {
        // In this order: what happens in between is both fetched and an event, and that must do no harm.
        sockets.push(viewer.socket().await);
        cursors.push((cursor(viewer).await, 0));
        states.push(ClientState::fetch(viewer).await);
    }
    let mut live = states.clone();
    for step in start..start + 120 {
        scenario.go_on(step).await;
        if step % 17 == 0 {
            let at = scenario.choices.below(2);
            let limit = 1 + scenario.choices.below(9);
            cursors[at] = catch_up(&mut states[at], &viewers[at], cursors[at].clone(), limit).await;
        }
    }
    scenario.people[2].delete_account(PASSWORD).await.is(204);
    for (at, viewer) in viewers.iter().enumerate() {
        // Fetching messages moves a receipt: that happens before the last look.
        ClientState::fetch(viewer).await;
        let (_, last) = catch_up(&mut states[at], viewer, cursors[at].clone(), 50).await;
        let fresh = ClientState::fetch(viewer).await.shown();
        assert_eq!(differences(&states[at].shown(), &fresh), [""; 0], "seed {seed}, out of /sync");
        for (name, data) in received_until(&sockets[at], last).await {
            live[at].apply(viewer, &name, &data).await;
        }
        assert_eq!(differences(&live[at].shown(), &fresh), [""; 0], "seed {seed}, over the socket");
    }
}

/// Returns the logged events that a socket has got up to a position, in their order.
async fn received_until(socket: &harness::Socket, last: i64) -> Vec<(String, Value)> {
    socket.received_until(|event| event["pos"].as_i64() == Some(last)).await;
    let logged = socket.received().into_iter().filter(|received| received.payload["pos"].is_i64());
    logged.map(|received| (received.name, received.payload)).collect()
}

macro_rules! seeds {
    ($($name:ident: $seed:literal,)*) => {
        on_each_database! {
            $($name,)*
        }
        $(async fn $name(stack: &Stack) {
            stale_and_events_are_fresh(stack, $seed).await;
        })*
    };
}

seeds! {
    a_first_story: 1,
    a_second_story: 20_261_122,
    a_third_story: 42,
    a_fourth_story: 7_777_777,

}
