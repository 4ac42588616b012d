//! What one sets for a room, for oneself alone, on all devices.

use domain::event::Origin;
use domain::event_table::LogEntry;
use domain::id::RoomId;
use domain::room_settings::{RoomSettings, SettingsChanges};
use persistence::room_settings;

use crate::accounts::AuthUser;
use crate::context::Chat;
use crate::error::Error;
use crate::log::{publish, record};
use crate::membership;

/// Mutes, archives, pins or marks a room, or leaves a draft in it; returns what is set then.
pub async fn set(
    chat: &Chat,
    me: &AuthUser,
    room: RoomId,
    changes: SettingsChanges,
    origin: Option<Origin>,
) -> Result<RoomSettings, Error> {
    let viewer = chat.viewer(me.id);
    let set = chat.db.transaction(move |conn| {
        let member = membership::lock(conn, viewer, room)?;
        let newest = room_settings::newest(conn, &member)?;
        let before = room_settings::of_room(conn, &member)?;
        let after = before.clone().changed(changes.clone(), newest);
        let entry = LogEntry::RoomSettingsChanged { to: member.user(), room };
        let changed = (before != after).then_some(entry);
        if changed.is_some() {
            room_settings::put(conn, &member, &after)?;
        }
        Ok::<_, Error>((after.shown(newest), record(conn, changed.as_slice())?))
    });
    let (settings, rows) = set.await?;
    publish(chat, rows, origin).await;
    Ok(settings)
}

/// Takes back that a room is marked unread; all devices of the user receive it.
pub(crate) async fn unmark(chat: &Chat, me: &AuthUser, room: RoomId) -> Result<(), Error> {
    let changes = SettingsChanges { marked_unread: Some(false), ..SettingsChanges::default() };
    set(chat, me, room, changes, None).await?;
    Ok(())
}
