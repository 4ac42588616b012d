//! `/chatrooms`: rooms, their messages, receipts and typing.

use chat::receipts::{self, ReceiptKind, ReceiptUpdate};
use chat::{messages, presence, rooms};
use domain::message::Message;
use domain::receipt::RoomReceipt;
use domain::room::{Room, RoomWithMembers};

use super::endpoint::{Body, FromCall, Json, NoContent, Parameters, Path, Query, RequestType};
use crate::extract::{AuthUser, Call};
use crate::problem::Problem;
use crate::wire::messages::SendMessage;
use crate::wire::rooms::{CreateRoom, ListMessages, MarkRoom, NamedRoom, SetTyping};

pub(super) async fn list(call: Call<AuthUser>, (): ()) -> Result<Json<Vec<Room>>, Problem> {
    Ok(Json(rooms::list(call.chat(), &call.user).await?))
}

pub(super) async fn open(
    call: Call<AuthUser>,
    Body(CreateRoom { members_id, chatroom_name }): Body<CreateRoom>,
) -> Result<Json<Room>, Problem> {
    Ok(Json(rooms::open(call.chat(), &call.user, &members_id, chatroom_name).await?))
}

pub(super) async fn view(
    call: Call<AuthUser>,
    Path(NamedRoom { chatroom_id }): Path<NamedRoom>,
) -> Result<Json<RoomWithMembers>, Problem> {
    Ok(Json(rooms::view(call.chat(), &call.user, chatroom_id).await?))
}

pub(super) async fn history(
    call: Call<AuthUser>,
    Query(list): Query<ListMessages>,
) -> Result<Json<Vec<Message>>, Problem> {
    Ok(Json(messages::history(call.chat(), &call.user, list.chatroom_id, list.page()).await?))
}

/// A message for the room of the path, whose key may be in the header `Idempotency-Key`.
pub(super) struct NewMessage(SendMessage);

impl FromCall for NewMessage {
    fn describe() -> Parameters {
        Parameters::KeyedBody(RequestType::of::<SendMessage>())
    }

    async fn from_call<U>(call: &mut Call<U>) -> Result<Self, Problem> {
        let Path(NamedRoom { chatroom_id }) = Path::from_call(call).await?;
        let mut body = call.body().await?;
        let key = call.request.headers().get("idempotency-key").and_then(|key| key.to_str().ok());
        if let Some(key) = key {
            body.set_default("client_msg_id", key.to_owned());
        }
        if body.text("chatroom_id").is_some_and(|room| room.parse() != Ok(chatroom_id)) {
            return Err(Problem::RoomMismatch);
        }
        call.parse(body).map(Self)
    }
}

pub(super) async fn send(
    call: Call<AuthUser>,
    NewMessage(message): NewMessage,
) -> Result<Json<Message>, Problem> {
    let (room, draft) = message.into_draft();
    Ok(Json(messages::send(call.chat(), &call.user, room, draft, None).await?))
}

pub(super) async fn read(
    call: Call<AuthUser>,
    Body(request): Body<MarkRoom>,
) -> Result<Json<RoomReceipt>, Problem> {
    advance(call, request, ReceiptKind::Read).await
}

pub(super) async fn delivered(
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

pub(super) async fn typing(
    call: Call<AuthUser>,
    Body(SetTyping { chatroom_id, is_typing }): Body<SetTyping>,
) -> Result<NoContent, Problem> {
    let is_typing = is_typing.is_none_or(|flag| flag.0);
    presence::typing(call.chat(), &call.user, chatroom_id, is_typing).await?;
    Ok(NoContent)
}
