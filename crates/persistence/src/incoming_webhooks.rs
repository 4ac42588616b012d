//! Incoming webhooks of rooms.

use diesel::dsl::{exists, not};
use diesel::prelude::*;
use domain::group::Role;
use domain::id::{UserId, WebhookId};
use domain::incoming_webhook::IncomingWebhook;
use domain::room::Membership;
use domain::time::Time;

use crate::conn::Conn;
use crate::error::Error;
use crate::ids::{room_id, webhook_id};
use crate::members::RoomMember;
use crate::schema::{incoming_webhooks, participants, users};

#[derive(Queryable, Selectable)]
#[diesel(table_name = incoming_webhooks)]
struct Row {
    webhook_id: Vec<u8>,
    chatroom_id: Vec<u8>,
    user_id: i64,
    created_by: i64,
    created_at: chrono::NaiveDateTime,
}

/// Stores a webhook under the hash of its token, and lets its account send to the room, which it is not in.
pub fn insert(
    conn: &mut Conn,
    member: &RoomMember,
    webhook: &IncomingWebhook,
    token_hash: &[u8; 32],
) -> Result<(), Error> {
    let (room, at) = (member.room(), webhook.created_at.naive());
    diesel::insert_into(incoming_webhooks::table)
        .values((
            incoming_webhooks::webhook_id.eq(webhook.id.bytes()),
            incoming_webhooks::chatroom_id.eq(room.bytes()),
            incoming_webhooks::user_id.eq(webhook.user.0),
            incoming_webhooks::token_hash.eq(token_hash.as_slice()),
            incoming_webhooks::created_by.eq(webhook.created_by.0),
            incoming_webhooks::created_at.eq(at),
        ))
        .execute(conn)?;
    diesel::insert_into(participants::table)
        .values((
            participants::chatroom_id.eq(room.bytes()),
            participants::user_id.eq(webhook.user.0),
            participants::role.eq(Role::Member.as_str()),
            participants::joined_at.eq(at),
            participants::left_at.eq(at),
            participants::last_delivered_seq.eq(0),
            participants::last_read_seq.eq(0),
            participants::webhook.eq(true),
        ))
        .execute(conn)?;
    Ok(())
}

/// Returns the webhooks of a room, the last made first.
pub fn list(conn: &mut Conn, member: &RoomMember) -> Result<Vec<IncomingWebhook>, Error> {
    let rows: Vec<(Row, Option<String>)> = incoming_webhooks::table
        .inner_join(users::table)
        .filter(incoming_webhooks::chatroom_id.eq(member.room().bytes()))
        .order((incoming_webhooks::created_at.desc(), incoming_webhooks::webhook_id.desc()))
        .select((Row::as_select(), users::nickname))
        .load(conn)?;
    let webhook = |(row, name): (Row, Option<String>)| {
        Ok(IncomingWebhook {
            id: webhook_id(&row.webhook_id)?,
            room: room_id(&row.chatroom_id)?,
            user: UserId(row.user_id),
            name: name.unwrap_or_default(),
            created_by: UserId(row.created_by),
            created_at: Time::from_naive(row.created_at),
        })
    };
    rows.into_iter().map(webhook).collect()
}

/// Finds the room and the account of a webhook by the hash of its token, unless who made it is suspended.
pub fn by_token(conn: &mut Conn, token_hash: &[u8; 32]) -> Result<Membership, Error> {
    let maker = users::table.filter(users::user_id.eq(incoming_webhooks::created_by));
    let suspended = maker.filter(users::suspended_at.is_not_null());
    let (room, user): (Vec<u8>, i64) = incoming_webhooks::table
        .filter(not(exists(suspended)))
        .filter(incoming_webhooks::token_hash.eq(token_hash.as_slice()))
        .select((incoming_webhooks::chatroom_id, incoming_webhooks::user_id))
        .first(conn)?;
    Ok(Membership { room: room_id(&room)?, user: UserId(user) })
}

/// Deletes a webhook of a room, which sends nothing any more; [`Error::NotFound`] if the room has none of this id.
pub fn delete(conn: &mut Conn, member: &RoomMember, webhook: WebhookId) -> Result<(), Error> {
    let room = member.room();
    let row = incoming_webhooks::table.find(webhook.bytes());
    let row = row.filter(incoming_webhooks::chatroom_id.eq(room.bytes()));
    let user: i64 = row.select(incoming_webhooks::user_id).first(conn)?;
    diesel::delete(row).execute(conn)?;
    let sender = participants::table.find((room.bytes(), user)).filter(participants::webhook.eq(true));
    diesel::delete(sender).execute(conn)?;
    Ok(())
}

/// Deletes all webhooks of a room.
pub fn delete_all(conn: &mut Conn, member: &RoomMember) -> Result<(), Error> {
    let room = member.room();
    let theirs = incoming_webhooks::table.filter(incoming_webhooks::chatroom_id.eq(room.bytes()));
    diesel::delete(theirs).execute(conn)?;
    let senders = participants::table.filter(participants::chatroom_id.eq(room.bytes()));
    diesel::delete(senders.filter(participants::webhook.eq(true))).execute(conn)?;
    Ok(())
}
