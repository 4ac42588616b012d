//! Rooms: lists, members, receipts, typing, and which rooms a socket has joined.

use chat::error::{Error, Resource};
use chat::receipts::{self, ReceiptKind, ReceiptUpdate};
use chat::{presence, rooms};
use domain::payload::Pin;
use domain::receipt::RoomReceipt;
use domain::room::{Room, RoomWithMembers};

use realtime::frame::Topic;

use crate::api::groups::update;
use crate::extract::{AuthUser, Call};
use crate::http::endpoint::{Body, Endpoint, Json, NoContent, Path, delete, get, patch, post, put};
use crate::problem::Problem;
use crate::rates::Action;
use crate::socket::answer::{Accepted, Joined, Left, Nothing};
use crate::socket::context::Context;
use crate::socket::events::{ClientEvent, on};
use crate::wire::messages::NamedMessage;
use crate::wire::rooms::{CreateRoom, MarkRoom, NamedRoom, RoomOrId, SetTyping};

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        get("/chatrooms", list).does("List one's rooms, the last changed first."),
        post("/chatrooms", open)
            .does("Make a group, or get the room of two.")
            .limited(Action::Room)
            .keeping_answers()
            .refuses(&[
                "too_few_members",
                "too_many_members",
                "too_many_groups",
                "blocked",
                "cannot_send",
                "not_found",
            ]),
        get("/chatrooms/{chatroom_id}", view).does("Show a room and its members.").refuses(&["not_found"]),
        patch("/chatrooms/{chatroom_id}", update)
            .does("Give a group another name or picture, or a room another time after which its messages disappear.")
            .limited(Action::Room)
            .refuses(&["not_a_group", "forbidden", "request_pending", "cannot_send", "not_found"]),
        post("/chatrooms/{chatroom_id}/read", read)
            .does("Mark a room read, up to a message or the newest.")
            .refuses(&["not_found"]),
        post("/chatrooms/{chatroom_id}/delivered", delivered)
            .does("Mark a room delivered, up to a message or the newest.")
            .refuses(&["not_found"]),
        post("/chatrooms/{chatroom_id}/typing", typing)
            .does("Show the other members that one types, or no longer does.")
            .limited(Action::Typing)
            .refuses(&["not_found"]),
        get("/chatrooms/{chatroom_id}/pins", pins)
            .does("List the messages that are pinned to a room, the last pinned first.")
            .refuses(&["not_found"]),
        put("/chatrooms/{chatroom_id}/messages/{message_id}/pin", pin)
            .does("Pin a message to its room, for all members.")
            .limited(Action::Edit)
            .refuses(&["message_unsent", "system_message", "cannot_send", "not_found"]),
        delete("/chatrooms/{chatroom_id}/messages/{message_id}/pin", unpin)
            .does("Unpin a message.")
            .limited(Action::Edit)
            .refuses(&["not_found"]),
    ]
}

pub(super) fn events() -> Vec<ClientEvent> {
    let refusals = &["validation", "not_found"];
    vec![
        on("mark_read", read_event)
            .does("Marks a room read, up to a message or the newest.")
            .refuses(refusals),
        on("mark_delivered", delivered_event)
            .does("Marks a room delivered, up to a message or the newest.")
            .refuses(refusals),
        on("typing", typing_event)
            .does("Shows the other members that one types, or no longer does.")
            .limited(Action::Typing)
            .refuses(refusals),
        on("pin_message", pin_event)
            .does("Pins a message to its room, for all members.")
            .limited(Action::Edit)
            .refuses(&["validation", "not_found", "message_unsent", "system_message", "cannot_send"]),
        on("unpin_message", unpin_event).does("Unpins a message.").limited(Action::Edit).refuses(refusals),
        on("join_room", join)
            .does("Turns `new_message` into `receive_message` for a room, on this socket.")
            .refuses(refusals),
        on("leave_room", leave).does("Takes `join_room` back.").refuses(refusals),
    ]
}

async fn list(call: Call<AuthUser>, (): ()) -> Result<Json<Vec<Room>>, Problem> {
    Ok(Json(rooms::list(call.chat(), &call.user).await?))
}

async fn open(
    call: Call<AuthUser>,
    Body(CreateRoom { members_id, chatroom_name }): Body<CreateRoom>,
) -> Result<Json<Room>, Problem> {
    Ok(Json(rooms::open(call.chat(), &call.user, &members_id, chatroom_name).await?))
}

async fn view(
    call: Call<AuthUser>,
    Path(NamedRoom { chatroom_id }): Path<NamedRoom>,
) -> Result<Json<RoomWithMembers>, Problem> {
    Ok(Json(rooms::view(call.chat(), &call.user, chatroom_id).await?))
}

async fn read(call: Call<AuthUser>, Body(request): Body<MarkRoom>) -> Result<Json<RoomReceipt>, Problem> {
    advance(call, request, ReceiptKind::Read).await
}

