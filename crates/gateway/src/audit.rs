//! Removes old entries of the audit log.

use std::sync::Arc;
use std::time::Duration;

use chat::audit;
use chat::context::Chat;

/// How often it is looked for them.
const ROUND: Duration = Duration::from_hours(1);

/// Removes them at the start and at intervals, for as long as the server runs.
pub(crate) async fn watch(chat: Arc<Chat>) {
    loop {
        if let Err(error) = audit::prune(&chat).await {
            tracing::warn!(%error, "old entries of the audit log could not be removed; it is tried again");
        }
        tokio::time::sleep(ROUND).await;
    }
}
