//! Sends messages whose time has come.

use std::sync::Arc;
use std::time::Duration;

use chat::context::Chat;
use chat::scheduled_messages::{Delayed, send_due};
use tokio::time::sleep;

/// How often it is looked for them.
const ROUND: Duration = Duration::from_secs(1);

/// Sends them for as long as the server runs.
pub(crate) async fn watch(chat: Arc<Chat>) {
    let mut delayed = Delayed::default();
    loop {
        match send_due(&chat, &mut delayed).await {
            Ok(true) => continue,
            Ok(false) => {}
            Err(error) => tracing::warn!(%error, "scheduled messages wait; it is tried again"),
        }
        sleep(ROUND).await;
    }
}
