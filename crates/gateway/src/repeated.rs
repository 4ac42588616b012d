//! Work that is done at the start and at intervals.

use std::time::Duration;

use chat::error::Error;
use tokio::time::sleep;

/// Does the work for as long as the server runs; `failure` is logged where it fails.
pub(crate) async fn repeat(pause: Duration, failure: &str, work: impl AsyncFn() -> Result<(), Error>) {
    loop {
        if let Err(error) = work().await {
            tracing::warn!(%error, "{failure}; it is tried again");
        }
        sleep(pause).await;
    }
}
