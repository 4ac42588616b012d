//! People: callers with an account, and what they commonly do.

use std::ops::Deref;

use serde_json::{Value, json};

use crate::{Answer, Caller, Socket};

/// The password of everybody.
pub const PASSWORD: &str = "通關密語一二三四";

/// Somebody who is signed in; makes requests as a [`Caller`] does.
#[derive(Debug, Clone)]
pub struct Person {
    /// Their id.
    pub id: i64,
    /// The name they sign in with.
    pub name: String,
    /// Their e-mail address.
    pub email: String,
    /// The session cookie of their sign-in: `name=value`.
    pub cookie: String,
    caller: Caller,
}

impl Deref for Person {
    type Target = Caller;

    fn deref(&self) -> &Caller {
        &self.caller
    }
}

impl Person {
    /// Registers and signs in.
    pub async fn join(anon: &Caller, name: &str) -> Self {
        let email = format!("{name}@example.com");
        anon.register(&json!({ "username": name, "password": PASSWORD, "email": email })).await.is(201);
        Self::sign_in_again(anon, name).await
    }

    /// Signs in on one more device.
    pub async fn sign_in_again(anon: &Caller, name: &str) -> Self {
        let answer = anon.sign_in(name, PASSWORD).await;
        let signed_in = answer.ok();
        let token = signed_in["access_token"].as_str().unwrap_or_default();
        let caller = anon.with_token(token);
        let me = caller.get("/user/me").await.ok();
        Self {
            id: me["user_id"].as_i64().unwrap_or_default(),
            name: name.to_owned(),
            email: me["email"].as_str().unwrap_or_default().to_owned(),
            cookie: cookie(&answer),
            caller,
        }
    }

    /// The same person on one more device.
    pub async fn elsewhere(&self) -> Self {
        let anon = Caller::new(self.origin().to_owned());
        Self::sign_in_again(&anon, &self.name).await
    }

    /// The same person where the server listens now; the token is the same.
    #[must_use]
    pub fn moved_to(&self, origin: &str) -> Self {
        Self { caller: Caller::new(origin.to_owned()).with_token(self.token()), ..self.clone() }
    }

    /// The same person with another token of the same sign-in.
    #[must_use]
    pub fn with_new_token(&self, token: &str) -> Self {
        Self { caller: self.caller.with_token(token), ..self.clone() }
    }

    /// Deletes their account, with this password.
    pub async fn delete_account(&self, password: &str) -> Answer {
        self.delete_json(&format!("/user/{}", self.id), &json!({ "password": password })).await
    }

    /// Connects a socket.
    pub async fn socket(&self) -> Socket {
        Socket::connect(self.origin(), self.token()).await
    }

    /// Connects a socket and joins a room as the seed's client does.
    pub async fn socket_in(&self, room: &str) -> Socket {
        let socket = self.socket().await;
        let joined = socket.ask("join_room", json!(room)).await;
        assert_eq!(joined["ok"], true, "{joined}");
        socket
    }

    /// Becomes friends with somebody.
    pub async fn befriend(&self, other: &Self) {
        self.post(&format!("/friends/request?friend_id={}", other.id)).await.is(200);
        other.post(&format!("/friends/requests/accepted?friend_id={}", self.id)).await.is(200);
    }

    /// Opens the one-to-one room with somebody and returns its id.
    pub async fn open_room(&self, other: &Self) -> String {
        self.open_group(&[other], "Default Chatroom").await
    }

    /// Opens a room with these people and returns its id; those of a group become friends before, unless they are.
    pub async fn open_group(&self, others: &[&Self], name: &str) -> String {
        if others.len() > 1 {
            let friends = self.people("/friends/").await;
            for other in others.iter().filter(|other| !friends.contains(&other.id)) {
                self.befriend(other).await;
            }
        }
        let members: Vec<i64> = others.iter().map(|other| other.id).collect();
        let body = json!({ "members_id": members, "chatroom_name": name });
        text(&self.post_json("/chatrooms/", &body).await.ok()["chatroom_id"])
    }

    /// Takes people into a group, or does not.
    pub async fn add_members(&self, room: &str, others: &[&Self]) -> Answer {
        let members: Vec<i64> = others.iter().map(|other| other.id).collect();
        self.post_json(&format!("/chatrooms/{room}/participants"), &json!({ "members_id": members })).await
    }

    /// Removes somebody from a group, or does not.
    pub async fn remove_member(&self, room: &str, other: &Self) -> Answer {
        self.delete(&format!("/chatrooms/{room}/participants/{}", other.id)).await
    }

    /// Gives a member of a group a role, or does not.
    pub async fn set_role(&self, room: &str, other: &Self, role: &str) -> Answer {
        self.patch(&format!("/chatrooms/{room}/participants/{}", other.id), &json!({ "role": role })).await
    }

    /// Gives a group another name or picture, or does not.
    pub async fn update_group(&self, room: &str, changes: &Value) -> Answer {
        self.patch(&format!("/chatrooms/{room}"), changes).await
    }

