//! Who asks, and what there is to be asked for: each private thing has a word of its own that nobody else may read.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::time::Duration;

use auth::keys::Key;
use auth::token::{Config, Tokens};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use harness::deadline::within;
use harness::people::{PASSWORD, list, text};
use harness::{Caller, Person, Stack};
use serde_json::json;

use crate::scheduled_messages::soon;

/// The word of a private thing, and who may read it.
pub(super) struct Canary {
    pub(super) word: String,
    pub(super) readers: &'static [&'static str],
    /// Whether one of them has read it.
    pub(super) is_read: Cell<bool>,
}

const GROUP: &[&str] = &["alice", "bob", "carol"];
const PAIR: &[&str] = &["alice", "ming"];
const ALICE: &[&str] = &["alice"];
const ADMINS: &[&str] = &["alice", "bob"];
const ALICE_AND_ADMINISTRATOR: &[&str] = &["alice", "administrator"];
const ADMINISTRATOR: &[&str] = &["administrator"];

/// Everybody and everything.
pub(super) struct Fixture {
    /// Those who have signed in, and are somebody to alice or nobody.
    pub(super) people: BTreeMap<&'static str, Person>,
    /// Those who are nobody to the server.
    pub(super) nobodies: Vec<(&'static str, Caller)>,
    /// A program of alice without any scope but this.
    pub(super) programs: Vec<(&'static str, Caller)>,
    pub(super) canaries: Vec<Canary>,
    /// What stands in paths and payloads, by its name there.
    pub(super) ids: BTreeMap<&'static str, String>,
    pub(super) direct: String,
    pub(super) direct_message: String,
}

impl Fixture {
    /// Returns a text with the names in braces replaced by what they name.
    pub(super) fn fill(&self, text: &str) -> String {
        let text = text.replace("/bots/{user_id}", "/bots/{bot}");
        self.ids.iter().fold(text, |text, (name, id)| text.replace(&format!("{{{name}}}"), id))
    }

    pub(super) fn alice(&self) -> &Person {
        &self.people["alice"]
    }

    pub(super) async fn build(stack: &Stack) -> Self {
        let mut people = BTreeMap::new();
        for name in ["alice", "bob", "carol", "ming", "friend", "pending", "blocked", "left", "outsider"] {
            people.insert(name, stack.person(name).await);
        }
        people.insert("administrator", stack.admin("administrator").await);
        let mut fixture = Self {
            people,
            nobodies: Vec::new(),
            programs: Vec::new(),
            canaries: Vec::new(),
            ids: BTreeMap::new(),
            direct: String::new(),
            direct_message: String::new(),
        };
        fixture.add_nobodies(stack).await;
        fixture.befriend().await;
        fixture.talk().await;
        fixture.keep_secrets().await;
        fixture.report().await;
        fixture.make_programs().await;
        fixture
    }

    /// Notes a word that these may read.
    fn guard(&mut self, word: String, readers: &'static [&'static str]) {
        self.canaries.push(Canary { word, readers, is_read: Cell::default() });
    }

    /// Returns a new word that these may read.
    fn word(&mut self, readers: &'static [&'static str]) -> String {
        // As long as the name of a group may be.
        let word = uuid::Uuid::now_v7().simple().to_string();
        self.guard(word.clone(), readers);
        word
    }

