//! Makes the copies of what is their own that users have asked for.

use std::sync::Arc;
use std::time::Duration;

use chat::context::Chat;
use chat::exports::make_next;
use tokio::time::sleep;

/// How often it is looked for them.
const ROUND: Duration = Duration::from_secs(1);

/// Makes them for as long as the server runs, one after the other.
pub(crate) async fn watch(chat: Arc<Chat>) {
    loop {
        match make_next(&chat).await {
            Ok(true) => continue,
            Ok(false) => {}
            Err(error) => {
                tracing::warn!(%error, "a copy of a user's data could not be made; it is tried again");
            }
        }
        sleep(ROUND).await;
    }
}