    /// Sets something for a room, for themselves, or does not.
    pub async fn set_room(&self, room: &str, changes: &Value) -> Answer {
        self.patch(&format!("/chatrooms/{room}/settings"), changes).await
    }

    /// Leaves a group, or does not.
    pub async fn leave_group(&self, room: &str) -> Answer {
        self.delete(&format!("/chatrooms/{room}/participants/me")).await
    }

    /// Sends a text to a room; returns the message.
    pub async fn say(&self, room: &str, content: &str) -> Value {
        self.send_message(room, &json!({ "content": content, "message_type": "text" })).await.ok()
    }

    /// Sends a message to a room, or does not.
    pub async fn send_message(&self, room: &str, message: &Value) -> Answer {
        self.post_json(&format!("/chatrooms/{room}/message"), message).await
    }

    /// Replies to a message; returns the reply.
    pub async fn reply(&self, room: &str, message: &Value, content: &str) -> Value {
        let id = &message["message_id"];
        self.send_message(room, &json!({ "content": content, "reply_to": id })).await.ok()
    }

    /// Edits a message.
    pub async fn edit(&self, message: &Value, content: &str) -> Answer {
        self.patch(&path_of(message), &json!({ "content": content })).await
    }

    /// Takes a message back, or does not.
    pub async fn unsend(&self, message: &Value) -> Answer {
        self.delete(&path_of(message)).await
    }

    /// Deletes a message for themselves, or does not.
    pub async fn hide(&self, message: &Value) -> Answer {
        self.delete(&format!("{}?for=me", path_of(message))).await
    }

    /// Puts an emoji to a message, or does not.
    pub async fn react(&self, message: &Value, emoji: &str) -> Answer {
        self.put(&format!("{}/reactions/{emoji}", path_of(message))).await
    }

    /// Takes their emoji off a message, or does not.
    pub async fn unreact(&self, message: &Value, emoji: &str) -> Answer {
        self.delete(&format!("{}/reactions/{emoji}", path_of(message))).await
    }

    /// Reads what a message said and says, or does not.
    pub async fn versions(&self, message: &Value) -> Answer {
        self.get(&format!("{}/history", path_of(message))).await
    }

    /// Returns a message as they see it now, if it is among the newest.
    pub async fn look(&self, message: &Value) -> Option<Value> {
        let page = self.read_page(&text(&message["chatroom_id"]), "limit=200").await;
        page.into_iter().find(|found| found["message_id"] == message["message_id"])
    }

    /// Reads a page of a room; `query` is `limit=3&before=..`.
    pub async fn read_page(&self, room: &str, query: &str) -> Vec<Value> {
        list(&self.get(&format!("/chatrooms/{room}/messages?{query}")).await.ok())
    }

    /// Reads what members say in the newest messages of a room.
    pub async fn texts(&self, room: &str) -> Vec<String> {
        let page = self.read_page(room, "limit=200").await;
        let said = page.iter().filter(|message| message.get("system").is_none());
        said.map(|message| text(&message["content"])).collect()
    }

    /// Reads what the server says in the newest messages of a room.
    pub async fn system_messages(&self, room: &str) -> Vec<Value> {
        let page = self.read_page(room, "limit=200").await;
        page.into_iter().filter(|message| message.get("system").is_some()).collect()
    }

    /// Lists their rooms.
    pub async fn rooms(&self) -> Vec<Value> {
        list(&self.get("/chatrooms/").await.ok())
    }

    /// Returns one of their rooms as the list shows it.
    pub async fn room(&self, id: &str) -> Value {
        let found = self.rooms().await.into_iter().find(|room| room["chatroom_id"] == id);
        found.unwrap_or_else(|| panic!("{} has no room {id}", self.name))
    }

    /// Lists people: `/friends/` or one of its neighbours.
    pub async fn people(&self, path: &str) -> Vec<i64> {
        let people = list(&self.get(path).await.ok());
        people.iter().filter_map(|person| person["user_id"].as_i64()).collect()
    }
}

/// Returns the address of a message.
pub fn path_of(message: &Value) -> String {
    format!("/chatrooms/{}/messages/{}", text(&message["chatroom_id"]), message["message_id"])
}

/// Returns the session cookie that an answer sets: `name=value`.
pub fn cookie(answer: &Answer) -> String {
    let line = answer.cookies().into_iter().find(|line| line.starts_with("chatroom_session"));
    let line = line.unwrap_or_else(|| panic!("no session cookie: {answer}"));
    line.split(';').next().unwrap_or_default().to_owned()
}

/// Returns a JSON string's text.
#[track_caller]
pub fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| panic!("not a string: {value}"), str::to_owned)
}

/// Returns a JSON array's items.
#[track_caller]
pub fn list(value: &Value) -> Vec<Value> {
    value.as_array().cloned().unwrap_or_else(|| panic!("not an array: {value}"))
}