    async fn add_nobodies(&mut self, stack: &Stack) {
        let anon = stack.anon();
        let alice = self.alice().clone();
        let key = Key::load(None, stack.data()).unwrap();
        let other = Key::from_secret(&[7; 32]).unwrap();
        let claims = Tokens::new(&key, Config::default()).verify(alice.token()).unwrap();
        let mint = |key: &Key, lifetime: Duration| {
            let tokens = Tokens::new(key, Config { lifetime, ..Config::default() });
            tokens.mint(claims.user_id, &claims.sub, claims.sid).unwrap()
        };
        let expired = mint(&key, Duration::ZERO);
        let payload = alice.token().split('.').nth(1).unwrap();
        let unsigned = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"JWT"}"#);
        let refresh = text(&anon.sign_in("alice", PASSWORD).await.ok()["refresh_token"]);
        let revoked = alice.elsewhere().await;
        revoked.post("/auth/logout").await.ok();
        let deleted = stack.person("deleted").await;
        deleted.delete_account(PASSWORD).await.is(204);
        let tokens = [
            ("garbage", "garbage".to_owned()),
            ("wrong key", mint(&other, Duration::from_hours(1))),
            ("algorithm none", format!("{unsigned}.{payload}.")),
            ("refresh secret", refresh),
            ("revoked session", revoked.token().to_owned()),
            ("deleted account", deleted.token().to_owned()),
            ("expired", expired),
        ];
        self.nobodies = tokens.map(|(name, token)| (name, anon.with_token(&token))).to_vec();
        self.nobodies.push(("anonymous", anon.clone()));
        for scope in ["files:read", "profile:read"] {
            let body = json!({ "name": scope, "scopes": [scope] });
            let made = alice.post_json("/user/me/tokens", &body).await.is(201).json();
            self.ids.insert("token_id", text(&made["token_id"]));
            self.programs.push((scope, anon.with_token(made["token"].as_str().unwrap())));
            self.guard(text(&made["token"]), &[]);
        }
    }

    /// Waits until the token has expired, which counts for some seconds more, as clocks differ.
    pub(super) async fn expire(&self) {
        let (_, expired) = self.nobodies.iter().find(|(name, _)| *name == "expired").unwrap();
        let refused = async { while expired.get("/user/me").await.status == 200 {} };
        within("the token's end", refused).await;
    }

    async fn befriend(&mut self) {
        let alice = self.alice().clone();
        self.guard(alice.email.clone(), ALICE_AND_ADMINISTRATOR);
        for name in ["bob", "carol", "left", "ming", "friend"] {
            alice.befriend(&self.people[name]).await;
        }
        let ask = format!("/friends/request?friend_id={}", alice.id);
        self.people["pending"].post(&ask).await.is(200);
        alice.put(&format!("/friends/blocks/{}", self.people["blocked"].id)).await.is(200);
        let invite = text(&alice.get("/user/me/invite").await.ok()["token"]);
        self.guard(invite, ALICE);
    }

    async fn talk(&mut self) {
        let (name, said, file) = (self.word(GROUP), self.word(GROUP), self.word(GROUP));
        let (secret, pinned) = (self.word(PAIR), self.word(PAIR));
        let people = self.people.clone();
        let [alice, bob, carol] = GROUP else { panic!("no group") };
        let (alice, bob, carol) = (&people[alice], &people[bob], &people[carol]);
        let group = alice.open_group(&[bob, carol, &people["left"]], &name).await;
        people["left"].leave_group(&group).await.is(204);
        alice.set_role(&group, bob, "admin").await.is(200);
        let message = alice.say(&group, &format!("秘密 {said}")).await;
        let upload = "/upload/upload-message-file";
        let stored = alice.upload(upload, (&format!("{file}.txt"), "text/plain"), b"a").await.ok();
        let sent = json!({ "message_type": "file", "media_url": stored["url"] });
        alice.send_message(&group, &sent).await.is(200);
        self.direct = alice.open_room(&people["ming"]).await;
        self.direct_message =
            alice.say(&self.direct, &format!("秘密 {secret}")).await["message_id"].to_string();
        let pin = people["ming"].say(&self.direct, &pinned).await;
        alice.put(&format!("{}/pin", harness::people::path_of(&pin))).await.is(200);
        let link = alice.post_json(&format!("/chatrooms/{group}/invites"), &json!({})).await.is(201).json();
        self.guard(text(&link["token"]), &[]);
        self.ids.extend([
            ("chatroom_id", group),
            ("message_id", message["message_id"].to_string()),
            ("invite_id", text(&link["invite_id"])),
            ("media_id", text(&stored["media_id"])),
            ("name", text(&stored["url"]).rsplit('/').next().unwrap().to_owned()),
            ("user_id", alice.id.to_string()),
            ("member", carol.id.to_string()),
            ("emoji", "👍".to_owned()),
        ]);
    }

    /// Says and does what reaches sockets.
    pub(super) async fn talk_on(&mut self) {
        let (said, secret, draft) = (self.word(GROUP), self.word(PAIR), self.word(ALICE));
        let (alice, group) = (self.alice().clone(), self.ids["chatroom_id"].clone());
        let message = alice.say(&group, "改之前").await;
        alice.edit(&message, &said).await.is(200);
        alice.say(&self.direct, &secret).await;
        alice.set_room(&group, &json!({ "draft": draft })).await.is(200);
    }

    async fn keep_secrets(&mut self) {
        let later = self.word(ALICE);
        let (alice, group) = (self.alice().clone(), self.ids["chatroom_id"].clone());
        let message = json!({ "content": later, "send_at": soon(10_000) });
        let scheduled = alice.post_json(&format!("/chatrooms/{group}/scheduled"), &message).await;
        self.ids.insert("scheduled_id", text(&scheduled.is(201).json()["scheduled_id"]));
        let sessions = list(&alice.get("/auth/sessions").await.ok());
        let other = sessions.iter().find(|session| session["current"] != true).unwrap();
        self.ids.insert("session_id", text(&other["session_id"]));
        self.ids.insert("later", soon(10_000).to_string());
        self.ids.insert("token", "no-such-invite".to_owned());
    }

    /// Reports a message: what it says by then is the administrator's to read, and its room is not.
    async fn report(&mut self) {
        let note = self.word(ADMINISTRATOR);
        let (alice, group) = (self.alice().clone(), self.ids["chatroom_id"].clone());
        let evidence = self.word(&["alice", "bob", "carol", "administrator"]);
        let message = self.people["bob"].say(&group, &evidence).await;
        let report = json!({ "chatroom_id": group, "message_id": message["message_id"], "reason": "spam", "note": note });
        alice.post_json("/reports", &report).await.is(204);
        let reports = self.people["administrator"].get("/admin/reports").await.ok();
        self.ids.insert("report_id", text(&reports["items"][0]["report_id"]));
    }

    async fn make_programs(&mut self) {
        let (name, address) = (self.word(ADMINS), self.word(ALICE));
        let alice = self.alice().clone();
        let bot =
            alice.post_json("/bots", &json!({ "username": "bot" })).await.is(201).json()["user_id"].clone();
        let token = json!({ "name": "x", "scopes": ["profile:read"] });
        let token = alice.post_json(&format!("/bots/{bot}/tokens"), &token).await.is(201).json();
        self.guard(text(&token["token"]), &[]);
        let outgoing =
            json!({ "url": format!("https://hooks.example/{address}"), "events": ["new_message"] });
        let outgoing = alice.post_json(&format!("/bots/{bot}/webhooks"), &outgoing).await.is(201).json();
        self.guard(text(&outgoing["secret"]), &[]);
        let webhooks = self.fill("/chatrooms/{chatroom_id}/webhooks");
        let incoming = alice.post_json(&webhooks, &json!({ "name": name })).await.is(201).json();
        self.guard(text(&incoming["token"]), &[]);
        self.ids.extend([
            ("bot", bot.to_string()),
            ("webhook_id", text(&outgoing["webhook_id"])),
            ("delivery_id", uuid::Uuid::now_v7().to_string()),
            ("subscription_id", uuid::Uuid::now_v7().to_string()),
        ]);
    }
}
