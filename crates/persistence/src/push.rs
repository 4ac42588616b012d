//! Web Push: subscriptions, and how far in the event log the pushes have come.

use diesel::prelude::*;
use domain::id::{RoomId, SessionId, SubscriptionId, UserId};
use domain::message_request::RequestState;
use domain::push::SUBSCRIPTIONS_MAX;
use domain::time::Time;

use crate::cached::{cached, pad_in_list};
use crate::conn::Conn;
use crate::error::Error;
use crate::ids::{room_id, subscription_id};
use crate::schema::{participants, push_head, push_subscriptions, room_settings, sessions, users};

/// A subscription of a user's device.
#[derive(Debug, Clone)]
pub struct Subscription {
    /// Its id.
    pub id: SubscriptionId,
    /// Where its push service is.
    pub endpoint: String,
    /// Its public key.
    pub p256dh: String,
    /// The secret that is shared with it.
    pub auth: String,
}

/// Stores a subscription, instead of the one with the same endpoint; the oldest of the user's goes if they are too many.
pub fn put(
    conn: &mut Conn,
    (user, session): (UserId, SessionId),
    new: &Subscription,
    endpoint_hash: &str,
) -> Result<(), Error> {
    let same = push_subscriptions::table.filter(push_subscriptions::endpoint_hash.eq(endpoint_hash));
    diesel::delete(same).execute(conn)?;
    diesel::insert_into(push_subscriptions::table)
        .values((
            push_subscriptions::subscription_id.eq(new.id.bytes()),
            push_subscriptions::user_id.eq(user.0),
            push_subscriptions::session_id.eq(session.bytes()),
            push_subscriptions::endpoint.eq(&new.endpoint),
            push_subscriptions::endpoint_hash.eq(endpoint_hash),
            push_subscriptions::p256dh.eq(&new.p256dh),
            push_subscriptions::auth.eq(&new.auth),
        ))
        .execute(conn)?;
    let theirs = push_subscriptions::table.filter(push_subscriptions::user_id.eq(user.0));
    let oldest_kept: Option<Vec<u8>> = theirs
        .order(push_subscriptions::subscription_id.desc())
        .offset(SUBSCRIPTIONS_MAX - 1)
        .select(push_subscriptions::subscription_id)
        .first(conn)
        .optional()?;
    if let Some(oldest) = oldest_kept {
        diesel::delete(theirs.filter(push_subscriptions::subscription_id.lt(oldest))).execute(conn)?;
    }
    Ok(())
}

/// Deletes a subscription of a user; [`Error::NotFound`] if they have none of this id.
pub fn delete(conn: &mut Conn, user: UserId, subscription: SubscriptionId) -> Result<(), Error> {
    let row = push_subscriptions::table.find(subscription.bytes());
    let deleted = diesel::delete(row.filter(push_subscriptions::user_id.eq(user.0))).execute(conn)?;
    if deleted > 0 { Ok(()) } else { Err(Error::NotFound) }
}

/// Deletes a subscription that its push service does not know any more.
pub fn forget(conn: &mut Conn, subscription: SubscriptionId) -> Result<(), Error> {
    diesel::delete(push_subscriptions::table.find(subscription.bytes())).execute(conn)?;
    Ok(())
}

/// Deletes all subscriptions of a user.
pub fn delete_all(conn: &mut Conn, user: UserId) -> Result<(), Error> {
    let theirs = push_subscriptions::table.filter(push_subscriptions::user_id.eq(user.0));
    diesel::delete(theirs).execute(conn)?;
    Ok(())
}

/// Returns the position up to which messages were pushed.
pub fn position(conn: &mut Conn) -> Result<i64, Error> {
    Ok(push_head::table.find(1).select(push_head::pos).first(conn)?)
}

/// Moves the position; false if it is not at `from` any more.
pub fn advance(conn: &mut Conn, from: i64, to: i64) -> Result<bool, Error> {
    let here = push_head::table.find(1).filter(push_head::pos.eq(from));
    Ok(diesel::update(here).set(push_head::pos.eq(to)).execute(conn)? > 0)
}

/// A device of a member of a room, to which messages of the room may be pushed.
#[derive(Debug, Clone)]
pub struct Recipient {
    /// The room.
    pub room: RoomId,
    /// The member.
    pub user: UserId,
    /// The newest message that they have received.
    pub delivered_seq: i64,
    /// Whether they want to see what a message says.
    pub preview: bool,
    /// Where to push.
    pub subscription: Subscription,
}

/// Returns the devices that are signed in of those members of these rooms who have not muted them, nor ignore them.
pub fn recipients(conn: &mut Conn, rooms: &[RoomId], now: Time) -> Result<Vec<Recipient>, Error> {
    type Row = (Vec<u8>, i64, i64, bool, (Vec<u8>, String, String, String));
    let settings = room_settings::user_id
        .eq(participants::user_id)
        .and(room_settings::chatroom_id.eq(participants::chatroom_id));
    let rooms: Vec<&[u8]> = rooms.iter().map(RoomId::bytes).collect();
    let query = participants::table
        .inner_join(push_subscriptions::table.on(push_subscriptions::user_id.eq(participants::user_id)))
        .inner_join(sessions::table.on(sessions::session_id.eq(push_subscriptions::session_id)))
        .inner_join(users::table.on(users::user_id.eq(participants::user_id)))
        .left_join(room_settings::table.on(settings))
        .filter(participants::chatroom_id.eq_any(pad_in_list(&rooms)))
        .filter(participants::left_at.is_null())
        .filter(participants::request.is_null().or(participants::request.ne(RequestState::Ignored.as_str())))
        .filter(sessions::revoked_at.is_null())
        .filter(sessions::expires_at.gt(now.naive()))
        .filter(room_settings::muted_until.is_null().or(room_settings::muted_until.le(now.naive())))
        .select((
            participants::chatroom_id,
            participants::user_id,
            participants::last_delivered_seq,
            users::push_preview,
            (
                push_subscriptions::subscription_id,
                push_subscriptions::endpoint,
                push_subscriptions::p256dh,
                push_subscriptions::auth,
            ),
        ));
    let rows: Vec<Row> = cached(query).load(conn)?;
    let recipient = |(room, user, delivered_seq, preview, (id, endpoint, p256dh, auth)): Row| {
        let subscription = Subscription { id: subscription_id(&id)?, endpoint, p256dh, auth };
        Ok(Recipient { room: room_id(&room)?, user: UserId(user), delivered_seq, preview, subscription })
    };
    rows.into_iter().map(recipient).collect()
}
