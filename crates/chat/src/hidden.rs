//! What is no longer there for a user: what they have hidden, and what is gone for everybody.

use domain::id::MessageId;
use domain::message::Message;
use persistence::members::RoomMember;
use persistence::{Conn, disappearing, hidden, messages};

use crate::error::{Error, Resource};

/// Returns the seq of a message that is there for a member.
pub(crate) fn find(conn: &mut Conn, member: &RoomMember, id: MessageId) -> Result<i64, Error> {
    let seq = messages::seq_of(conn, member, id).map_err(|e| Error::or_not_found(e, Resource::Message))?;
    still_there(conn, member, seq)?;
    Ok(seq)
}

/// Returns a message that is there for a member.
pub(crate) fn load(conn: &mut Conn, member: &RoomMember, id: MessageId) -> Result<Message, Error> {
    let seq = find(conn, member, id)?;
    messages::find(conn, member, seq).map_err(|e| Error::or_not_found(e, Resource::Message))
}

/// Refuses what the member has hidden, and what is gone.
pub(crate) fn still_there(conn: &mut Conn, member: &RoomMember, seq: i64) -> Result<(), Error> {
    let is_there = disappearing::is_there(conn, member, seq)? && !hidden::is_hidden(conn, member, seq)?;
    if is_there { Ok(()) } else { Err(Error::NotFound(Resource::Message)) }
}
