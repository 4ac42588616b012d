//! Pushes messages to the devices of those who have no connection (Web Push).
//!
//! The pushes follow the event log, one server at a time; a push is a hint and is tried once: the message waits in the log.

use std::collections::{HashMap, HashSet};

use auth::push::SubscriptionKeys;
use auth::secret::fingerprint;
use domain::event_table::LogEntry;
use domain::id::{RoomId, SubscriptionId, UserId};
use domain::message::{Message, MessageSeq};
use domain::push::{Push, PushKind};
use domain::room::RoomKind;
use domain::time::Time;
use futures_util::{StreamExt as _, stream};
use outbound::Request;
use persistence::error::Error as Stored;
use persistence::groups::Look;
use persistence::push::{self, Recipient, Subscription};
use persistence::viewer::{NOBODY, Viewer};
use persistence::{Conn, groups, log, messages, rooms};

use crate::context::Chat;
use crate::error::Error;

/// How many entries of the log are taken at once.
const PAGE: i64 = 500;

/// How many pushes are made at once.
const AT_ONCE: usize = 16;

/// For how long a push service keeps what it cannot deliver, in seconds.
const TTL: &str = "86400";

/// What a push service answers for a subscription that is no more.
const GONE: [u16; 2] = [404, 410];

/// A push that is ready to be encrypted.
struct Ready {
    user: UserId,
    subscription: Subscription,
    payload: String,
    topic: String,
    kind: PushKind,
}

/// Pushes what has happened since the last time; returns whether there may be more.
pub async fn push_new(chat: &Chat) -> Result<bool, Error> {
    let now = chat.now();
    let read = chat.db.read(move |conn| {
        let position = push::position(conn)?;
        if position >= log::head(conn)?.position {
            return Ok(None);
        }
        let rows = log::after(conn, position, PAGE)?;
        let entries: Vec<LogEntry> = rows.iter().map(|row| row.entry).collect();
        let moved = rows.last().map(|last| (position, last.position));
        Ok::<_, Stored>(moved.zip(Some((rows.len(), ready(conn, &entries, now)?))))
    });
    let Some(((from, to), (count, pushes))) = read.await? else { return Ok(false) };
    // Another server that has moved the position pushes them.
    if chat.db.transaction(move |conn| push::advance(conn, from, to)).await? {
        // Who has a connection gets the message by it.
        let away = pushes.into_iter().filter(|push| !chat.live.online(push.user));
        stream::iter(away).for_each_concurrent(AT_ONCE, |push| send(chat, push)).await;
    }
    Ok(i64::try_from(count).is_ok_and(|count| count == PAGE))
}

/// Returns what is to be pushed of these entries.
fn ready(conn: &mut Conn, entries: &[LogEntry], now: Time) -> Result<Vec<Ready>, Stored> {
    let mut kinds: HashMap<MessageSeq, PushKind> = HashMap::new();
    for entry in entries {
        let (message, kind) = match *entry {
            LogEntry::MessageSent { room, seq } => (MessageSeq { room, seq }, PushKind::Message),
            LogEntry::MessageUnsent { room, seq } => (MessageSeq { room, seq }, PushKind::Unsent),
            _ => continue,
        };
        // One that was sent just now was pushed to nobody yet, and nothing is to be taken back.
        kinds.entry(message).or_insert(kind);
    }
    let in_rooms: HashSet<RoomId> = kinds.keys().map(|message| message.room).collect();
    let in_rooms: Vec<RoomId> = in_rooms.into_iter().collect();
    let recipients = if in_rooms.is_empty() { Vec::new() } else { push::recipients(conn, &in_rooms, now)? };
    if recipients.is_empty() {
        return Ok(Vec::new());
    }
    let with_recipients: HashSet<RoomId> = recipients.iter().map(|recipient| recipient.room).collect();
    let wanted: Vec<MessageSeq> =
        kinds.keys().filter(|message| with_recipients.contains(&message.room)).copied().collect();
    let names = names(conn, &with_recipients)?;
    let mut all = Vec::new();
    for message in messages::at(conn, Viewer { user: NOBODY, now }, &wanted)? {
        let Some(kind) = kinds.get(&message.at()).copied().filter(|kind| is_pushed(&message, *kind)) else {
            continue;
        };
        let name = names.get(&message.room).and_then(Option::as_deref);
        let new = recipients.iter().filter(|recipient| {
            let Recipient { room, user, delivered_seq, .. } = recipient;
            *room == message.room && *user != message.sender && *delivered_seq < message.seq
        });
        all.extend(new.filter_map(|recipient| pushed_to(recipient, &message, kind, name)));
    }
    Ok(all)
}

