//! Acts on messages of the other nodes.

use std::sync::Arc;

use ::cluster::ClusterEvent;
use bytes::Bytes;
use chat::context::Chat;
use chat::{accounts, log, presence};
use domain::event::Logged;
use domain::event_table::LogEntry;
use domain::id::{SessionId, UserId};
use serde::de::DeserializeOwned;
use tokio::sync::mpsc::UnboundedReceiver;

use crate::cluster::NodeMessage;
use crate::live::Sockets;

/// Acts on the events of the cluster in order, until the node ends.
pub(crate) async fn receive(
    mut events: UnboundedReceiver<ClusterEvent>,
    chat: Arc<Chat>,
    sockets: Arc<Sockets>,
) {
    while let Some(event) = events.recv().await {
        match event {
            ClusterEvent::Message { payload, .. } | ClusterEvent::Broadcast(payload) => {
                act(&chat, &sockets, read(&payload));
            }
            ClusterEvent::Revocation(payload) => end(&chat, &sockets, read(&payload)),
            ClusterEvent::UserOffline(user) => send_offline(&chat, &sockets, user).await,
            ClusterEvent::Connected => log_state("connected to the other nodes"),
            ClusterEvent::Disconnected => {
                log_state("Redis is away; the events of other nodes are read from the database");
            }
            ClusterEvent::UserOnline(_) | ClusterEvent::Subscribed(_) => {}
        }
    }
}

fn log_state(state: &str) {
    tracing::info!("{state}");
}

fn end(chat: &Chat, sockets: &Sockets, session: Option<SessionId>) {
    if let Some(session) = session {
        accounts::ended_elsewhere(chat, session);
        sockets.end(session);
    }
}

/// Sends to the friends on this node that a user of another node is offline; that node may have died.
async fn send_offline(chat: &Chat, sockets: &Sockets, user: UserId) {
    match presence::record_offline(chat, user).await {
        Ok(event) => event.iter().for_each(|event| sockets.send_here(event)),
        Err(error) => tracing::warn!(%error, "presence could not be sent to friends"),
    }
}

fn act(chat: &Chat, sockets: &Sockets, message: Option<NodeMessage>) {
    match message {
        Some(NodeMessage::Room(logged)) => admit(chat, sockets, logged),
        Some(NodeMessage::All(logged)) => {
            // Before the entries of a room are looked at that follow the one that made somebody here a member of it.
            for logged in &logged {
                if let LogEntry::RoomCreated { to, room } = logged.entry {
                    sockets.presence().add_room(to, room);
                }
            }
            // The events of rooms with members here come on their shard, or are read from the log.
            let awaits = |logged: &Logged| {
                let room = logged.entry.scope().room();
                room.is_some_and(|room| sockets.presence().has_members(room))
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
        log::changed_elsewhere(chat, logged.entry);
    }
    sockets.admit(logged);
}

fn read<T: DeserializeOwned>(payload: &Bytes) -> Option<T> {
    serde_json::from_slice(payload)
        .inspect_err(|error| tracing::debug!(%error, "a message of another version was ignored"))
        .ok()
}
