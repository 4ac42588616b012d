//! The tasks that run for as long as the server does.

use std::sync::Arc;
use std::time::Duration;

use chat::context::Chat;

use crate::config::Config;
use crate::repeated::repeat;
use crate::{exports, scheduled_messages, search_index};

/// How often it is looked for entries of the audit log that are kept no longer.
const AUDIT_LOOK: Duration = Duration::from_hours(1);

/// How often it is looked for accounts that are to be purged.
const PURGE_LOOK: Duration = Duration::from_secs(1);

/// Starts the tasks that run for as long as the server does.
pub(super) fn watch(config: &Config, chat: &Arc<Chat>) {
    let pause = Duration::from_millis(config.limits.upload_unused_look_ms);
    let of = Arc::clone(chat);
    let remove = async move || chat::unused_uploads::remove(&of).await;
    actix_web::rt::spawn(repeat(pause, "unused uploads could not be removed", remove));
    let of = Arc::clone(chat);
    let prune = async move || chat::audit::prune(&of).await;
    actix_web::rt::spawn(repeat(AUDIT_LOOK, "old entries of the audit log could not be removed", prune));
    let of = Arc::clone(chat);
    let purge = async move || chat::account_deletions::purge_due(&of).await;
    actix_web::rt::spawn(repeat(PURGE_LOOK, "deleted accounts could not be purged", purge));
    actix_web::rt::spawn(exports::watch(Arc::clone(chat)));
    actix_web::rt::spawn(search_index::watch(Arc::clone(chat)));
    actix_web::rt::spawn(scheduled_messages::watch(Arc::clone(chat)));
}
