//! What the nodes of one installation tell each other, through Redis 7 or Valkey.
//!
//! **Redis is a hint, never the truth.** It may be away, start empty, hang, or be out of one node's reach at any time.
//! Nothing here waits for it or fails because of it, what waits to be sent is bounded, and what was missed is found
//! again elsewhere: events in the database's log, presence at the next beat.
//!
//! - [`Bus::publish`] and [`Bus::notice`] reach each other node at most once, and in this node's order.
//! - [`Bus::revoke`] goes first, and waits for Redis to come back; it may reach a node more than once.
//! - [`Bus::online`] answers from memory: this node's users, and what the other nodes last said of theirs.
//! - [`Heard::Lost`] and [`Heard::Connected`] enclose every time in which something may have been missed.
//!
//! One connection (RESP3) carries it all, on a thread of its own. Rooms are spread over [`Shard::COUNT`] channels
//! `chatroom:<prefix>:room:<n>`, sharded pub/sub where the server has it; everything else goes over
//! `chatroom:<prefix>:all`. Each node's users are the set `chatroom:<prefix>:node:<id>`, which expires unless its node
//! lives, and `chatroom:<prefix>:nodes` names those sets. A Redis Cluster works as one server only if it is one shard:
//! what is meant is a server, or a primary behind one address.

mod backoff;
mod config;
mod shard;

mod envelope;
mod word;

mod names;

mod interest;
mod mirror;
mod outbox;
mod own;

mod shared;

mod ear;
mod link;

mod driver;

mod bus;

pub use bus::{Bus, StartError};
pub use config::{Config, NodeId};
pub use shard::Shard;
pub use shared::{Heard, Status};
