//! Work that is done at the start and at intervals.

use std::sync::Arc;
use std::time::Duration;

use chat::context::Chat;
use chat::error::Error;
use chat::{account_deletions, audit, disappearing, unused_uploads};
use tokio::time::sleep;

use crate::config::Config;
use crate::{exports, pushes, scheduled_messages, search_index, webhook_deliveries};

/// How often it is looked for entries of the audit log that are kept no longer.
const AUDIT_LOOK: Duration = Duration::from_hours(1);

/// How often it is looked for accounts that are to be purged.
const PURGE_LOOK: Duration = Duration::from_secs(1);

/// Starts what is done for as long as the server runs.
pub(crate) fn watch(config: &Config, chat: &Arc<Chat>) {
    let unused = Duration::from_millis(config.limits.upload_unused_look_ms);
    let disappearing = Duration::from_millis(config.limits.disappearing_look_ms);
    repeat(chat, unused, "unused uploads could not be removed", unused_uploads::remove);
    repeat(chat, AUDIT_LOOK, "old entries of the audit log could not be removed", audit::prune);
    repeat(chat, PURGE_LOOK, "deleted accounts could not be purged", account_deletions::purge_due);
    repeat(chat, disappearing, "messages that have disappeared could not be erased", disappearing::erase);
    actix_web::rt::spawn(exports::watch(Arc::clone(chat)));
    actix_web::rt::spawn(search_index::watch(Arc::clone(chat)));
    actix_web::rt::spawn(scheduled_messages::watch(Arc::clone(chat)));
    actix_web::rt::spawn(webhook_deliveries::watch(Arc::clone(chat)));
    actix_web::rt::spawn(pushes::watch(Arc::clone(chat)));
}

/// Does the work with a pause after each time; `failure` is logged where it fails.
fn repeat(
    chat: &Arc<Chat>,
    pause: Duration,
    failure: &'static str,
    work: impl AsyncFn(&Chat) -> Result<(), Error> + 'static,
) {
    let chat = Arc::clone(chat);
    actix_web::rt::spawn(async move {
        loop {
            if let Err(error) = work(&chat).await {
                tracing::warn!(%error, "{failure}; it is tried again");
            }
            sleep(pause).await;
        }
    });
}
