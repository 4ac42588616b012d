//! The privacy settings of a user.

use domain::event::Origin;
use domain::event_table::LogEntry;
use domain::settings::{Settings, SettingsChanges};
use persistence::{privacy, settings};

use crate::accounts::AuthUser;
use crate::context::Chat;
use crate::error::Error;
use crate::log::{publish, record};
use crate::presence;

/// Returns one's settings.
pub async fn see(chat: &Chat, me: &AuthUser) -> Result<Settings, Error> {
    let id = me.id;
    Ok(chat.db.read(move |conn| settings::find(conn, id)).await?)
}

/// Changes one's settings and returns all; presence is shown and hidden accordingly at once.
pub async fn change(
    chat: &Chat,
    me: &AuthUser,
    changes: SettingsChanges,
    origin: Option<Origin>,
) -> Result<Settings, Error> {
    let id = me.id;
    let changed = chat.db.transaction(move |conn| {
        let (before, viewers_before) = (settings::find(conn, id)?, privacy::presence_viewers(conn, id)?);
        let after = settings::update(conn, id, changes)?;
        let viewers = (viewers_before, privacy::presence_viewers(conn, id)?);
        let entry = (before != after).then_some(LogEntry::SettingsChanged { to: id, user: id });
        Ok::<_, Error>((after, viewers, record(conn, entry.as_slice())?))
    });
    let (settings, (before, after), rows) = changed.await?;
    publish(chat, rows, origin).await;
    presence::change_viewers(chat, id, &before, &after);
    Ok(settings)
}
