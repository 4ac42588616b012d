//! One room of a person, as their client has it.

use std::collections::BTreeMap;

use domain::id::UserId;
use domain::receipt::{ReadStatus, Receipt, status};
use domain::room::Room as Listed;
use serde_json::{Map, Value, json};

use crate::Person;
use crate::people::{list, text};

/// Fields that are not in events: presence, and what follows from messages and receipts.
pub(super) const DERIVED: [&str; 9] = [
    "online",
    "last_seen",
    "last_message",
    "last_read_message_id",
    "unread_count",
    "mention_count",
    "last_read_seq",
    "peer_delivered_seq",
    "peer_read_seq",
];

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Room {
    pub(super) item: Map<String, Value>,
    pub(super) messages: BTreeMap<i64, Value>,
    pub(super) receipts: BTreeMap<i64, (i64, i64)>,
    /// Who pinned a message, and when, by the message's id.
    pub(super) pins: BTreeMap<i64, Value>,
    /// What each member may do.
    pub(super) roles: BTreeMap<i64, Value>,
}

impl Room {
    pub(super) async fn fetch(person: &Person, item: &Value) -> Self {
        let mut room = Self::opened(person, item).await;
        let id = text(&item["chatroom_id"]);
        let page = person.get(&format!("/chatrooms/{id}/messages?limit=200")).await;
        // The person may have left it since.
        for message in if page.status == 404 { Vec::new() } else { list(&page.ok()) } {
            room.messages.insert(number(&message["seq"]), message);
        }
        room
    }

    /// Applies an event about the room itself, its members, or what the person has set for it.
    pub(super) fn change(&mut self, me: i64, name: &str, data: &Value) {
        match name {
            "chatroom_updated" => {
                let name = data["chatroom_name"].as_str().unwrap_or(Listed::UNNAMED);
                for key in ["chatroom_name", "friend_name", "username"] {
                    self.item.insert(key.to_owned(), json!(name));
                }
                self.item.insert("avatar_url".to_owned(), data["avatar_url"].clone());
            }
            "chatroom_request" => {
                self.item.insert("request".to_owned(), data["request"].clone());
            }
            "disappear_after_changed" => {
                self.item.insert("disappear_after".to_owned(), data["disappear_after"].clone());
            }
            "member_added" => {
                self.receipts.extend([receipt(&data["marks"])]);
                self.roles.extend([role(&data["participant"])]);
            }
            "role_changed" => {
                let (user, role) = role(data);
                if user == me {
                    self.item.insert("role".to_owned(), role.clone());
                }
                self.roles.insert(user, role);
            }
            _ => {
                for key in ["muted_until", "archived", "pinned", "marked_unread", "draft"] {
                    self.item.insert(key.to_owned(), data[key].clone());
                }
            }
        }
    }

    async fn opened(person: &Person, item: &Value) -> Self {
        let path = format!("/chatrooms/{}", text(&item["chatroom_id"]));
        let (view, pins) = (person.get(&path).await, person.get(&format!("{path}/pins")).await);
        // The person may have left it since.
        let pins = if pins.status == 404 { Vec::new() } else { list(&pins.ok()) };
        let view = if view.status == 404 { json!({ "marks": [], "participants": [] }) } else { view.ok() };
        let receipts = list(&view["marks"]).iter().map(receipt).collect();
        let roles = list(&view["participants"]).iter().map(role).collect();
        let mut item = item.as_object().cloned().unwrap_or_default();
        item.retain(|key, _| !DERIVED.contains(&key.as_str()));
        let pins = pins.iter().map(pinned).collect();
        Self { item, messages: BTreeMap::new(), receipts, pins, roles }
    }

    pub(super) fn quotes_of(&mut self, message: &Value) -> impl Iterator<Item = &mut Value> {
        let quotes = self.messages.values_mut().filter_map(|answer| answer.get_mut("reply_to"));
        quotes.filter(move |quote| quote["message_id"] == *message)
    }

    pub(super) fn rename(&mut self, user: &Value) {
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

    pub(super) fn shown(&self, me: i64) -> Value {
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
        json!({
            "item": self.item,
            "messages": messages,
            "receipts": self.receipts,
            "pins": self.pins,
            "roles": self.roles,
        })
    }
}

/// Fills in the read status of a message, as a client does that has the receipts.
fn seen_by(message: &Value, me: i64, receipts: &[Receipt]) -> Value {
    let (sender, seq) = (UserId(number(&message["sender_id"])), number(&message["seq"]));
    let (read_status, readers): (ReadStatus, usize) = status(receipts, UserId(me), sender, seq);
    let mut message = message.clone();
    (message["read_status"], message["read_by_count"]) = (json!(read_status), json!(readers));
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

pub(super) fn receipt(receipt: &Value) -> (i64, (i64, i64)) {
    let seqs = (number(&receipt["last_delivered_seq"]), number(&receipt["last_read_seq"]));
    (number(&receipt["user_id"]), seqs)
}

fn role(member: &Value) -> (i64, Value) {
    (number(&member["user_id"]), member["role"].clone())
}

pub(super) fn pinned(pin: &Value) -> (i64, Value) {
    let by = json!({ "pinned_by": pin["pinned_by"], "pinned_at": pin["pinned_at"] });
    (number(&pin["message"]["message_id"]), by)
}

#[track_caller]
pub(super) fn number(value: &Value) -> i64 {
    value.as_i64().unwrap_or_else(|| panic!("not a number: {value}"))
}
