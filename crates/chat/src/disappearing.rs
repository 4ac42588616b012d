//! Messages that disappear: how long those of a room are there, and erasing those that are gone.

use domain::disappearing::DisappearAfter;
use domain::event_table::LogEntry;
use domain::group::GroupAction;
use domain::message::MessageSeq;
use domain::message_request::SendRefusal;
use domain::room::RoomKind;
use domain::room_settings::Change;
use domain::system_message::{SystemAction, SystemMessage};
use persistence::members::RoomMember;
use persistence::{Conn, disappearing, message_requests, revisions};

use crate::blocks::refuse_room;
use crate::context::Chat;
use crate::error::{Error, Refusal};
use crate::log::{publish, record};
use crate::membership::permit;

/// How many messages are erased in one transaction.
const AT_ONCE: i64 = 32;

/// Changes how long messages are there that are sent to a room from now on, which is locked; returns what is said of it,
/// if it was not so before.
///
/// In a group who may change its name may do this, in a one-to-one room either member, once both have accepted it.
pub(crate) fn change(
    conn: &mut Conn,
    member: &RoomMember,
    change: Change<DisappearAfter>,
) -> Result<Option<SystemMessage>, Error> {
    match member.kind() {
        RoomKind::Group => permit(member, GroupAction::Rename)?,
        RoomKind::Direct if message_requests::state(conn, member)?.is_some() => {
            return Err(Error::Refused(Refusal::Send(SendRefusal::RequestPending)));
        }
        RoomKind::Direct => refuse_room(conn, member)?,
    }
    let before = disappearing::of_room(conn, member.room())?;
    let after = change.apply(before);
    if before == after {
        return Ok(None);
    }
    disappearing::put(conn, member, after)?;
    Ok(Some(SystemMessage::new(SystemAction::DisappearAfterChanged, member.user()).after(after)))
}

/// Erases all messages that are gone, some at a time; several servers share the work.
pub async fn erase(chat: &Chat) -> Result<(), Error> {
    let now = chat.now();
    while chat.db.read(move |conn| disappearing::is_due(conn, now)).await? {
        let erased = chat.db.transaction(move |conn| {
            let mut due = disappearing::lock_due(conn, now, AT_ONCE)?;
            // In one order, as others lock their rooms.
            due.sort_unstable();
            for message in &due {
                let locked = revisions::lock_at(conn, *message)?;
                revisions::erase(conn, &locked, now)?;
            }
            let entry = |&MessageSeq { room, seq }: &MessageSeq| LogEntry::MessageExpired { room, seq };
            Ok::<_, Error>(record(conn, &due.iter().map(entry).collect::<Vec<_>>())?)
        });
        let rows = erased.await?;
        rows.iter().filter_map(|row| row.entry.room()).for_each(|room| chat.writer.members().forget(room));
        publish(chat, rows, None).await;
    }
    Ok(())
}
