//! A client that polls, as far as a test leads it.

use serde_json::json;

use crate::{Answer, Caller};

/// Where sessions begin.
pub const HANDSHAKE: &str = "/socket.io/?EIO=4&transport=polling";

/// A session over HTTP long-polling that has joined the main namespace.
#[derive(Debug)]
pub struct Polling {
    caller: Caller,
    path: String,
}

impl Polling {
    /// Opens a session with the caller's token.
    pub async fn open(caller: &Caller) -> Self {
        let handshake = caller.get(HANDSHAKE).await.is(200).text();
        let handshake: serde_json::Value =
            serde_json::from_str(handshake.trim_start_matches('0')).unwrap_or_default();
        let sid = handshake["sid"].as_str().unwrap_or_else(|| panic!("not a handshake: {handshake}"));
        let polling = Self { caller: caller.clone(), path: format!("{HANDSHAKE}&sid={sid}") };
        polling.post(&format!("40{}", json!({ "token": caller.token() }))).await.is(200);
        let accepted = polling.get().await.is(200).text();
        assert!(accepted.starts_with("40{"), "CONNECT was answered with {accepted}");
        polling
    }

    /// Asks for what there is, and waits until there is something.
    pub async fn get(&self) -> Answer {
        self.caller.get(&self.path).await
    }

    /// Sends packets.
    pub async fn post(&self, packets: &str) -> Answer {
        self.caller.post_raw(&self.path, "text/plain;charset=UTF-8", packets.to_owned()).await
    }
}
