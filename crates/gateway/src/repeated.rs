//! Work that is done at the start and at intervals.

use std::sync::Arc;
use std::time::Duration;

use chat::context::Chat;
use chat::error::Error;
use chat::scheduled_messages::{Delayed, send_due};
use chat::{
    account_deletions, audit, disappearing, exports, link_previews, pushes, unused_uploads,
    webhook_deliveries,
};
use tokio::time::sleep;

use crate::config::Config;
use crate::search_index;

/// How often it is looked for what is kept no longer.
const OLD_LOOK: Duration = Duration::from_hours(1);

/// How often it is looked for what is due.
const LOOK: Duration = Duration::from_secs(1);

/// Starts what is done for as long as the server runs.
pub(crate) fn watch(config: &Config, chat: &Arc<Chat>) {
    let unused = Duration::from_millis(config.limits.upload_unused_look_ms);
    let disappearing = Duration::from_millis(config.limits.disappearing_look_ms);
    repeat(chat, unused, "unused uploads could not be removed", unused_uploads::remove);
    repeat(chat, OLD_LOOK, "old entries of the audit log could not be removed", audit::prune);
    repeat(chat, OLD_LOOK, "old pages of links could not be forgotten", link_previews::prune);
    repeat(chat, LOOK, "deleted accounts could not be purged", account_deletions::purge_due);
    repeat(chat, disappearing, "messages that have disappeared could not be erased", disappearing::erase);
    let mut delayed = Delayed::default();
    let send = async move |chat: &Chat| send_due(chat, &mut delayed).await;
    repeat_while(chat, LOOK, "scheduled messages wait", send);
    repeat_while(chat, LOOK, "a copy of a user's data could not be made", exports::make_next);
    repeat_while(chat, LOOK, "events for webhooks wait", async |chat| {
        let queued = webhook_deliveries::queue(chat).await?;
        Ok(webhook_deliveries::post_due(chat).await? || queued)
    });
    repeat_while(chat, LOOK, "messages wait to be pushed", pushes::push_new);
    repeat_while(chat, LOOK, "links wait for their previews", link_previews::make_new);
    actix_web::rt::spawn(search_index::watch(Arc::clone(chat)));
}

/// Does the work with a pause after each time; `failure` is logged where it fails.
fn repeat(
    chat: &Arc<Chat>,
    pause: Duration,
    failure: &'static str,
    work: impl AsyncFn(&Chat) -> Result<(), Error> + 'static,
) {
    repeat_while(chat, pause, failure, async move |chat| work(chat).await.map(|()| false));
}

/// Does the work again at once while it returns that there may be more, and with a pause when there is none.
fn repeat_while(
    chat: &Arc<Chat>,
    pause: Duration,
    failure: &'static str,
    mut work: impl AsyncFnMut(&Chat) -> Result<bool, Error> + 'static,
) {
    let chat = Arc::clone(chat);
    actix_web::rt::spawn(async move {
        loop {
            match work(&chat).await {
                Ok(true) => continue,
                Ok(false) => {}
                Err(error) => tracing::warn!(%error, "{failure}; it is tried again"),
            }
            sleep(pause).await;
        }
    });
}
