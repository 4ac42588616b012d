//! What a client knows: fetched once, and kept true by events alone.

use std::collections::BTreeMap;

use domain::id::UserId;
use domain::message::Quote;
use domain::receipt::{self, ReadStatus, Receipt};
use serde_json::{Map, Value, json};

use crate::Person;
use crate::people::{list, text};

/// One person's rooms, messages, receipts and friends, as their client has them.
#[derive(Debug, Clone, PartialEq)]
pub struct ClientState {
    me: i64,
    rooms: BTreeMap<String, Room>,
    friends: BTreeMap<i64, Value>,
    received: BTreeMap<i64, Value>,
    blocked: BTreeMap<i64, Value>,
    settings: Value,
}

#[derive(Debug, Clone, PartialEq)]
struct Room {
    item: Map<String, Value>,
    messages: BTreeMap<i64, Value>,
    receipts: BTreeMap<i64, (i64, i64)>,
    /// Who pinned a message, and when, by the message's id.
    pins: BTreeMap<i64, Value>,
}

/// Fields that are not in events: presence, and what follows from messages and receipts.
const DERIVED: [&str; 8] = [
    "online",
    "last_seen",
    "last_message",
    "last_read_message_id",
    "unread_count",
    "last_read_seq",
    "peer_delivered_seq",
    "peer_read_seq",
];

impl ClientState {
    /// Fetches everything.
    pub async fn fetch(person: &Person) -> Self {
        let mut rooms = BTreeMap::new();
        for item in person.rooms().await {
            let id = text(&item["chatroom_id"]);
            rooms.insert(id, Room::fetch(person, &item).await);
        }
        let people = async |path: &str| list(&person.get(path).await.ok()).into_iter().map(by_id).collect();
        Self {
            me: person.id,
            rooms,
            friends: people("/friends/").await,
            received: people("/friends/requests/pending").await,
            blocked: people("/friends/blocks").await,
            settings: person.get("/user/me/settings").await.ok(),
        }
    }

    /// Applies one event of the log. A room that came to be is opened, as a client opens it.
    pub async fn apply(&mut self, person: &Person, name: &str, data: &Value) {
        match name {
            "new_message" => self.add(&data["message"]),
            "message_updated" | "message_deleted" | "message_reacted" => self.change(&data["message"]),
            "message_hidden" => self.hide(data),
            "message_pinned" => self.pin(data),
            "message_status" => {
                let receipt = (number(&data["last_delivered_seq"]), number(&data["last_read_seq"]));
                self.room(&data["chatroom_id"]).receipts.insert(number(&data["user_id"]), receipt);
            }
            "chatroom_created" => {
                let room = Room::opened(person, &data["chatroom"]).await;
                self.know_room(&data["chatroom"]);
                self.rooms.entry(text(&data["chatroom"]["chatroom_id"])).or_insert(room);
            }
            "member_left" => {
                let (room, user) = (text(&data["chatroom_id"]), number(&data["user_id"]));
                if user == self.me {
                    self.rooms.remove(&room);
                } else {
                    self.room(&data["chatroom_id"]).receipts.remove(&user);
                }
            }
            "user_updated" => self.rename(&data["user"]),
            "friend_request" => self.received.extend([by_id(data["friend"].clone())]),
            "friend_accepted" => {
                let (id, friend) = by_id(data["friend"].clone());
                self.received.remove(&id);
                self.friends.insert(id, friend);
            }
            "friend_removed" => {
                self.friends.remove(&number(&data["user_id"]));
                self.received.remove(&number(&data["user_id"]));
            }
            "chatroom_request" => {
                self.room(&data["chatroom_id"]).item.insert("request".to_owned(), data["request"].clone());
            }
            "settings_updated" => self.settings = data["settings"].clone(),
            "user_blocked" => self.blocked.extend([by_id(data["user"].clone())]),
            "user_unblocked" => drop(self.blocked.remove(&number(&data["user_id"]))),
            other => panic!("a client does not know the event {other}: {data}"),
        }
    }

    /// Returns what the person sees, everything that follows from it included.
    pub fn shown(&self) -> Value {
        let rooms: BTreeMap<_, _> = self.rooms.iter().map(|(id, room)| (id, room.shown(self.me))).collect();
        json!({ "rooms": rooms, "friends": self.friends, "received": self.received,
            "blocked": self.blocked, "settings": self.settings })
    }

    /// Notes the one-to-one room of a person, friend or not.
    fn know_room(&mut self, room: &Value) {
        let peer = room["user_id"].as_i64().unwrap_or_default();
        for person in self.friends.get_mut(&peer).into_iter().chain(self.received.get_mut(&peer)) {
            person["chatroom_id"].clone_from(&room["chatroom_id"]);
        }
    }

    fn room(&mut self, id: &Value) -> &mut Room {
        self.rooms.get_mut(&text(id)).unwrap_or_else(|| panic!("an event of a room before the room: {id}"))
    }

    fn add(&mut self, message: &Value) {
        let room = self.room(&message["chatroom_id"]);
        let seq = number(&message["seq"]);
        room.messages.insert(seq, message.clone());
        room.receipts.insert(number(&message["sender_id"]), (seq, seq));
        room.item.insert("last_seq".to_owned(), json!(seq));
        room.item.insert("updated_at".to_owned(), message["timestamp"].clone());
    }

