//! Work that is done at the start and at intervals.

use std::sync::Arc;
use std::time::Duration;

use chat::context::Chat;
use chat::error::Error;
use tokio::time::sleep;

use crate::config::Config;
use crate::scheduled_messages;
use crate::search_index;

/// Does the work for as long as the server runs; `failure` is logged where it fails.
async fn repeat(pause: Duration, failure: &str, work: impl AsyncFn() -> Result<(), Error>) {
    loop {
        if let Err(error) = work().await {
            tracing::warn!(%error, "{failure}; it is tried again");
        }
        sleep(pause).await;
    }
}

/// How often it is looked for entries of the audit log that are kept no longer.
const AUDIT_LOOK: Duration = Duration::from_hours(1);

/// Starts what is done for as long as the server does.
pub(crate) fn watch(config: &Config, chat: &Arc<Chat>) {
    let pause = Duration::from_millis(config.limits.upload_unused_look_ms);
    let of = Arc::clone(chat);
    let remove = async move || chat::unused_uploads::remove(&of).await;
    actix_web::rt::spawn(repeat(pause, "unused uploads could not be removed", remove));
    let of = Arc::clone(chat);
    let prune = async move || chat::audit::prune(&of).await;
    actix_web::rt::spawn(repeat(AUDIT_LOOK, "old entries of the audit log could not be removed", prune));
    let of = Arc::clone(chat);
    let pause = Duration::from_millis(config.limits.disappearing_look_ms);
    let erase = async move || chat::disappearing::erase(&of).await;
    actix_web::rt::spawn(repeat(pause, "messages that have disappeared could not be erased", erase));
    actix_web::rt::spawn(search_index::watch(Arc::clone(chat)));
    actix_web::rt::spawn(scheduled_messages::watch(Arc::clone(chat)));
}
