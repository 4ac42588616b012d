//! Messages and presence between the nodes of one installation, through Redis 7 or Valkey.
//!
//! **Redis is a hint, never the truth.** It may be away, start empty, hang, or be unreachable for one node at any time.
//! No call waits for it or fails because of it, queues are bounded, and what was missed is found elsewhere: events in the
//! database's log, presence at the next heartbeat.
//!
//! - [`Publisher::publish`] and [`Publisher::broadcast`] reach each other node at most once, in this node's order.
//! - [`Publisher::revoke`] goes first and waits for Redis to come back; it may reach a node more than once.
//! - [`Subscriber::subscribe`] asks for the messages of a room.
//! - [`Presence::online`] answers from memory: this node's users, and the newest announcements of the other nodes.
//! - [`ClusterEvent::Disconnected`] and [`ClusterEvent::Connected`] enclose every time in which messages may be missed.
//!
//! One connection (RESP3), on a thread of its own, carries everything. Rooms are spread over [`Shard::COUNT`] channels
//! `chatroom:<prefix>:room:<n>`, sharded pub/sub where the server has it; the rest uses `chatroom:<prefix>:all`. The users
//! of a node are the set `chatroom:<prefix>:node:<id>`, which expires without heartbeats; `chatroom:<prefix>:nodes` lists
//! the nodes. The server is a single one, or a primary behind one address; a Redis Cluster must have one shard only.

mod backoff;
mod config;

mod channels;
mod message;

mod presence;
mod publisher;

mod subscriber;

mod state;

mod connection;

mod worker;

mod node;

pub use channels::Shard;
pub use config::{Config, NodeId};
pub use node::{Node, StartError, Status};
pub use presence::Presence;
pub use publisher::Publisher;
pub use subscriber::{ClusterEvent, Subscriber};
