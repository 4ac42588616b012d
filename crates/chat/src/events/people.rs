//! Events of what is between users, and of their settings.

use domain::event::Event;
use domain::event_table::LogEntry;
use domain::id::UserId;
use domain::payload::{
    ExportReady, FriendAccepted, FriendRemoved, FriendRequested, SettingsChanged, UserBlocked, UserUnblocked,
};
use domain::user::Friend;
use live::Live;
use persistence::Conn;
use persistence::error::Error as Stored;
use persistence::{blocks, exports, friends, privacy, settings, users};

use super::for_user;

/// Makes the events of such an entry; none of any other.
pub(super) fn events(conn: &mut Conn, live: &Live, entry: LogEntry) -> Result<Vec<Event>, Stored> {
    Ok(match entry {
        LogEntry::FriendRequested { to, user } => {
            for_user(to, &FriendRequested { friend: &friend(conn, to, user)? })
        }
        LogEntry::FriendAccepted { to, user } => {
            let online = privacy::presence_seen_by(conn, to)?.contains(&user) && live.online(user);
            let friend = Friend { online, ..friend(conn, to, user)? };
            for_user(to, &FriendAccepted { friend: &friend })
        }
        LogEntry::FriendRemoved { to, user } => for_user(to, &FriendRemoved { user_id: user }),
        LogEntry::UserBlocked { to, user } => {
            for_user(to, &UserBlocked { user: &blocks::find(conn, to, user)? })
        }
        LogEntry::UserUnblocked { to, user } => for_user(to, &UserUnblocked { user_id: user }),
        LogEntry::SettingsChanged { to, .. } => {
            for_user(to, &SettingsChanged { settings: &settings::find(conn, to)? })
        }
        LogEntry::ExportReady { to, .. } => {
            for_user(to, &ExportReady { export: &exports::find(conn, to)?.export })
        }
        _ => Vec::new(),
    })
}

fn friend(conn: &mut Conn, viewer: UserId, user: UserId) -> Result<Friend, Stored> {
    let profile = users::profile(conn, user)?;
    friends::as_seen_by(conn, viewer, profile)
}
