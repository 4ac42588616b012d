//! The handlers of events that clients send, each over one use case.

use chat::error::Error;
use chat::reactions::ReactionUpdate;
use chat::receipts::{self, ReceiptKind, ReceiptUpdate};
use chat::{hiding, log, messages, presence, reactions, revisions, rooms};
use domain::message::{Message, MessageRef};
use domain::receipt::RoomReceipt;
use realtime::broadcast::Topic;

use super::answer::{Accepted, Deleted, Hidden, Joined, Left, Nothing, OneMessage};
use super::context::Context;
use crate::problem::Problem;
use crate::wire::accounts::ClaimedId;
use crate::wire::messages::{DeleteFor, DeleteMessage, EditMessage, React, SendMessage};
use crate::wire::rooms::{MarkRoom, RoomOrId, SetTyping};
use crate::wire::sync::{Answer, Sync};

/// What handlers return.
type Done<T> = Result<Accepted<T>, Problem>;

pub(super) async fn send_message(context: Context, message: SendMessage) -> Done<OneMessage> {
    let (room, draft) = message.into_draft();
    Ok(with_message(
        messages::send(&context.chat, context.user(), room, draft, Some(context.origin())).await?,
    ))
}

pub(super) async fn edit_message(context: Context, edit: EditMessage) -> Done<OneMessage> {
    let message = MessageRef { room: edit.chatroom_id, message: edit.message_id };
    let edited = revisions::edit(&context.chat, context.user(), message, edit.text(), Some(context.origin()));
    Ok(with_message(edited.await?))
}

pub(super) async fn delete_message(context: Context, delete: DeleteMessage) -> Result<Deleted, Problem> {
    let DeleteMessage { chatroom_id, message_id, whom } = delete;
    let (user, message) = (context.user(), MessageRef { room: chatroom_id, message: message_id });
    if whom == Some(DeleteFor::Me) {
        let seq = hiding::hide(&context.chat, user, message, Some(context.origin())).await?;
        return Ok(Deleted::Hidden(Accepted::with(Hidden { chatroom_id, message_id, seq })));
    }
    let message = revisions::unsend(&context.chat, user, message, Some(context.origin())).await?;
    Ok(Deleted::Unsent(Box::new(with_message(message))))
}

pub(super) async fn react(context: Context, reaction: React) -> Done<OneMessage> {
    let React { chatroom_id, message_id, emoji, on } = reaction;
    let message = MessageRef { room: chatroom_id, message: message_id };
    let update = ReactionUpdate { emoji, on: on.is_none_or(|on| on.0) };
    let reacted = reactions::react(&context.chat, context.user(), message, update, Some(context.origin()));
    Ok(with_message(reacted.await?))
}

pub(super) async fn mark_read(context: Context, request: MarkRoom) -> Done<RoomReceipt> {
    advance(&context, request, ReceiptKind::Read).await
}

pub(super) async fn mark_delivered(context: Context, request: MarkRoom) -> Done<RoomReceipt> {
    advance(&context, request, ReceiptKind::Delivered).await
}

async fn advance(context: &Context, request: MarkRoom, kind: ReceiptKind) -> Done<RoomReceipt> {
    let MarkRoom { chatroom_id, message_id } = request;
    let update = ReceiptUpdate { room: chatroom_id, kind, upto: message_id };
    let advanced = receipts::advance(&context.chat, context.user(), update, Some(context.origin()));
    Ok(Accepted::with(advanced.await?))
}

pub(super) async fn typing(context: Context, typing: SetTyping) -> Done<Nothing> {
    let is_typing = typing.is_typing.is_none_or(|flag| flag.0);
    presence::typing(&context.chat, context.user(), typing.chatroom_id, is_typing).await?;
    Ok(Accepted::with(Nothing {}))
}

/// A request that is the id alone, as the seed's client sends it, marks the room read, too.
pub(super) async fn join_room(context: Context, request: RoomOrId) -> Done<Joined> {
    let (room, user, socket) = (request.id(), context.user(), &context.socket);
    let mut view = rooms::view(&context.chat, user, room).await?.room;
    socket.join(Topic::Room(room));
    socket.join(Topic::RoomAs(room, user.id));
    if let Some(recovers) = &socket.client().recovers {
        recovers.note(&context.chat, room, true).await?;
    }
    if matches!(request, RoomOrId::Id(_)) && view.unread_count > 0 {
        let update = ReceiptUpdate { room, kind: ReceiptKind::Read, upto: None };
        receipts::advance(&context.chat, user, update, Some(context.origin())).await?;
        view.unread_count = 0;
    }
    let last_message_id = view.last_message.map(|message| message.id);
    Ok(Accepted::with(Joined { chatroom_id: room, last_message_id, unread_count: view.unread_count }))
}

/// A room that was not joined may be left.
pub(super) async fn leave_room(context: Context, request: RoomOrId) -> Done<Left> {
    let (room, socket) = (request.id(), &context.socket);
    socket.leave(Topic::Room(room));
    socket.leave(Topic::RoomAs(room, context.user().id));
    if let Some(recovers) = &socket.client().recovers {
        recovers.note(&context.chat, room, false).await?;
    }
    Ok(Accepted::with(Left { chatroom_id: room }))
}

pub(super) async fn sync(context: Context, request: Sync) -> Done<Answer> {
    let limit = request.limit();
    let page = log::since(&context.chat, context.user().id, request.since, limit).await?;
    Ok(Accepted::with(page.into()))
}

/// Checks the user id that the seed's client sends; any but the authenticated one is refused.
pub(super) async fn set_user_id(context: Context, claimed: ClaimedId) -> Done<Nothing> {
    if claimed.0 == Some(context.user().id) {
        Ok(Accepted::with(Nothing {}))
    } else {
        Err(Error::Forbidden.into())
    }
}

fn with_message(message: Message) -> Accepted<OneMessage> {
    Accepted::with(OneMessage { message })
}
