//! Socket.IO v5 packets as values.

use std::borrow::Cow;

use serde_json::value::RawValue;
use smallvec::SmallVec;

/// The namespace that every client joins first.
pub const ROOT: &str = "/";

/// The most binary attachments that one packet may announce, by default.
pub const MAX_ATTACHMENTS: usize = 10;

/// The longest namespace, in bytes.
pub const MAX_NAMESPACE: usize = 255;

/// The most arguments of an event or acknowledgement: each costs many times its text when it is kept.
pub const MAX_ARGS: usize = 1000;

/// Event names that mean something to the client library itself.
pub const RESERVED: [&str; 6] =
    ["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"];

/// Arguments as raw JSON; few take no memory of their own.
pub type Args<'a> = SmallVec<[&'a RawValue; 4]>;

/// One Socket.IO packet: its namespace and its content.
#[derive(Debug, Clone)]
pub struct Packet<'a> {
    /// The namespace, with its leading slash; [`ROOT`] when the packet names none.
    pub namespace: &'a str,
    /// The content.
    pub kind: Kind<'a>,
}

/// The content of a Socket.IO packet.
#[derive(Debug, Clone)]
pub enum Kind<'a> {
    /// Joins the namespace; from the server, confirms it.
    Connect {
        /// A JSON object: the credentials of a client, or the session of a server.
        auth: Option<&'a RawValue>,
    },
    /// Leaves the namespace.
    Disconnect,
    /// Something happened.
    Event {
        /// Set when the sender wants an acknowledgement.
        id: Option<u64>,
        /// What happened.
        event: Event<'a>,
    },
    /// Answers the event that carried the same id.
    Ack {
        /// The id of the event.
        id: u64,
        /// The answer.
        args: Args<'a>,
    },
    /// The server refuses the namespace.
    ConnectError {
        /// The reason, a JSON object or a string.
        data: &'a RawValue,
    },
    /// An event whose arguments refer to binary frames that follow.
    BinaryEvent {
        /// Set when the sender wants an acknowledgement.
        id: Option<u64>,
        /// How many binary frames follow.
        attachments: usize,
        /// What happened.
        event: Event<'a>,
    },
    /// An acknowledgement whose arguments refer to binary frames that follow.
    BinaryAck {
        /// The id of the event.
        id: u64,
        /// How many binary frames follow.
        attachments: usize,
        /// The answer.
        args: Args<'a>,
    },
}

/// The name of an event, and its arguments as raw JSON.
#[derive(Debug, Clone)]
pub struct Event<'a> {
    /// The name; a numeric name is given by its digits.
    pub name: Cow<'a, str>,
    /// The arguments.
    pub args: Args<'a>,
}
