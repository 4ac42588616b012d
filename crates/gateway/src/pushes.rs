//! Pushes messages to the devices of those who have no connection.

use std::sync::Arc;
use std::time::Duration;

use chat::context::Chat;
use chat::pushes::push_new;
use tokio::time::sleep;

/// How often it is looked for new messages.
const ROUND: Duration = Duration::from_secs(1);

/// Pushes them for as long as the server runs.
pub(crate) async fn watch(chat: Arc<Chat>) {
    loop {
        match push_new(&chat).await {
            Ok(true) => continue,
            Ok(false) => {}
            Err(error) => tracing::warn!(%error, "messages wait to be pushed; it is tried again"),
        }
        sleep(ROUND).await;
    }
}
