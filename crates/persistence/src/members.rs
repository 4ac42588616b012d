//! Members of rooms: a proof, made by a query, that a user is in a room.

use std::marker::PhantomData;

use diesel::prelude::*;
use domain::group::Role;
use domain::id::{RoomId, UserId};
use domain::message::MessageSeq;
use domain::receipt::Receipt;
use domain::room::RoomKind;
use domain::time::Time;

use crate::conn::Conn;
use crate::error::Error;
use crate::rooms;
use crate::schema::{chatrooms, participants};
use crate::viewer::Viewer;

/// A member of a room, who reads or changes what is in it, and when.
///
/// Made by [`find`], [`lock`] and [`lock_room`] alone: what only members may read or change takes one, so that it cannot
/// be called for anybody else. It is not [`Send`], as all that a read or a transaction of [`crate::db::Db`] returns must
/// be: it ends with the read or the transaction that proved it.
///
/// # A query is called with a member
///
/// ```
/// # use domain::id::RoomId;
/// # use domain::message::Message;
/// # use domain::page::Page;
/// # use persistence::{Conn, error::Error, members, messages, viewer::Viewer};
/// fn page(conn: &mut Conn, viewer: Viewer, room: RoomId, page: Page) -> Result<Vec<Message>, Error> {
///     let member = members::find(conn, viewer, room)?;
///     messages::page(conn, &member, page)
/// }
/// ```
///
/// and not with ids:
///
/// ```compile_fail,E0308
/// # use domain::id::RoomId;
/// # use domain::message::Message;
/// # use domain::page::Page;
/// # use persistence::{Conn, error::Error, members, messages, viewer::Viewer};
/// fn page(conn: &mut Conn, viewer: Viewer, room: RoomId, page: Page) -> Result<Vec<Message>, Error> {
///     let member = domain::room::Membership { room, user: viewer.user };
///     messages::page(conn, &member, page)
/// }
/// ```
///
/// # A member is found
///
/// ```
/// # use domain::{group::Role, id::RoomId, receipt::Receipt, room::RoomKind};
/// # use persistence::{Conn, error::Error, members::{self, RoomMember}, viewer::Viewer};
/// fn owner(conn: &mut Conn, viewer: Viewer, room: RoomId) -> Result<RoomMember, Error> {
///     members::find(conn, viewer, room)
/// }
/// ```
///
/// and not made:
///
/// ```compile_fail,E0451
/// # use domain::{group::Role, id::RoomId, receipt::Receipt, room::RoomKind};
/// # use persistence::{Conn, error::Error, members::{self, RoomMember}, viewer::Viewer};
/// fn owner(conn: &mut Conn, viewer: Viewer, room: RoomId) -> Result<RoomMember, Error> {
///     let receipt = Receipt { user: viewer.user, delivered_seq: 0, read_seq: 0 };
///     let (kind, role, here) = (RoomKind::Group, Role::Owner, std::marker::PhantomData);
///     Ok(RoomMember { viewer, room, kind, role, receipt, here })
/// }
/// ```
///
/// # What a member may do is returned by the read
///
/// ```
/// # use domain::{group::Role, id::RoomId};
/// # use persistence::{db::Db, error::Error, members::{self, RoomMember}, viewer::Viewer};
/// async fn role(db: &Db, viewer: Viewer, room: RoomId) -> Result<Role, Error> {
///     db.read(move |conn| members::find(conn, viewer, room).map(|member| member.role())).await
/// }
/// ```
///
/// and the member is not:
///
/// ```compile_fail,E0277
/// # use domain::{group::Role, id::RoomId};
/// # use persistence::{db::Db, error::Error, members::{self, RoomMember}, viewer::Viewer};
/// async fn role(db: &Db, viewer: Viewer, room: RoomId) -> Result<Role, Error> {
///     db.read(move |conn| members::find(conn, viewer, room)).await.map(|member| member.role())
/// }
/// ```
#[derive(Debug)]
pub struct RoomMember {
    viewer: Viewer,
    room: RoomId,
    kind: RoomKind,
    role: Role,
    receipt: Receipt,
    /// A pointer is not `Send`.
    here: PhantomData<*const ()>,
}

impl RoomMember {
    /// Returns the room.
    pub fn room(&self) -> RoomId {
        self.room
    }

    /// Returns the user.
    pub fn user(&self) -> UserId {
        self.viewer.user
    }

    /// Returns when they read or change the room.
    pub fn now(&self) -> Time {
        self.viewer.now
    }

    /// Returns them as they read messages.
    pub fn viewer(&self) -> Viewer {
        self.viewer
    }

    /// Returns what kind of room it is.
    pub fn kind(&self) -> RoomKind {
        self.kind
    }

    /// Returns their role.
    pub fn role(&self) -> Role {
        self.role
    }

    /// Returns how far they have received and read the room.
    pub fn receipt(&self) -> Receipt {
        self.receipt
    }

    /// Returns a message of the room by its seq.
    pub fn message(&self, seq: i64) -> MessageSeq {
        MessageSeq { room: self.room, seq }
    }
}

/// Returns a member of a room; [`Error::NotFound`] if the user is not in it or there is no such room.
pub fn find(conn: &mut Conn, viewer: Viewer, room: RoomId) -> Result<RoomMember, Error> {
    let (role, delivered_seq, read_seq, kind): (String, i64, i64, String) = participants::table
        .inner_join(chatrooms::table)
        .filter(participants::chatroom_id.eq(room.bytes()))
        .filter(participants::user_id.eq(viewer.user.0))
        .filter(participants::left_at.is_null())
        .select((
            participants::role,
            participants::last_delivered_seq,
            participants::last_read_seq,
            chatrooms::kind,
        ))
        .first(conn)?;
    Ok(RoomMember {
        viewer,
        room,
        kind: rooms::parse_kind(&kind)?,
        role: parse_role(&role)?,
        receipt: Receipt { user: viewer.user, delivered_seq, read_seq },
        here: PhantomData,
    })
}

pub(crate) fn parse_role(role: &str) -> Result<Role, Error> {
    Role::parse(role).ok_or_else(|| Error::Other(format!("no such role: {role}").into()))
}

/// Returns a member whose membership is locked until the transaction ends; [`Error::NotFound`] as for [`find`].
pub fn lock(conn: &mut Conn, viewer: Viewer, room: RoomId) -> Result<RoomMember, Error> {
    // BEGIN IMMEDIATE has locked the whole of an SQLite database.
    if let Conn::Mysql(c) = conn {
        let row = participants::table.find((room.bytes(), viewer.user.0)).select(participants::user_id);
        row.for_update().first::<i64>(c)?;
    }
    find(conn, viewer, room)
}

/// Returns a member whose room is locked until the transaction ends; [`Error::NotFound`] as for [`find`].
///
/// Members and roles change under this lock alone, and messages are written under it.
pub fn lock_room(conn: &mut Conn, viewer: Viewer, room: RoomId) -> Result<RoomMember, Error> {
    // Before the lock, so that nobody else holds up a room.
    find(conn, viewer, room)?;
    rooms::lock(conn, room)?;
    find(conn, viewer, room)
}
