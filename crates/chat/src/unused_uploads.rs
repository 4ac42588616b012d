//! Uploads that nothing shows: files that were never sent or whose messages were unsent, pictures that were replaced.

use std::collections::HashSet;
use std::time::{Duration, SystemTime};

use domain::id::{MediaId, UserId};
use domain::media::Purpose;
use domain::time::Time;
use media::error::Error as MediaError;
use persistence::unused_uploads::{self, Unused};
use persistence::{uploads, users};

use crate::context::Chat;
use crate::error::Error;

/// How many rows are looked at and deleted in one transaction.
const PAGE: i64 = 100;

/// How long ago a temporary file was last written that counts as abandoned when no process has it open.
const ABANDONED: Duration = Duration::from_hours(1);

/// Removes every upload that nothing shows and that is older than the operator's limit.
///
/// The row goes first: what is left by a crash is a file without a row, which the next call removes.
pub async fn remove(chat: &Chat) -> Result<(), Error> {
    let before = chat.now().before(chat.limits.upload_unused);
    let mut after = None;
    loop {
        let found = chat.db.read(move |conn| unused_uploads::before(conn, before, after, PAGE)).await?;
        let Some(last) = found.last() else { break };
        after = Some(last.id);
        delete(chat, found).await?;
    }
    for purpose in [Purpose::Message, Purpose::Avatar] {
        remove_unknown(chat, purpose, before).await?;
    }
    let abandoned = SystemTime::now().checked_sub(ABANDONED).unwrap_or(SystemTime::UNIX_EPOCH);
    Ok(chat.store.sweep(abandoned).await?)
}

/// Removes every upload of a user that nothing shows, however new.
pub(crate) async fn remove_of(chat: &Chat, owner: UserId) -> Result<(), Error> {
    let mut after = None;
    loop {
        let found = chat.db.read(move |conn| unused_uploads::of_owner(conn, owner, after, PAGE)).await?;
        let Some(last) = found.last() else { return Ok(()) };
        after = Some(last.id);
        delete(chat, found).await?;
    }
}

/// Deletes the rows of files, and then the files.
async fn delete(chat: &Chat, found: Vec<Unused>) -> Result<(), Error> {
    let unused = chat.db.read(move |conn| {
        let mut ids = Vec::with_capacity(found.len());
        for Unused { id, purpose, stored_name } in found {
            // A picture may be another user's, too.
            if purpose == Purpose::Message || !uploads::is_anybodys_picture(conn, &stored_name)? {
                ids.push(id);
            }
        }
        Ok::<_, Error>(ids)
    });
    let ids = unused.await?;
    let gone = chat.db.transaction(move |conn| unused_uploads::delete(conn, &ids)).await?;
    for Unused { purpose, stored_name, .. } in gone {
        chat.store.remove(purpose, &stored_name).await?;
    }
    Ok(())
}

/// Removes files without a row that were stored before a time.
async fn remove_unknown(chat: &Chat, purpose: Purpose, before: Time) -> Result<(), Error> {
    // Older files are another database's, which this server was pointed away from.
    let Some(first) = chat.db.read(users::first_made).await? else { return Ok(()) };
    for shard in 0..=u8::MAX {
        let names = chat.store.names(purpose, shard).await?;
        let id_of = |name: &str| name.split('.').next()?.parse::<MediaId>().ok();
        let is_old = |id: &MediaId| id.made_at().is_some_and(|made| first <= made && made < before);
        let ids: Vec<MediaId> = names.iter().filter_map(|name| id_of(name)).filter(is_old).collect();
        if ids.is_empty() {
            continue;
        }
        let unknown: HashSet<MediaId> =
            chat.db.read(move |conn| unused_uploads::unknown(conn, ids)).await?.into_iter().collect();
        for name in names.iter().filter(|name| id_of(name).is_some_and(|id| unknown.contains(&id))) {
            match chat.store.remove(purpose, name).await {
                // A file that another server or the operator has put there.
                Ok(()) | Err(MediaError::NotFound) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
    Ok(())
}
