//! The audit log: what is written to it, and how it is read and checked.

use auth::secret::fingerprint;
use domain::audit::{AuditAction, AuditEntry, Source};
use domain::id::{RoomId, SessionId, UserId};
use domain::time::Time;
use persistence::Conn;
use persistence::audit::{self, Head};
use persistence::error::Error as Stored;

use crate::context::Chat;
use crate::error::Error;

/// How many entries are read at once.
const PAGE: i64 = 1_000;

/// What was done, and to whom.
#[derive(Debug, Clone)]
pub(crate) struct Audited {
    pub(crate) action: AuditAction,
    pub(crate) target: Option<String>,
    pub(crate) room: Option<RoomId>,
}

impl Audited {
    /// Something done to oneself.
    pub(crate) fn own(action: AuditAction) -> Self {
        Self { action, target: None, room: None }
    }

    /// Something done to a user or a session.
    pub(crate) fn to(action: AuditAction, target: &impl ToString) -> Self {
        Self { action, target: Some(target.to_string()), room: None }
    }

    /// The same, in a room.
    pub(crate) fn within(self, room: RoomId) -> Self {
        Self { room: Some(room), ..self }
    }
}

/// Who did it, as far as that is known.
#[derive(Debug, Clone)]
pub(crate) struct Actor {
    pub(crate) user: Option<UserId>,
    pub(crate) session: Option<SessionId>,
    pub(crate) source: Source,
}

impl From<Source> for Actor {
    fn from(source: Source) -> Self {
        Self { user: None, session: None, source }
    }
}

/// Appends entries, in the transaction of what was done; before anything is appended to the event log.
pub(crate) fn append(
    conn: &mut Conn,
    at: Time,
    actor: &Actor,
    done: impl IntoIterator<Item = Audited>,
) -> Result<(), Stored> {
    let mut done = done.into_iter().peekable();
    if done.peek().is_none() {
        return Ok(());
    }
    let Head { mut last_id, mut last_hash, .. } = audit::lock(conn)?;
    for Audited { action, target, room } in done {
        last_id += 1;
        let entry = AuditEntry {
            entry_id: last_id,
            at,
            action: action.as_str().to_owned(),
            actor_id: actor.user,
            target,
            chatroom_id: room,
            session_id: actor.session,
            address: actor.source.network(),
            request_id: actor.source.request.as_deref().map(ToOwned::to_owned),
        };
        last_hash = hash(&last_hash, &entry);
        audit::append(conn, &entry, &last_hash)?;
    }
    Ok(())
}

/// Returns the hash of an entry: over the hash of the one before and all its fields.
fn hash(before: &str, entry: &AuditEntry) -> String {
    // Its form as JSON; what is serialised cannot fail.
    fingerprint(&[before, &serde_json::to_string(entry).unwrap_or_default()])
}

/// What a check of the log has found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// All entries are as they were written: so many.
    Whole(i64),
    /// This entry is not as it was written, or the one before it is not there.
    Broken(i64),
    /// The last entries are not there: after this one.
    Cut(i64),
}

/// Hands all entries to a function, the oldest first.
pub fn for_each(conn: &mut Conn, mut handle: impl FnMut(&AuditEntry, &str) -> bool) -> Result<(), Stored> {
    let mut last = 0;
    loop {
        let page = audit::after(conn, last, PAGE)?;
        let Some((newest, _)) = page.last() else { return Ok(()) };
        last = newest.entry_id;
        if !page.iter().all(|(entry, hash)| handle(entry, hash)) {
            return Ok(());
        }
    }
}

/// Checks that no entry was changed, taken out or put in, except by who could also write `audit_head`.
pub fn verify(conn: &mut Conn) -> Result<Verdict, Stored> {
    // Read first: what is appended meanwhile is more, and not less.
    let Head { last_id, removed_id, removed_hash, .. } = audit::head(conn)?;
    let (mut number, mut before, mut broken) = (removed_id, removed_hash, None);
    for_each(conn, |entry, stored| {
        number += 1;
        before = hash(&before, entry);
        if entry.entry_id != number || before != stored {
            broken = Some(entry.entry_id);
        }
        broken.is_none()
    })?;
    Ok(match broken {
        Some(entry) => Verdict::Broken(entry),
        None if number < last_id => Verdict::Cut(number),
        None => Verdict::Whole(number - removed_id),
    })
}

/// Removes the entries that are older than the operator keeps them.
pub async fn prune(chat: &Chat) -> Result<(), Error> {
    let Some(kept) = chat.limits.audit else { return Ok(()) };
    let before = chat.now().before(kept);
    chat.db.transaction(move |conn| Ok(audit::remove_before(conn, before)?)).await
}
