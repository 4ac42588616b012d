//! The events, each over one use case.

use chat::context::Chat;
use chat::error::Error;
use chat::reactions::ReactionUpdate;
use chat::receipts::{self, ReceiptKind, ReceiptUpdate};
use chat::{hiding, log, messages, presence, reactions, revisions, rooms};
use domain::event::Origin;
use domain::id::RoomId;
use domain::message::{Message, MessageRef};
use realtime::dispatch::Socket;
use realtime::topic::Topic;
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::answer::{Accepted, Hidden, Joined, Left, Nothing, TheMessage};
use super::events::{Acknowledged, Client};
use crate::problem::{Item, Problem};
use crate::wire::input::Input;
use crate::wire::{messages as wire_messages, rooms as wire_rooms, sync as wire_sync};

/// `send_message {chatroom_id, content, ...}`; the acknowledgement is the message.
pub(super) async fn send_message(
    chat: &Chat,
    socket: &Socket<Client>,
    argument: Option<&RawValue>,
) -> Acknowledged {
    let (room, input) = wire_rooms::room_id(fields(argument)?)?;
    let draft = wire_messages::draft(input, room, chat.limits().text_max)?;
    accept_message(&messages::send(chat, &socket.client().me, room, draft, Some(origin(socket))).await?)
}

/// `edit_message {chatroom_id, message_id, content}`; the acknowledgement is the message.
pub(super) async fn edit_message(
    chat: &Chat,
    socket: &Socket<Client>,
    argument: Option<&RawValue>,
) -> Acknowledged {
    let (room, mut input) = wire_rooms::room_id(fields(argument)?)?;
    let id = wire_messages::id(&mut input);
    let words = wire_messages::words(&mut input, chat.limits().text_max);
    let (id, words) = input.done(id.zip(words))?;
    let me = &socket.client().me;
    accept_message(
        &revisions::edit(chat, me, MessageRef { room, message: id }, words, Some(origin(socket))).await?,
    )
}

/// `delete_message {chatroom_id, message_id, for?}`; the acknowledgement is what is left of the message, or its name.
pub(super) async fn delete_message(
    chat: &Chat,
    socket: &Socket<Client>,
    argument: Option<&RawValue>,
) -> Acknowledged {
    let (room, mut input) = wire_rooms::room_id(fields(argument)?)?;
    let id = wire_messages::id(&mut input);
    let for_me = wire_messages::for_me(&mut input);
    let (id, for_me) = input.done(id.zip(for_me))?;
    let (me, origin) = (&socket.client().me, Some(origin(socket)));
    let message = MessageRef { room, message: id };
    if for_me {
        let seq = hiding::hide(chat, me, message, origin).await?;
        return accept(Hidden { chatroom_id: room, message_id: id, seq });
    }
    accept_message(&revisions::unsend(chat, me, message, origin).await?)
}

/// `react {chatroom_id, message_id, emoji, on = true}`; the acknowledgement is the message.
pub(super) async fn react(chat: &Chat, socket: &Socket<Client>, argument: Option<&RawValue>) -> Acknowledged {
    let (room, mut input) = wire_rooms::room_id(fields(argument)?)?;
    let id = wire_messages::id(&mut input);
    let emoji = wire_messages::emoji(&mut input);
    let on = input.truth("on").unwrap_or(true);
    let (id, emoji) = input.done(id.zip(emoji))?;
    let me = &socket.client().me;
    accept_message(
        &reactions::react(
            chat,
            me,
            MessageRef { room, message: id },
            ReactionUpdate { emoji, on },
            Some(origin(socket)),
        )
        .await?,
    )
}

/// `mark_read {chatroom_id, message_id?}`; without a message everything is read.
pub(super) async fn mark_read(
    chat: &Chat,
    socket: &Socket<Client>,
    argument: Option<&RawValue>,
) -> Acknowledged {
    mark(chat, socket, argument, ReceiptKind::Read).await
}

/// `mark_delivered {chatroom_id, message_id?}`
pub(super) async fn mark_delivered(
    chat: &Chat,
    socket: &Socket<Client>,
    argument: Option<&RawValue>,
) -> Acknowledged {
    mark(chat, socket, argument, ReceiptKind::Delivered).await
}

async fn mark(
    chat: &Chat,
    socket: &Socket<Client>,
    argument: Option<&RawValue>,
    kind: ReceiptKind,
) -> Acknowledged {
    let (room, mut input) = wire_rooms::room_id(fields(argument)?)?;
    let upto = wire_rooms::upto(&mut input);
    let upto = input.done(Some(upto))?;
    let receipt = receipts::advance(
        chat,
        &socket.client().me,
        ReceiptUpdate { room, kind, upto },
        Some(origin(socket)),
    )
    .await?;
    accept(receipt)
}

