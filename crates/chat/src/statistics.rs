//! What the server holds, in numbers, for its administrators.

use domain::account::DatabaseStatistics;
use domain::audit::AuditAction;
use media::store::DiskSpace;
use persistence::statistics;

use crate::admins::{self, AdminUser};
use crate::context::Chat;
use crate::error::Error;

/// Counts what the database holds, and returns it with the space of the disk that the data directory is on.
pub async fn read(chat: &Chat, me: &AdminUser) -> Result<(DatabaseStatistics, DiskSpace), Error> {
    let counted = admins::read(chat, me, AuditAction::StatisticsRead, statistics::read).await?;
    Ok((counted, chat.store.disk_space().await?))
}
