//! An event as a client receives it.

use serde_json::Value;

/// An event from the server.
#[derive(Debug, Clone, PartialEq)]
pub struct ReceivedEvent {
    /// Its name.
    pub name: String,
    /// Its first argument, null if it has none.
    pub payload: Value,
    /// Its second, which only clients get that recover their connection.
    pub offset: Option<String>,
}
