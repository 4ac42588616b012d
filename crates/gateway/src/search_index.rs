//! Keeps the index of messages up with the log.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chat::context::Chat;
use chat::search;
use tokio::time::sleep;

/// How often it is looked whether there is enough to index.
const ROUND: Duration = Duration::from_secs(1);

/// How many times as long as it took the indexing pauses, so that it takes no more than a tenth of the writers' time.
const PAUSES: u32 = 9;

/// Indexes for as long as the server runs.
pub(crate) async fn watch(chat: Arc<Chat>) {
    let mut failed = false;
    loop {
        let began = Instant::now();
        let indexed = search::index(&chat).await;
        let pause = if matches!(indexed, Ok(true)) { began.elapsed() * PAUSES } else { ROUND };
        // Once, when it begins.
        if let (Err(error), false) = (&indexed, failed) {
            warn(error);
        }
        failed = indexed.is_err();
        sleep(pause).await;
    }
}

fn warn(error: &chat::error::Error) {
    tracing::warn!(%error, "messages cannot be indexed; it is tried again, and searches read them as they are");
}
