//! Who may do what: every endpoint and every event of clients, by everybody there is, and what they read by it.
//!
//! A row of the table says who may. What is refused, and how, follows from it; and whatever anybody receives has no word of
//! what they may not read.

use std::collections::{BTreeMap, BTreeSet};

use harness::asyncapi::messages;
use harness::people::text;
use harness::socket::{ConnectError, ConnectOptions};
use harness::{Answer, Caller, Socket, Stack, on_each_database};
use reqwest::Method;
use serde_json::{Value, json};

mod fixture;
mod table;

use fixture::Fixture;
use table::{Row, Then, Who};

on_each_database! {
    everybody_does_what_they_may_and_reads_what_is_theirs,
}

/// How a refusal is answered: status and code.
type Refused = (u16, &'static str);

const NO_ROOM: Refused = (404, "not_found");
const FORBIDDEN: Refused = (403, "forbidden");

impl Row {
    /// Returns how somebody who has signed in is refused, if they are; in the room of the pair, or in the group.
    fn refuses(&self, name: &str, is_direct: bool) -> Option<Refused> {
        let in_group = ["carol", "bob", "alice"].iter().position(|member| *member == name);
        match self.who {
            Who::Anyone | Who::User => None,
            _ if is_direct => (!["alice", "ming"].contains(&name)).then_some(NO_ROOM),
            Who::Alice => (name != "alice").then_some(NO_ROOM),
            Who::AliceAlone => (name != "alice").then_some(FORBIDDEN),
            Who::Administrator => (name != "administrator").then_some(FORBIDDEN),
            Who::Known => {
                let knows = in_group.is_some() || ["ming", "friend", "left"].contains(&name);
                (!knows).then_some(FORBIDDEN)
            }
            Who::Member | Who::Admin | Who::Owner => {
                let least = [Who::Member, Who::Admin, Who::Owner].iter().position(|who| *who == self.who);
                match in_group {
                    None => Some(NO_ROOM),
                    Some(rank) => (Some(rank) < least).then_some(FORBIDDEN),
                }
            }
        }
    }
}

impl Fixture {
    /// Fails if a text that somebody received has a word that is not for them.
    fn assert_theirs(&self, name: &str, received: &str, what: &str) {
        for canary in self.canaries.iter().filter(|canary| received.contains(&canary.word)) {
            assert!(canary.readers.contains(&name), "{name} reads {} by {what}: {received}", canary.word);
            canary.is_read.set(true);
        }
    }

    async fn call(&self, caller: &Caller, row: &Row, is_direct: bool) -> Answer {
        let (method, path) = row.what.split_once(' ').unwrap();
        let method: Method = method.parse().unwrap();
        let path = if is_direct { self.in_pair(path) } else { self.fill(path) };
        let query = self.fill(row.query);
        let path = if query.is_empty() { path } else { format!("{path}?{query}") };
        let payload: Value = serde_json::from_str(&self.fill(&row.payload.to_string())).unwrap();
        let request = caller.request(method, &path);
        caller.send(if payload.is_null() { request } else { request.json(&payload) }).await
    }

    /// Names the room of the pair where a text names the group.
    fn in_pair(&self, text: &str) -> String {
        let text = text.replace("{chatroom_id}", &self.direct).replace("{message_id}", &self.direct_message);
        self.fill(&text)
    }

    /// Asks for an endpoint as those who are nobody, and as programs.
    async fn ask_as_nobody(&self, row: &Row, needed: &Value) {
        let is_open = row.who == Who::Anyone;
        assert_eq!(needed.is_null(), is_open, "{}", row.what);
        for (name, nobody) in &self.nobodies {
            let answer = self.call(nobody, row, false).await;
            self.assert_theirs(name, &whole(&answer), row.what);
            assert!(is_open || answer.status == 401, "{name}: {answer}");
        }
        for (scope, program) in self.programs.iter().filter(|(scope, _)| needed[0] != *scope && !is_open) {
            let answer = self.call(program, row, false).await;
            self.assert_theirs(scope, &whole(&answer), row.what);
            assert_refused(&answer, (403, "insufficient_scope"), scope);
        }
    }

    /// Asks for an endpoint as everybody who has signed in, in the group and in the room of the pair.
    async fn ask_as_people(&self, row: &Row) {
        for (name, is_direct, refused) in self.asking(row, row.what) {
            let answer = self.call(&self.people[name], row, is_direct).await;
            self.assert_theirs(name, &whole(&answer), row.what);
            match refused {
                Some(refused) => assert_refused(&answer, refused, name),
                None => assert_let(answer.status, &answer.text(), &format!("{name}: {answer}"), row),
            }
        }
    }

    /// Returns who asks, whether in the room of the pair, and how they are refused if they are; `text` may name a room.
    fn asking(&self, row: &Row, text: &str) -> Vec<(&'static str, bool, Option<Refused>)> {
        let rooms: &[bool] = if text.contains("{chatroom_id}") { &[false, true] } else { &[false] };
        let all = self.people.keys().flat_map(|name| rooms.iter().map(move |is_direct| (*name, *is_direct)));
        let asking = all.map(|(name, is_direct)| (name, is_direct, row.refuses(name, is_direct)));
        // Who may do something does it in the group, unless that would end it.
        let asks = |(_, is_direct, refused): &(&str, bool, Option<Refused>)| {
            refused.is_some() || (!is_direct && row.then == Then::Done)
        };
        asking.filter(asks).collect()
    }

    /// Sends an event as everybody who can connect.
    async fn ask_event(&self, row: &Row, sockets: &BTreeMap<&'static str, Socket>) {
        let payload = row.payload.to_string();
        for (name, is_direct, refused) in self.asking(row, &payload) {
            let payload = if is_direct { self.in_pair(&payload) } else { self.fill(&payload) };
            let answer = sockets[name].ask(row.what, serde_json::from_str(&payload).unwrap()).await;
            self.assert_theirs(name, &answer.to_string(), row.what);
            let what = format!("{name} by {}: {answer}", row.what);
            match refused {
                Some((_, code)) => assert_eq!(answer["code"], code, "{what}"),
                None => assert_let(200, &answer.to_string(), &what, row),
            }
        }
    }

    /// Connects everybody who can; all others are refused.
    async fn connect(&self) -> BTreeMap<&'static str, Socket> {
        for (name, nobody) in self.nobodies.iter().chain(&self.programs) {
            let auth = Some(json!({ "token": nobody.token() }));
            let options = ConnectOptions { auth, ..ConnectOptions::default() };
            let refused = Socket::try_connect(nobody.origin(), &options).await.unwrap_err();
            let ConnectError::Connect(error) = refused else { panic!("{name}: {refused:?}") };
            let is_program = self.programs.iter().any(|(program, _)| program == name);
            let code = if is_program { "insufficient_scope" } else { "unauthorized" };
            assert_eq!(error["data"]["code"], code, "{name}");
        }
        let mut sockets = BTreeMap::new();
        for (name, person) in &self.people {
            sockets.insert(*name, person.socket().await);
        }
        sockets
    }
}