async fn delivered(
    call: Call<AuthUser>,
    Body(request): Body<MarkRoom>,
) -> Result<Json<RoomReceipt>, Problem> {
    advance(call, request, ReceiptKind::Delivered).await
}

async fn advance(
    call: Call<AuthUser>,
    request: MarkRoom,
    kind: ReceiptKind,
) -> Result<Json<RoomReceipt>, Problem> {
    let MarkRoom { chatroom_id, message_id } = request;
    let update = ReceiptUpdate { room: chatroom_id, kind, upto: message_id };
    Ok(Json(receipts::advance(call.chat(), &call.user, update, None).await?))
}

async fn typing(
    call: Call<AuthUser>,
    Body(SetTyping { chatroom_id, is_typing }): Body<SetTyping>,
) -> Result<NoContent, Problem> {
    let is_typing = is_typing.is_none_or(|flag| flag.0);
    presence::typing(call.chat(), &call.user, chatroom_id, is_typing).await?;
    Ok(NoContent)
}

async fn pins(
    call: Call<AuthUser>,
    Path(NamedRoom { chatroom_id }): Path<NamedRoom>,
) -> Result<Json<Vec<Pin<'static>>>, Problem> {
    Ok(Json(rooms::pins(call.chat(), &call.user, chatroom_id).await?))
}

async fn pin(call: Call<AuthUser>, Path(named): Path<NamedMessage>) -> Result<Json<Pin<'static>>, Problem> {
    Ok(Json(rooms::pin(call.chat(), &call.user, named.message(), None).await?))
}

async fn unpin(call: Call<AuthUser>, Path(named): Path<NamedMessage>) -> Result<NoContent, Problem> {
    rooms::unpin(call.chat(), &call.user, named.message(), None).await?;
    Ok(NoContent)
}

async fn pin_event(context: Context, pin: NamedMessage) -> Result<Accepted<Pin<'static>>, Problem> {
    let pinned = rooms::pin(&context.chat, context.user(), pin.message(), Some(context.origin()));
    Ok(Accepted::with(pinned.await?))
}

async fn unpin_event(context: Context, unpin: NamedMessage) -> Result<Accepted<Nothing>, Problem> {
    rooms::unpin(&context.chat, context.user(), unpin.message(), Some(context.origin())).await?;
    Ok(Accepted::with(Nothing {}))
}

async fn read_event(context: Context, request: MarkRoom) -> Result<Accepted<RoomReceipt>, Problem> {
    advance_event(&context, request, ReceiptKind::Read).await
}

async fn delivered_event(context: Context, request: MarkRoom) -> Result<Accepted<RoomReceipt>, Problem> {
    advance_event(&context, request, ReceiptKind::Delivered).await
}

async fn advance_event(
    context: &Context,
    request: MarkRoom,
    kind: ReceiptKind,
) -> Result<Accepted<RoomReceipt>, Problem> {
    let MarkRoom { chatroom_id, message_id } = request;
    let update = ReceiptUpdate { room: chatroom_id, kind, upto: message_id };
    let advanced = receipts::advance(&context.chat, context.user(), update, Some(context.origin()));
    Ok(Accepted::with(advanced.await?))
}

async fn typing_event(context: Context, typing: SetTyping) -> Result<Accepted<Nothing>, Problem> {
    let is_typing = typing.is_typing.is_none_or(|flag| flag.0);
    presence::typing(&context.chat, context.user(), typing.chatroom_id, is_typing).await?;
    Ok(Accepted::with(Nothing {}))
}

/// A request that is the id alone, as the seed's client sends it, marks the room read, too.
async fn join(context: Context, request: RoomOrId) -> Result<Accepted<Joined>, Problem> {
    let (room, user, socket) = (request.id(), context.user(), &context.socket);
    let mut view = rooms::view(&context.chat, user, room).await?.room;
    if !context.live.join(socket, room, user.id) {
        return Err(Error::NotFound(Resource::Room).into());
    }
    if let Some(recovers) = &socket.client().recovers {
        recovers.note(&context.chat, room, true).await?;
    }
    if matches!(request, RoomOrId::Id(_)) && view.unread_count > 0 {
        let update = ReceiptUpdate { room, kind: ReceiptKind::Read, upto: None };
        let receipt = receipts::advance(&context.chat, user, update, Some(context.origin())).await?;
        view.unread_count = receipt.unread_count;
    }
    let last_message_id = view.last_message.map(|message| message.id);
    Ok(Accepted::with(Joined { chatroom_id: room, last_message_id, unread_count: view.unread_count }))
}

/// A room that was not joined may be left.
async fn leave(context: Context, request: RoomOrId) -> Result<Accepted<Left>, Problem> {
    let (room, socket) = (request.id(), &context.socket);
    socket.leave(Topic::Room(room));
    socket.leave(Topic::RoomAs(room, context.user().id));
    if let Some(recovers) = &socket.client().recovers {
        recovers.note(&context.chat, room, false).await?;
    }
    Ok(Accepted::with(Left { chatroom_id: room }))
}