    fn change(&mut self, message: &Value) {
        let room = self.room(&message["chatroom_id"]);
        if let Some(known) = room.messages.get_mut(&number(&message["seq"])) {
            *known = message.clone();
        }
        if message["deleted"] == true {
            room.pins.remove(&number(&message["message_id"]));
        }
        let text = if message["message_type"] == "text" { &message["content"] } else { &message["caption"] };
        for quote in room.quotes_of(&message["message_id"]).filter(|quote| quote["deleted"] == false) {
            quote["content"] = json!(Quote::excerpt(text.as_str().unwrap_or_default()));
            quote["message_type"].clone_from(&message["message_type"]);
            quote["deleted"].clone_from(&message["deleted"]);
        }
    }

    fn pin(&mut self, data: &Value) {
        let pins = &mut self.room(&data["chatroom_id"]).pins;
        match &data["pin"] {
            Value::Null => drop(pins.remove(&number(&data["message_id"]))),
            pin => pins.extend([pinned(pin)]),
        }
    }

    fn hide(&mut self, data: &Value) {
        let room = self.room(&data["chatroom_id"]);
        room.pins.remove(&number(&data["message_id"]));
        room.messages.remove(&number(&data["seq"]));
        for quote in room.quotes_of(&data["message_id"]) {
            (quote["content"], quote["message_type"], quote["deleted"]) =
                (json!(""), json!("text"), json!(true));
        }
    }

    fn rename(&mut self, user: &Value) {
        let (id, _) = by_id(user.clone());
        let lists = [&mut self.friends, &mut self.received, &mut self.blocked];
        for person in lists.into_iter().filter_map(|people| people.get_mut(&id)) {
            for key in ["username", "nickname", "avatar_url", "status"] {
                person[key].clone_from(&user[key]);
            }
        }
        for room in self.rooms.values_mut() {
            room.rename(user);
        }
    }
}

impl Room {
    async fn fetch(person: &Person, item: &Value) -> Self {
        let mut room = Self::opened(person, item).await;
        let id = text(&item["chatroom_id"]);
        for message in person.read_page(&id, "limit=200").await {
            room.messages.insert(number(&message["seq"]), message);
        }
        room
    }

    async fn opened(person: &Person, item: &Value) -> Self {
        let path = format!("/chatrooms/{}", text(&item["chatroom_id"]));
        let (view, pins) = (person.get(&path).await, person.get(&format!("{path}/pins")).await);
        // The person may have left it since.
        let pins = if pins.status == 404 { Vec::new() } else { list(&pins.ok()) };
        let receipts = if view.status == 404 { Vec::new() } else { list(&view.ok()["marks"]) };
        let receipts = receipts.into_iter().map(|receipt| {
            let seqs = (number(&receipt["last_delivered_seq"]), number(&receipt["last_read_seq"]));
            (number(&receipt["user_id"]), seqs)
        });
        let mut item = item.as_object().cloned().unwrap_or_default();
        item.retain(|key, _| !DERIVED.contains(&key.as_str()));
        let pins = pins.iter().map(pinned).collect();
        Self { item, messages: BTreeMap::new(), receipts: receipts.collect(), pins }
    }

    fn quotes_of(&mut self, message: &Value) -> impl Iterator<Item = &mut Value> {
        let quotes = self.messages.values_mut().filter_map(|answer| answer.get_mut("reply_to"));
        quotes.filter(move |quote| quote["message_id"] == *message)
    }

    fn rename(&mut self, user: &Value) {
        if self.item.get("user_id") == Some(&user["user_id"]) {
            for key in ["username", "nickname", "avatar_url", "status"] {
                self.item.insert(key.to_owned(), user[key].clone());
            }
            self.item.insert("friend_name".to_owned(), user["username"].clone());
        }
        for message in self.messages.values_mut() {
            rename_author(message, user);
            rename_author(&mut message["reply_to"], user);
        }
    }

    fn shown(&self, me: i64) -> Value {
        let receipts: Vec<Receipt> = self
            .receipts
            .iter()
            .map(|(user, (delivered, read))| Receipt {
                user: UserId(*user),
                delivered_seq: *delivered,
                read_seq: *read,
            })
            .collect();
        let messages: Vec<Value> =
            self.messages.values().map(|message| seen_by(message, me, &receipts)).collect();
        json!({ "item": self.item, "messages": messages, "receipts": self.receipts, "pins": self.pins })
    }
}

/// Fills in the read status of a message, as a client does that has the receipts.
fn seen_by(message: &Value, me: i64, receipts: &[Receipt]) -> Value {
    let (sender, seq) = (UserId(number(&message["sender_id"])), number(&message["seq"]));
    let (status, readers): (ReadStatus, usize) = receipt::status(receipts, UserId(me), sender, seq);
    let mut message = message.clone();
    (message["read_status"], message["read_by_count"]) = (json!(status), json!(readers));
    message
}

fn rename_author(message: &mut Value, user: &Value) {
    if message["sender_id"] == user["user_id"] {
        let author = &mut message["user"];
        author["nickname"].clone_from(&user["nickname"]);
        author["profilePictureUrl"].clone_from(&user["avatar_url"]);
        author["username"].clone_from(&user["username"]);
        author["userName"].clone_from(&user["username"]);
    }
}

fn pinned(pin: &Value) -> (i64, Value) {
    let by = json!({ "pinned_by": pin["pinned_by"], "pinned_at": pin["pinned_at"] });
    (number(&pin["message"]["message_id"]), by)
}

fn by_id(mut person: Value) -> (i64, Value) {
    if let Some(fields) = person.as_object_mut() {
        fields.retain(|key, _| !DERIVED.contains(&key.as_str()));
    }
    (number(&person["user_id"]), person)
}

#[track_caller]
fn number(value: &Value) -> i64 {
    value.as_i64().unwrap_or_else(|| panic!("not a number: {value}"))
}
