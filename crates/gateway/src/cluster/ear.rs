//! What comes from the other nodes.

use std::sync::Arc;

use bus::Heard;
use bytes::Bytes;
use chat::context::Chat;
use chat::{accounts, changes, presence};
use domain::id::{SessionId, UserId};
use serde::de::DeserializeOwned;
use tokio::sync::mpsc::UnboundedReceiver;

use super::wire::{Line, Word};
use crate::live::Sockets;

/// Acts on what other nodes say, in its order, until the bus ends.
pub(crate) async fn hear(mut words: UnboundedReceiver<Heard>, chat: Arc<Chat>, sockets: Arc<Sockets>) {
    while let Some(heard) = words.recv().await {
        match heard {
            Heard::Event { payload, .. } | Heard::Notice(payload) => act(&chat, &sockets, read(&payload)),
            Heard::Revoked(payload) => end(&chat, &sockets, read(&payload)),
            Heard::Went(user) => say_goodbye(&chat, &sockets, user).await,
            Heard::Connected => note("the other nodes can be heard"),
            Heard::Lost => note("Redis is away; other nodes are heard through the database"),
            Heard::Came(_) | Heard::Listening(_) => {}
        }
    }
}

fn note(what: &str) {
    tracing::info!("{what}");
}

fn end(chat: &Chat, sockets: &Sockets, session: Option<SessionId>) {
    if let Some(session) = session {
        accounts::ended_elsewhere(chat, session);
        sockets.end(session);
    }
}

/// Tells friends that a user is gone whose node has died, or it would have said so itself.
async fn say_goodbye(chat: &Chat, sockets: &Sockets, user: UserId) {
    match presence::lost(chat, user).await {
        Ok(event) => event.iter().for_each(|event| sockets.tell_here(event)),
        Err(error) => tracing::warn!(%error, "friends could not be told of presence"),
    }
}

fn act(chat: &Chat, sockets: &Sockets, word: Option<Word>) {
    match word {
        Some(Word::Changes(lines)) => {
            for line in lines {
                changes::elsewhere(chat, line.scope);
                admit(sockets, &line);
            }
        }
        Some(Word::Fleeting(told)) => sockets.offer_here(&told),
        Some(Word::Recovered(client)) => sockets.close_recovered(client),
        None => {}
    }
}

/// What is told over a shard that this node should listen to is waited for; it is looked up if it does not come.
fn admit(sockets: &Sockets, line: &Line) {
    let awaited = line.elsewhere
        && line.room().is_some_and(|room| sockets.cluster().is_some_and(|cluster| cluster.has_members(room)));
    if awaited { sockets.expect(line.pos) } else { sockets.admit(line) }
}

fn read<T: DeserializeOwned>(payload: &Bytes) -> Option<T> {
    serde_json::from_slice(payload)
        .inspect_err(|error| tracing::debug!(%error, "a node of another version said something"))
        .ok()
}