/// `typing {chatroom_id, is_typing}`
pub(super) async fn typing(
    chat: &Chat,
    socket: &Socket<Client>,
    argument: Option<&RawValue>,
) -> Acknowledged {
    let (room, mut input) = wire_rooms::room_id(fields(argument)?)?;
    let is_typing = input.truth("is_typing").unwrap_or(true);
    let is_typing = input.done(Some(is_typing))?;
    presence::typing(chat, &socket.client().me, room, is_typing).await?;
    accept(Nothing {})
}

/// `join_room "<id>"`, as the seed's client says it, which also marks the room read; or `{chatroom_id}`.
pub(super) async fn join_room(
    chat: &Chat,
    socket: &Socket<Client>,
    argument: Option<&RawValue>,
) -> Acknowledged {
    let (room, named_only) = room(argument)?;
    let me = &socket.client().me;
    let mut view = rooms::view(chat, me, room).await?.room;
    socket.join(Topic::Room(room));
    socket.join(Topic::RoomAs(room, me.id));
    if let Some(recovers) = &socket.client().recovers {
        recovers.note(chat, room, true).await?;
    }
    if named_only && view.unread_count > 0 {
        receipts::advance(
            chat,
            me,
            ReceiptUpdate { room, kind: ReceiptKind::Read, upto: None },
            Some(origin(socket)),
        )
        .await?;
        view.unread_count = 0;
    }
    let last = view.last_message.map(|message| message.id);
    accept(Joined { chatroom_id: room, last_message_id: last, unread_count: view.unread_count })
}

/// `leave_room "<id>"` or `{chatroom_id}`; leaving a room that was not joined is fine.
pub(super) async fn leave_room(
    chat: &Chat,
    socket: &Socket<Client>,
    argument: Option<&RawValue>,
) -> Acknowledged {
    let (room, _) = room(argument)?;
    socket.leave(Topic::Room(room));
    socket.leave(Topic::RoomAs(room, socket.client().me.id));
    if let Some(recovers) = &socket.client().recovers {
        recovers.note(chat, room, false).await?;
    }
    accept(Left { chatroom_id: room })
}

/// `sync {since?, limit?}`; the acknowledgement is the answer of `GET /sync`.
pub(super) async fn sync(chat: &Chat, socket: &Socket<Client>, argument: Option<&RawValue>) -> Acknowledged {
    let (cursor, limit) = wire_sync::since(fields(argument)?)?;
    let missed = log::since(chat, socket.client().me.id, cursor, limit).await?;
    accept(wire_sync::Answer::from(missed))
}

/// `set_user_id <id>`: the seed's client says who it is, which the server knows better.
pub(super) fn set_user_id(socket: &Socket<Client>, argument: Option<&RawValue>) -> Acknowledged {
    let id = match value(argument)? {
        Value::String(text) => text.parse().ok(),
        other => other.as_i64(),
    };
    if id == Some(socket.client().me.id.0) { accept(Nothing {}) } else { Err(Error::Forbidden.into()) }
}

fn origin(socket: &Socket<Client>) -> Origin {
    Origin(socket.id().0)
}

fn value(argument: Option<&RawValue>) -> Result<Value, Problem> {
    let text = argument.map_or("null", RawValue::get);
    serde_json::from_str(text)
        .map_err(|error| Problem::Invalid(vec![Item::not_json(error.column(), &error.to_string())]))
}

fn fields(argument: Option<&RawValue>) -> Result<Input, Problem> {
    Input::of("body", value(argument)?)
}

/// Reads a room that is named alone or as `{chatroom_id}`, and tells which.
fn room(argument: Option<&RawValue>) -> Result<(RoomId, bool), Problem> {
    match value(argument)? {
        Value::String(text) => Ok((wire_rooms::parse_room(&text)?, true)),
        other => Ok((wire_rooms::room_id(Input::of("body", other)?)?.0, false)),
    }
}

/// Acknowledges with these fields beside `ok`.
fn accept(fields: impl Serialize) -> Acknowledged {
    serde_json::to_string(&Accepted::with(fields)).map_err(|error| Error::Internal(error.into()).into())
}

/// Acknowledges with a message.
fn accept_message(message: &Message) -> Acknowledged {
    accept(TheMessage { message })
}
