//! Invite links: by which users join a group without being taken in.

use auth::secret::InviteToken;
use domain::event_table::LogEntry;
use domain::group::GroupAction;
use domain::id::{InviteId, RoomId};
use domain::invalid::Invalid;
use domain::invite::{INVITES_MAX, Invite, InvitePreview};
use domain::room::{Membership, Room};
use domain::system_message::{SystemAction, SystemMessage};
use domain::time::Time;
use persistence::error::Error as Stored;
use persistence::groups::{self, Look};
use persistence::system_messages::{self, Happened};
use persistence::viewer::Viewer;
use persistence::{Conn, invites, members, rooms};

use crate::accounts::AuthUser;
use crate::context::Chat;
use crate::error::{Error, Refusal, Resource};
use crate::groups::{join, joined_entries};
use crate::log::publish_room;
use crate::membership::{self, permit};
use crate::rooms::view;

/// How long and how often an invite is to be good for.
#[derive(Debug, Clone, Copy)]
pub struct NewInvite {
    /// When it ends; never if absent.
    pub expires_at: Option<Time>,
    /// How many users may join by it; any number if absent.
    pub max_uses: Option<i64>,
}

/// Makes an invite; its token is returned here and never again.
pub async fn create(
    chat: &Chat,
    me: &AuthUser,
    room: RoomId,
    new: NewInvite,
) -> Result<(Invite, InviteToken), Error> {
    let now = chat.now();
    if new.expires_at.is_some_and(|end| end <= now) {
        let reason = Invalid::Rule("expires_at must be in the future");
        return Err(Error::Invalid { field: "expires_at", reason });
    }
    let token = InviteToken::generate()?;
    let (viewer, hash) = (chat.viewer(me.id), token.hash());
    let invite = Invite {
        id: InviteId::generate(),
        created_by: me.id,
        created_at: now,
        expires_at: new.expires_at,
        max_uses: new.max_uses,
        uses: 0,
    };
    let stored = invite.clone();
    let made = chat.db.transaction(move |conn| {
        let member = membership::lock_room(conn, viewer, room)?;
        permit(&member, GroupAction::ManageInvites)?;
        let (open, over): (Vec<Invite>, Vec<Invite>) =
            invites::list(conn, &member)?.into_iter().partition(|invite| invite.is_open(now));
        for invite in over {
            invites::delete(conn, &member, invite.id)?;
        }
        if open.len() >= INVITES_MAX {
            return Err(Error::Refused(Refusal::TooManyInvites(INVITES_MAX)));
        }
        Ok(invites::insert(conn, &member, &stored, &hash)?)
    });
    made.await?;
    Ok((invite, token))
}

/// Lists the invites of a group by which somebody may still join, the last made first.
pub async fn list(chat: &Chat, me: &AuthUser, room: RoomId) -> Result<Vec<Invite>, Error> {
    let viewer = chat.viewer(me.id);
    let listed = chat.db.read(move |conn| {
        let member = membership::find(conn, viewer, room)?;
        permit(&member, GroupAction::ManageInvites)?;
        Ok::<_, Error>(invites::list(conn, &member)?)
    });
    Ok(listed.await?.into_iter().filter(|invite| invite.is_open(viewer.now)).collect())
}

/// Revokes an invite: nobody joins by it any more.
pub async fn revoke(chat: &Chat, me: &AuthUser, room: RoomId, invite: InviteId) -> Result<(), Error> {
    let viewer = chat.viewer(me.id);
    chat.db
        .transaction(move |conn| {
            let member = membership::lock_room(conn, viewer, room)?;
            permit(&member, GroupAction::ManageInvites)?;
            invites::delete(conn, &member, invite).map_err(|e| Error::or_not_found(e, Resource::Invite))
        })
        .await
}

/// Shows the group that an invite is of; one that is over, revoked or used up is as one that never was.
pub async fn preview(chat: &Chat, me: &AuthUser, token: &str) -> Result<InvitePreview, Error> {
    let (hash, user, now) = (hash(token)?, me.id, chat.now());
    chat.db
        .read(move |conn| {
            let (room, _) = find(conn, &hash, now)?;
            refuse_removed(conn, Membership { room, user })?;
            let Look { name, avatar_url } = groups::look(conn, room)?;
            let member_count = groups::member_count(conn, room)?;
            Ok(InvitePreview { chatroom_name: name, avatar_url, member_count })
        })
        .await
}

/// Joins the group of an invite, and returns it; who is in it already stays so. Who was removed from it is not let in.
pub async fn accept(chat: &Chat, me: &AuthUser, token: &str) -> Result<Room, Error> {
    let (hash, viewer) = (hash(token)?, chat.viewer(me.id));
    let Viewer { user, now: at } = viewer;
    let accepted = chat.db.transaction(move |conn| {
        let (room, _) = find(conn, &hash, at)?;
        rooms::lock(conn, room)?;
        // As it is now that nobody else joins or revokes.
        let (_, invite) = find(conn, &hash, at)?;
        match members::find(conn, viewer, room) {
            Ok(_) => return Ok::<_, Error>((room, Vec::new())),
            Err(Stored::NotFound) => refuse_removed(conn, Membership { room, user })?,
            Err(other) => return Err(other.into()),
        }
        let joined = join(conn, room, &[user], at).map_err(|error| match error {
            // A full group is as an invite that is used up.
            Error::Refused(Refusal::RoomTooLarge(_)) => Error::NotFound(Resource::Invite),
            other => other,
        })?;
        invites::use_once(conn, invite.id)?;
        let entries: Vec<LogEntry> = joined_entries(room, &joined);
        let messages = [SystemMessage::new(SystemAction::Joined, user)];
        Ok((room, system_messages::append(conn, &entries, &Happened { room, messages: &messages, at })?))
    });
    let (room, rows) = accepted.await?;
    publish_room(chat, room, rows, None).await;
    Ok(view(chat, me, room).await?.room)
}

fn hash(token: &str) -> Result<[u8; 32], Error> {
    let token = InviteToken::parse(token).ok_or(Error::NotFound(Resource::Invite))?;
    Ok(token.hash())
}

fn find(conn: &mut Conn, hash: &[u8; 32], now: Time) -> Result<(RoomId, Invite), Error> {
    let found = invites::by_token(conn, hash).map_err(|e| Error::or_not_found(e, Resource::Invite))?;
    if found.1.is_open(now) { Ok(found) } else { Err(Error::NotFound(Resource::Invite)) }
}

fn refuse_removed(conn: &mut Conn, member: Membership) -> Result<(), Error> {
    match groups::removed_by(conn, member)? {
        Some(_) => Err(Error::NotFound(Resource::Invite)),
        None => Ok(()),
    }
}
