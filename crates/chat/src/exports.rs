//! Copies of all that is a user's own: made in the background as an archive, fetched by a signed address for a day.

use std::time::Duration;

use chrono::TimeDelta;
use domain::audit::AuditAction;
use domain::event_table::LogEntry;
use domain::export::{Export, ExportState};
use domain::id::{MediaId, UserId};
use domain::media::Purpose;
use media::store::Opened;
use persistence::error::Error as Stored;
use persistence::exports::{self, StoredExport};

use crate::accounts::AuthUser;
use crate::audit::{self, Actor, Audited};
use crate::context::Chat;
use crate::error::{Error, Resource};
use crate::file_addresses::{FileAddress, sign};
use crate::log::{publish, record};

mod contents;

/// How long a copy can be fetched.
const LIFETIME: TimeDelta = TimeDelta::hours(24);

/// After this time without a sign of who makes a copy somebody else does.
const LEASE: Duration = Duration::from_secs(30);

/// How many copies whose time is over are deleted at once.
const PAGE: i64 = 100;

/// Asks for a copy of all that is one's own; one that is being made is asked for once.
pub async fn request(chat: &Chat, me: &AuthUser) -> Result<Export, Error> {
    let (user, now, actor, id) = (me.id, chat.now(), Actor::from(me), MediaId::generate());
    let requested = chat.db.transaction(move |conn| {
        let before = match exports::find(conn, user) {
            Ok(StoredExport { export, .. }) if export.state == ExportState::Pending => {
                return Ok((export, None));
            }
            Ok(before) => Some(before.id),
            Err(Stored::NotFound) => None,
            Err(other) => return Err(other.into()),
        };
        exports::replace(conn, user, id, now)?;
        audit::append(conn, now, &actor, [Audited::own(AuditAction::ExportRequested)])?;
        Ok::<_, Error>((Export::pending(now), before))
    });
    let (export, before) = requested.await?;
    if let Some(before) = before {
        chat.store.remove(Purpose::Export, &file_name(before)).await?;
    }
    Ok(export)
}

/// Returns one's copy, with an address for this session if it can be fetched.
pub async fn see(chat: &Chat, me: &AuthUser) -> Result<(Export, Option<FileAddress>), Error> {
    let StoredExport { id, export } = find(chat, me.id).await?;
    let address = export.expires_at.map(|ends| sign(chat, me, (Purpose::Export, &file_name(id)), ends));
    Ok((export, address))
}

/// Opens the archive of a copy for the user whose it is.
pub async fn open(chat: &Chat, me: &AuthUser, name: &str) -> Result<Opened, Error> {
    let found = find(chat, me.id).await.map_err(|_gone| Error::NotFound(Resource::File))?;
    if found.export.state != ExportState::Ready || file_name(found.id) != name {
        return Err(Error::NotFound(Resource::File));
    }
    Ok(chat.store.file(Purpose::Export, name).await?)
}

async fn find(chat: &Chat, user: UserId) -> Result<StoredExport, Error> {
    let found = chat.db.read(move |conn| exports::find(conn, user)).await;
    let found = found.map_err(|error| Error::or_not_found(error, Resource::Export))?;
    let now = chat.now();
    if found.export.expires_at.is_some_and(|ends| ends <= now) {
        return Err(Error::NotFound(Resource::Export));
    }
    Ok(found)
}

fn file_name(id: MediaId) -> String {
    format!("{id}.zip")
}

/// Makes the next copy that is wanted, and deletes those whose time is over; returns whether there may be more to make.
pub async fn make_next(chat: &Chat) -> Result<bool, Error> {
    remove_expired(chat).await?;
    let (now, since) = (chat.now(), chat.now().before(LEASE));
    if !chat.db.read(move |conn| exports::is_wanted(conn, since)).await? {
        return Ok(false);
    }
    let claimed = chat.db.transaction(move |conn| Ok::<_, Error>(exports::claim(conn, now, since)?));
    let Some((user, id)) = claimed.await? else { return Ok(false) };
    let Some(archive) = contents::write(chat, (user, id)).await? else { return Ok(true) };
    let size = archive.finish(Purpose::Export, id).await?;
    let (size, ends) = (i64::try_from(size).unwrap_or(i64::MAX), chat.now() + LIFETIME);
    let finished = chat.db.transaction(move |conn| {
        let is_wanted = exports::finish(conn, (user, id), size, ends)?;
        let entry = is_wanted.then_some(LogEntry::ExportReady { to: user, user });
        Ok::<_, Error>(record(conn, entry.as_slice())?)
    });
    let rows = finished.await?;
    if rows.is_empty() {
        chat.store.remove(Purpose::Export, &file_name(id)).await?;
    }
    publish(chat, rows, None).await;
    Ok(true)
}

/// Claims a copy for longer; false if it is wanted no more.
async fn renew(chat: &Chat, of: (UserId, MediaId)) -> Result<bool, Error> {
    let now = chat.now();
    chat.db.transaction(move |conn| Ok::<_, Error>(exports::renew(conn, of, now)?)).await
}

/// Deletes the copies whose time is over, the file first.
async fn remove_expired(chat: &Chat) -> Result<(), Error> {
    let now = chat.now();
    for (user, id) in chat.db.read(move |conn| exports::expired(conn, now, PAGE)).await? {
        remove(chat, user, id).await?;
    }
    Ok(())
}

/// Deletes a user's copy, if there is one.
pub(crate) async fn remove_of(chat: &Chat, user: UserId) -> Result<(), Error> {
    match chat.db.read(move |conn| exports::find(conn, user)).await {
        Ok(found) => remove(chat, user, found.id).await,
        Err(Stored::NotFound) => Ok(()),
        Err(other) => Err(other.into()),
    }
}

async fn remove(chat: &Chat, user: UserId, id: MediaId) -> Result<(), Error> {
    chat.store.remove(Purpose::Export, &file_name(id)).await?;
    chat.db.transaction(move |conn| Ok::<_, Error>(exports::delete(conn, user)?)).await
}
