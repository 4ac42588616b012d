//! What comes from the other nodes.

use std::sync::Arc;

use bus::Heard;
use bytes::Bytes;
use chat::context::Chat;
use chat::{accounts, log, presence};
use domain::event::Logged;
use domain::id::{SessionId, UserId};
use serde::de::DeserializeOwned;
use tokio::sync::mpsc::UnboundedReceiver;

use super::wire::NodeMessage;
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
        Ok(event) => event.iter().for_each(|event| sockets.send_here(event)),
        Err(error) => tracing::warn!(%error, "friends could not be told of presence"),
    }
}

fn act(chat: &Chat, sockets: &Sockets, message: Option<NodeMessage>) {
    match message {
        Some(NodeMessage::Room(logged)) => admit(chat, sockets, logged),
        Some(NodeMessage::All(logged)) => {
            // The events of rooms with members here come on their shard; they are looked up if they do not.
            let awaits = |logged: &Logged| {
                let room = logged.entry.scope().room();
                sockets.cluster().zip(room).is_some_and(|(cluster, room)| cluster.has_members(room))
            };
            let (awaited, complete): (Vec<_>, Vec<_>) = logged.into_iter().partition(awaits);
            for logged in &awaited {
                sockets.sequencer().expect(logged.position);
            }
            admit(chat, sockets, complete);
        }
        Some(NodeMessage::Volatile(event)) => sockets.send_here(&event),
        Some(NodeMessage::Recovered(client)) => sockets.close_recovered(client),
        None => {}
    }
}

fn admit(chat: &Chat, sockets: &Sockets, logged: Vec<Logged>) {
    for logged in &logged {
        log::changed_elsewhere(chat, logged.entry.scope());
    }
    sockets.admit(logged);
}

fn read<T: DeserializeOwned>(payload: &Bytes) -> Option<T> {
    serde_json::from_slice(payload)
        .inspect_err(|error| tracing::debug!(%error, "a node of another version said something"))
        .ok()
}
