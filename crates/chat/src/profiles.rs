//! Profiles: what users show of themselves, and who may look.

use domain::event_table::LogEntry;
use domain::id::UserId;
use domain::user::{Changes, User};
use persistence::error::Error as Stored;
use persistence::{blocks, friends, users};

use crate::accounts::{self, AuthUser};
use crate::context::Chat;
use crate::error::Error;
use crate::log::{publish, record};

/// Returns an account: one's own whole, a friend's or a fellow member's without the address, nobody else's; who blocks
/// one is a stranger.
pub async fn see(chat: &Chat, me: &AuthUser, target: UserId) -> Result<User, Error> {
    if me.id == target {
        return accounts::own(chat, me).await;
    }
    let viewer = me.id;
    chat.db
        .read(move |conn| {
            let known = (friends::ids(conn, viewer)?.contains(&target)
                || friends::share_a_room(conn, viewer, target)?)
                && !blocks::between(conn, viewer, target)?.others;
            match users::find(conn, target) {
                Ok(user) if known => Ok(user.for_others()),
                // A stranger learns nothing, not even whether there is such an account.
                Ok(_) | Err(Stored::NotFound) => Err(Error::Forbidden),
                Err(other) => Err(other.into()),
            }
        })
        .await
}

/// Changes one's own profile and publishes it to all who list the user.
pub async fn change(chat: &Chat, me: &AuthUser, target: UserId, changes: Changes) -> Result<User, Error> {
    if me.id != target {
        return Err(Error::Forbidden);
    }
    set(chat, target, changes).await
}

/// Changes the profile of a user and publishes it to all who list them.
pub(crate) async fn set(chat: &Chat, id: UserId, changes: Changes) -> Result<User, Error> {
    let now = chat.now();
    let changed = chat.db.transaction(move |conn| {
        let user = users::update(conn, id, &changes, now)?;
        let to = friends::audience(conn, id)?;
        let mut entries: Vec<LogEntry> =
            to.into_iter().map(|to| LogEntry::ProfileChanged { to, user: id }).collect();
        entries.extend(changes.discoverable.map(|_| LogEntry::SettingsChanged { to: id, user: id }));
        Ok::<_, Error>((user, record(conn, &entries)?))
    });
    let (user, rows) = changed.await?;
    publish(chat, rows, None).await;
    Ok(user)
}