fn is_pushed(message: &Message, kind: PushKind) -> bool {
    let silent = message.extras.as_ref().is_some_and(|extras| extras.silent);
    match kind {
        PushKind::Message => !message.deleted && message.system.is_none() && !silent,
        PushKind::Unsent => message.deleted,
    }
}

/// Returns the names of those rooms that are groups.
fn names(conn: &mut Conn, of: &HashSet<RoomId>) -> Result<HashMap<RoomId, Option<String>>, Stored> {
    let mut names = HashMap::new();
    for room in of {
        if rooms::kind(conn, *room)? == RoomKind::Group {
            let Look { name, .. } = groups::look(conn, *room)?;
            names.insert(*room, name);
        }
    }
    Ok(names)
}

fn pushed_to(recipient: &Recipient, message: &Message, kind: PushKind, room: Option<&str>) -> Option<Ready> {
    let mut push = Push::of(message, kind);
    if recipient.preview && kind == PushKind::Message {
        push = push.with_preview(message, room);
    }
    let topic = fingerprint(&[&message.room.to_string(), &message.seq.to_string()]);
    Some(Ready {
        user: recipient.user,
        subscription: recipient.subscription.clone(),
        payload: serde_json::to_string(&push).ok()?,
        // At most 32 characters (RFC 8030, section 5.4); the same replaces what was not delivered yet.
        topic: topic.chars().take(32).collect(),
        kind,
    })
}

async fn send(chat: &Chat, push: Ready) {
    let id = push.subscription.id;
    match post(chat, push).await {
        Ok(status) if (200..300).contains(&status) => chat.counts.pushes_accepted.add(),
        Ok(status) if GONE.contains(&status) => {
            chat.counts.pushes_gone.add();
            forget(chat, id).await;
        }
        outcome => note_failure(chat, &outcome),
    }
}

fn note_failure(chat: &Chat, outcome: &Result<u16, Error>) {
    chat.counts.pushes_failed.add();
    tracing::debug!(?outcome, "a push was not taken");
}

/// Returns the status that the push service answers.
async fn post(chat: &Chat, push: Ready) -> Result<u16, Error> {
    let answer = chat.outbound.send(request(chat, push)?).await;
    answer.map(|answer| answer.status).map_err(|error| Error::Internal(error.into()))
}

async fn forget(chat: &Chat, id: SubscriptionId) {
    if let Err(error) = chat.db.transaction(move |conn| push::forget(conn, id)).await {
        tracing::warn!(%error, "a subscription that is no more stays until the next push");
    }
}

fn request(chat: &Chat, push: Ready) -> Result<Request, Error> {
    let Ready { subscription: Subscription { endpoint, p256dh, auth, .. }, payload, topic, kind, .. } = push;
    let url = chat.outbound.check(&endpoint).map_err(|error| Error::Internal(error.into()))?;
    let keys = SubscriptionKeys::parse(&p256dh, &auth)
        .ok_or_else(|| Error::Internal("a subscription's keys are none".into()))?;
    let authorization = chat.vapid.authorization(&url.origin().ascii_serialization(), chat.now())?;
    let urgency = if kind == PushKind::Message { "high" } else { "normal" };
    let headers = vec![
        ("authorization", authorization),
        ("content-type", "application/octet-stream".to_owned()),
        ("content-encoding", "aes128gcm".to_owned()),
        ("ttl", TTL.to_owned()),
        ("topic", topic),
        ("urgency", urgency.to_owned()),
    ];
    Ok(Request { url: endpoint, headers, body: Some(keys.encrypt(payload.as_bytes())?) })
}
