//! The tasks that run for as long as the server does.

use std::sync::Arc;
use std::time::Duration;

use actix_web::rt::spawn;
use chat::context::Chat;

use crate::config::Config;
use crate::repeated::repeat;
use crate::{pushes, scheduled_messages, search_index, webhook_deliveries};

/// How often it is looked for entries of the audit log that are kept no longer.
const AUDIT_LOOK: Duration = Duration::from_hours(1);

/// Starts the tasks that run for as long as the server does.
pub(super) fn start(config: &Config, chat: &Arc<Chat>) {
    let pause = Duration::from_millis(config.limits.upload_unused_look_ms);
    let of = Arc::clone(chat);
    let remove = async move || chat::unused_uploads::remove(&of).await;
    spawn(repeat(pause, "unused uploads could not be removed", remove));
    let of = Arc::clone(chat);
    let prune = async move || chat::audit::prune(&of).await;
    spawn(repeat(AUDIT_LOOK, "old entries of the audit log could not be removed", prune));
    spawn(search_index::watch(Arc::clone(chat)));
    spawn(scheduled_messages::watch(Arc::clone(chat)));
    spawn(webhook_deliveries::watch(Arc::clone(chat)));
    spawn(pushes::watch(Arc::clone(chat)));
}
