//! A client's copy of a room, built from events, and its comparison with what was committed.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::connection::ConnectionError;

/// The messages of a room by their `seq`: their ids and texts.
pub type Messages = BTreeMap<i64, (i64, String)>;

/// The copy of one room that a client keeps.
#[derive(Debug, Default, Clone)]
pub struct Replica {
    /// The room.
    pub room: String,
    /// The client's cursor.
    pub cursor: String,
    /// The messages that it holds.
    pub messages: Messages,
    /// How many messages it has still to send, or to have acknowledged.
    pub unsent: usize,
    /// How many of its messages were acknowledged.
    pub acknowledged: usize,
    /// When it had caught up, after each time that it reconnected.
    pub whole_at: Vec<Instant>,
    /// How long a server that stopped asked it to stay away, each time.
    pub asked_away: Vec<Duration>,
    /// What happened to it.
    pub counts: Counts,
    newest: i64,
    /// The position up to which it asked page by page while its connection was open already.
    paged_to: i64,
}

/// What happened to a client.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// Events of the log that it received.
    pub received: u64,
    /// Times that its connection was cut on purpose.
    pub cuts: u64,
    /// Times that its connection ended otherwise.
    pub losses: u64,
    /// Times that it was replayed what it had missed.
    pub resumed: u64,
    /// Times that it had to fetch what it missed from `/sync`.
    pub paged: u64,
    /// Messages that it sent once more.
    pub sent_again: u64,
    /// Own messages that it knew by their acknowledgement and then got as events: once is right, after it came back.
    pub echoes: u64,
    /// Events at or before its cursor.
    pub repeated: u64,
    /// Messages that came after a later one of the room.
    pub disordered: u64,
    /// Messages that came twice with different texts, ids or numbers.
    pub contradicted: u64,
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.received += other.received;
        self.cuts += other.cuts;
        self.losses += other.losses;
        self.resumed += other.resumed;
        self.paged += other.paged;
        self.sent_again += other.sent_again;
        self.echoes += other.echoes;
        self.repeated += other.repeated;
        self.disordered += other.disordered;
        self.contradicted += other.contradicted;
    }
}

impl Replica {
    /// A client that knows nothing but where it begins in the log.
    pub fn new(room: String, cursor: String, unsent: usize) -> Self {
        Self { room, cursor, unsent, ..Self::default() }
    }

    fn position(&self) -> i64 {
        position(&self.cursor)
    }

    /// Applies an event of the log, unless the cursor covers it.
    pub fn apply(&mut self, position: i64, name: &str, payload: &Value) {
        if position <= self.position() {
            self.counts.repeated += u64::from(position > self.paged_to);
            return;
        }
        self.counts.received += 1;
        let epoch = self.cursor.split_once('.').map_or("", |(epoch, _)| epoch);
        self.cursor = format!("{epoch}.{position}");
        if name != "new_message" || payload["message"]["chatroom_id"] != *self.room {
            return;
        }
        let message = &payload["message"];
        if !self.keep(message) {
            self.counts.echoes += 1;
        }
        let seq = message["seq"].as_i64().unwrap_or_default();
        if seq <= self.newest {
            self.counts.disordered += 1;
        }
        self.newest = self.newest.max(seq);
    }

    /// Applies the acknowledgement of an own message.
    pub fn acknowledge(&mut self, message: &Value) {
        self.keep(message);
        self.acknowledged += 1;
        self.unsent -= 1;
    }

    /// Keeps a message; false when it is there already.
    fn keep(&mut self, message: &Value) -> bool {
        let (seq, known) = known(message);
        let same = self.messages.insert(seq, known.clone()).map(|before| before == known);
        if same == Some(false) {
            self.counts.contradicted += 1;
        }
        same.is_none()
    }

    /// Advances to a cursor from the server.
    pub fn go_on(&mut self, cursor: &str) {
        if position(cursor) > self.position() {
            cursor.clone_into(&mut self.cursor);
        }
    }

    /// Begins a connection: nothing is asked page by page yet.
    pub(crate) fn come_back(&mut self) {
        self.paged_to = 0;
    }

    /// Notes that it has asked page by page; its connection may bring some of that as well.
    pub(crate) fn paged(&mut self) {
        self.counts.paged += 1;
        self.paged_to = self.position();
    }

    /// Returns whether it holds these messages and no other, and got each once and in order.
    pub fn is_whole(&self, committed: &Messages) -> bool {
        let Counts { repeated, disordered, contradicted, .. } = self.counts;
        self.messages == *committed && (repeated, disordered, contradicted) == (0, 0, 0)
    }
}

fn position(cursor: &str) -> i64 {
    cursor.split_once('.').and_then(|(_, position)| position.parse().ok()).unwrap_or_default()
}

fn known(message: &Value) -> (i64, (i64, String)) {
    let number = |key: &str| message[key].as_i64().unwrap_or_default();
    (number("seq"), (number("message_id"), message["content"].as_str().unwrap_or_default().to_owned()))
}

/// Fetches every message of a room whose text begins with `start`, newest first, until one does not.
pub async fn committed(
    http: &reqwest::Client,
    (origin, token): (&str, &str),
    (room, start): (&str, &str),
) -> Result<Messages, ConnectionError> {
    let mut all = Messages::new();
    let mut before = String::new();
    loop {
        let url = format!("{origin}/chatrooms/{room}/messages?limit=200{before}");
        let answer = http.get(url).bearer_auth(token).send().await?.error_for_status()?.bytes().await?;
        let page: Vec<Value> = serde_json::from_slice(&answer)?;
        let ours = page.iter().map(known).filter(|(_, (_, text))| text.starts_with(start));
        let found = all.len();
        all.extend(ours);
        let Some(oldest) = page.first().filter(|_| all.len() - found == page.len()) else { return Ok(all) };
        before = format!("&before_id={}", oldest["message_id"]);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn message(seq: i64) -> Value {
        json!({ "message": { "chatroom_id": "r", "seq": seq, "message_id": seq * 10, "content": seq.to_string() } })
    }

    fn replica() -> Replica {
        Replica::new("r".to_owned(), "e.5".to_owned(), 1)
    }

    fn committed(seqs: std::ops::RangeInclusive<i64>) -> Messages {
        seqs.map(|seq| (seq, (seq * 10, seq.to_string()))).collect()
    }

    #[test]
    fn each_once_and_in_order_is_whole() {
        let mut replica = replica();
        replica.acknowledge(&message(2)["message"]);
        replica.apply(6, "new_message", &message(1));
        replica.apply(7, "new_message", &message(2));
        replica.apply(8, "message_status", &json!({}));
        replica.apply(9, "new_message", &message(3));
        assert!(replica.is_whole(&committed(1..=3)), "{replica:?}");
        assert_eq!((replica.cursor.as_str(), replica.counts.echoes, replica.unsent), ("e.9", 1, 0));
    }

    #[test]
    fn what_is_missing_repeated_or_out_of_order_is_noticed() {
        let mut short = replica();
        short.apply(6, "new_message", &message(1));
        assert!(!short.is_whole(&committed(1..=2)));
        let mut twice = short.clone();
        twice.apply(6, "new_message", &message(1));
        assert!(!twice.is_whole(&committed(1..=1)) && twice.counts.repeated == 1);
        let mut crossed = replica();
        crossed.apply(6, "new_message", &message(2));
        crossed.apply(7, "new_message", &message(1));
        assert!(!crossed.is_whole(&committed(1..=2)) && crossed.counts.disordered == 1);
    }
}
