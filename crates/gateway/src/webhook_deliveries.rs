//! Posts events to outgoing webhooks.

use std::sync::Arc;
use std::time::Duration;

use chat::context::Chat;
use chat::error::Error;
use chat::webhook_deliveries::{post_due, queue};
use tokio::time::sleep;

/// How often it is looked for them.
const ROUND: Duration = Duration::from_secs(1);

/// Posts them for as long as the server runs.
pub(crate) async fn watch(chat: Arc<Chat>) {
    loop {
        match round(&chat).await {
            Ok(true) => continue,
            Ok(false) => {}
            Err(error) => tracing::warn!(%error, "events for webhooks wait; it is tried again"),
        }
        sleep(ROUND).await;
    }
}

/// Returns whether there may be more to do.
async fn round(chat: &Chat) -> Result<bool, Error> {
    let queued = queue(chat).await?;
    Ok(post_due(chat).await? || queued)
}
