//! Acts on messages of the other nodes.

use std::sync::Arc;

use bytes::Bytes;
use chat::context::Chat;
use chat::{accounts, log, presence};
use cluster::ClusterEvent;
use domain::event::Logged;
use domain::event_table::LogEntry;
use live::cluster::NodeMessage;
use live::{Live, Reach};
use serde::de::DeserializeOwned;
use tokio::sync::mpsc::UnboundedReceiver;

/// Acts on the events of the cluster in order, until the node ends.
pub(crate) async fn receive(mut events: UnboundedReceiver<ClusterEvent>, chat: Arc<Chat>, live: Arc<Live>) {
    while let Some(event) = events.recv().await {
        match event {
            ClusterEvent::Message { payload, .. } | ClusterEvent::Broadcast(payload) => {
                act(&chat, &live, read(&payload));
            }
            ClusterEvent::Revocation(payload) => {
                if let Some(session) = read(&payload) {
                    accounts::end_here(&chat, session);
                }
            }
            // Its node may have died; all others do the same.
            ClusterEvent::UserOffline(user) => {
                presence::offline(&chat, user, Reach::ThisNode).await.unwrap_or_else(|error| {
                    tracing::warn!(%error, "presence could not be sent to friends");
                });
            }
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

fn act(chat: &Chat, live: &Live, message: Option<NodeMessage>) {
    match message {
        Some(NodeMessage::Room(logged)) => log::publish_here(chat, logged),
        Some(NodeMessage::All(logged)) => {
            // Before the entries of a room are looked at that follow the one that made somebody here a member of it.
            for logged in &logged {
                if let LogEntry::RoomCreated { to, room } = logged.entry {
                    live.presence().add_room(to, room);
                }
            }
            // The events of rooms with members here come on their shard, or are read from the log.
            let awaits = |logged: &Logged| {
                let room = logged.entry.scope().room();
                room.is_some_and(|room| live.presence().has_members(room))
            };
            let (awaited, complete): (Vec<_>, Vec<_>) = logged.into_iter().partition(awaits);
            for logged in &awaited {
                live.sequencer().expect(logged.position);
            }
            log::publish_here(chat, complete);
        }
        Some(NodeMessage::Volatile(event)) => live.send(event, Reach::ThisNode),
        Some(NodeMessage::Recovered(client)) => live.close_recovered(client, Reach::ThisNode),
        None => {}
    }
}

fn read<T: DeserializeOwned>(payload: &Bytes) -> Option<T> {
    serde_json::from_slice(payload)
        .inspect_err(|error| tracing::debug!(%error, "a message of another version was ignored"))
        .ok()
}
