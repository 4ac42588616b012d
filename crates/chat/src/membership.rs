//! Who is in a room, and what they may do there. A room that one is not in is as one that is not there.

use domain::group::{GroupAction, Role};
use domain::id::{RoomId, UserId};
use domain::room::RoomKind;
use persistence::error::Error as Stored;
use persistence::members::{self, RoomMember};
use persistence::viewer::Viewer;
use persistence::{Conn, groups};

use crate::error::{Error, Refusal, Resource};

/// Returns a member of a room: every use case of one room begins with one of these three.
pub(crate) fn find(conn: &mut Conn, viewer: Viewer, room: RoomId) -> Result<RoomMember, Error> {
    found(members::find(conn, viewer, room))
}

/// Returns a member whose membership is locked until the transaction ends.
pub(crate) fn lock(conn: &mut Conn, viewer: Viewer, room: RoomId) -> Result<RoomMember, Error> {
    found(members::lock(conn, viewer, room))
}

/// Returns a member whose room is locked until the transaction ends.
pub(crate) fn lock_room(conn: &mut Conn, viewer: Viewer, room: RoomId) -> Result<RoomMember, Error> {
    found(members::lock_room(conn, viewer, room))
}

fn found(member: Result<RoomMember, Stored>) -> Result<RoomMember, Error> {
    member.map_err(|error| Error::or_not_found(error, Resource::Room))
}

/// Refuses a member of a group what their role does not let them do.
pub(crate) fn permit(member: &RoomMember, action: GroupAction) -> Result<(), Error> {
    refuse_direct(member)?;
    if member.role().may(action) { Ok(()) } else { Err(Error::Forbidden) }
}

/// Refuses what is done in groups alone.
pub(crate) fn refuse_direct(member: &RoomMember) -> Result<(), Error> {
    match member.kind() {
        RoomKind::Direct => Err(Error::Refused(Refusal::NotAGroup)),
        RoomKind::Group => Ok(()),
    }
}

/// Returns the role of another member.
pub(crate) fn role_of(conn: &mut Conn, member: &RoomMember, user: UserId) -> Result<Role, Error> {
    groups::role(conn, member, user).map_err(|error| Error::or_not_found(error, Resource::User))
}