/// All that an answer has.
fn whole(answer: &Answer) -> String {
    format!("{:?} {}", answer.headers, answer.text())
}

fn assert_refused(answer: &Answer, (status, code): Refused, name: &str) {
    assert_eq!((answer.status, &answer.json()["code"]), (status, &json!(code)), "{name}: {answer}");
}

/// Checks that who may do something is not refused it, though it may not be well-formed or there.
fn assert_let(status: u16, text: &str, what: &str, row: &Row) {
    let is_refusal = ["\"unauthorized\"", "\"forbidden\"", "insufficient_scope", "Chatroom not found"];
    let refused = status >= 500 || status == 401 || is_refusal.iter().any(|code| text.contains(code));
    assert!(!refused || row.who == Who::Anyone, "{what}");
}

fn names(rows: &[Row]) -> BTreeSet<String> {
    let names: BTreeSet<String> = rows.iter().map(|row| row.what.to_owned()).collect();
    assert_eq!(names.len(), rows.len(), "one row each");
    names
}

async fn everybody_does_what_they_may_and_reads_what_is_theirs(stack: &Stack) {
    let document = gateway::openapi::document();
    let paths = document["paths"].as_object().unwrap();
    let of = |(path, methods): (&String, &Value)| {
        let methods: Vec<String> = methods.as_object().unwrap().keys().map(|it| it.to_uppercase()).collect();
        methods.into_iter().map(|method| format!("{method} {path}")).collect::<Vec<_>>()
    };
    let (endpoints, events) = (table::endpoints(), table::events());
    assert_eq!(names(&endpoints), paths.iter().flat_map(of).collect());
    let asked = messages("asked.").into_iter().filter(|name| name != "CONNECT");
    assert_eq!(names(&events), asked.collect());
    let outsider = stack.person("first").await;
    let cursor = text(&outsider.get("/sync").await.ok()["cursor"]);
    let mut fixture = Fixture::build(stack).await;
    fixture.ids.insert("cursor", cursor);
    fixture.expire().await;
    let sockets = fixture.connect().await;
    fixture.talk_on().await;
    for row in &endpoints {
        let (method, path) = row.what.split_once(' ').unwrap();
        let security = &document["paths"][path][method.to_lowercase()]["security"];
        fixture.ask_as_nobody(row, &security[0]["bearer"]).await;
        fixture.ask_as_people(row).await;
    }
    for row in &events {
        fixture.ask_event(row, &sockets).await;
    }
    fixture.alice().say(&fixture.ids["chatroom_id"], "標記").await;
    for member in ["alice", "bob", "carol"] {
        let end = |event: &Value| event["message"]["content"] == "標記" || event["content"] == "標記";
        sockets[member].received_until(end).await;
    }
    for (name, socket) in &sockets {
        for event in socket.received() {
            fixture.assert_theirs(name, &event.payload.to_string(), &event.name);
        }
    }
    // Who may read a word has done so: it was where it was looked for.
    let unread = fixture.canaries.iter().filter(|it| !it.readers.is_empty() && !it.is_read.get());
    assert_eq!(unread.map(|it| (&it.word, it.readers)).collect::<Vec<_>>(), []);
}
