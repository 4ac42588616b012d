//! What a client knows: fetched once, and kept true by events alone.

use std::collections::BTreeMap;

use domain::message::Quote;
use serde_json::{Value, json};

use crate::Person;
use crate::people::{list, text};

mod room;

use room::{DERIVED, Room, number, pinned, receipt};

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

    /// Applies one event of the log. A room that came to be is fetched with what was said before, as a client does it.
    pub async fn apply(&mut self, person: &Person, name: &str, data: &Value) {
        match name {
            "new_message" => self.add(&data["message"]),
            "message_updated" | "message_deleted" | "message_reacted" => self.change(&data["message"]),
            "scheduled_messages" => {}
            "message_hidden" | "message_expired" => self.hide(data),
            "message_pinned" => self.pin(data),
            "message_previewed" => self.preview(data),
            "message_status" => self.room(&data["chatroom_id"]).receipts.extend([receipt(data)]),
            "chatroom_created" => {
                let room = Room::fetch(person, &data["chatroom"]).await;
                self.know_room(&data["chatroom"]);
                self.rooms.entry(text(&data["chatroom"]["chatroom_id"])).or_insert(room);
            }
            "member_left" => {
                let (room, user) = (text(&data["chatroom_id"]), number(&data["user_id"]));
                if user == self.me {
                    self.rooms.remove(&room);
                } else {
                    let room = self.room(&data["chatroom_id"]);
                    room.receipts.remove(&user);
                    room.roles.remove(&user);
                }
            }
            "chatroom_request"
            | "chatroom_updated"
            | "disappear_after_changed"
            | "member_added"
            | "role_changed"
            | "room_settings" => {
                let me = self.me;
                self.room(&data["chatroom_id"]).change(me, name, data);
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
        if message.get("system").is_none() {
            room.receipts.insert(number(&message["sender_id"]), (seq, seq));
        }
        // Both are written alike, so that their texts compare as they do.
        if room.item["muted_until"].as_str() <= message["timestamp"].as_str() {
            room.item.insert("archived".to_owned(), json!(false));
        }
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

    fn preview(&mut self, data: &Value) {
        let message = self.room(&data["chatroom_id"]).messages.get_mut(&number(&data["seq"]));
        if let Some(message) = message.and_then(Value::as_object_mut) {
            message.remove("preview");
            let preview = Some(data["preview"].clone()).filter(|preview| !preview.is_null());
            message.extend(preview.map(|preview| ("preview".to_owned(), preview)));
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

fn by_id(mut person: Value) -> (i64, Value) {
    if let Some(fields) = person.as_object_mut() {
        fields.retain(|key, _| !DERIVED.contains(&key.as_str()));
    }
    (number(&person["user_id"]), person)
}
