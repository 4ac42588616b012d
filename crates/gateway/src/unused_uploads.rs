//! Looks at intervals for uploads that nothing shows.

use std::sync::Arc;
use std::time::Duration;

use chat::context::Chat;
use chat::unused_uploads;

/// Removes them at the start and at intervals, for as long as the server runs.
pub(crate) async fn watch(chat: Arc<Chat>, pause: Duration) {
    loop {
        if let Err(error) = unused_uploads::remove(&chat).await {
            tracing::warn!(%error, "unused uploads could not be removed; it is tried again");
        }
        tokio::time::sleep(pause).await;
    }
}
