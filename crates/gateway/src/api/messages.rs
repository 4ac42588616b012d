//! Messages: sending, listing, editing, unsending, hiding, reacting.

use actix_web::HttpResponse;
use chat::reactions::ReactionUpdate;
use chat::{hiding, messages, reactions, receipts, revisions};
use domain::message::{ClientKey, Message, MessageRef};
use domain::receipt::MessageReceipts;
use domain::revision::Revision;

use crate::extract::{AuthUser, Call};
use crate::http::endpoint::{
    Answer, Body, Endpoint, FromCall, Json, Lead, NoContent, Parameters, Path, Query, Reply, RequestType,
    delete, get, patch, post, put,
};
use crate::problem::Problem;
use crate::rates::Action;
use crate::socket::answer::{Accepted, Deleted as DeletedEvent, Hidden, OneMessage};
use crate::socket::context::Context;
use crate::socket::events::{ClientEvent, on};
use crate::wire::messages::{DeleteFor, DeleteMessage, EditMessage, NamedMessage, React};
use crate::wire::rooms::{ListMessages, NamedRoom};
use crate::wire::sending::SendMessage;

/// Why a message is refused.
const SEND_REFUSALS: &[&str] = &[
    "room_mismatch",
    "cannot_send",
    "request_pending",
    "not_found",
    "client_msg_id_reused",
    "album_full",
    "message_unsent",
    "system_message",
];

/// Where a message leads beside what is done with it.
const SENT: &[Lead] = &[
    Lead { to: "GET /chatrooms/{chatroom_id}/messages", fields: &[("around_id", "message_id")] },
    Lead { to: "POST /chatrooms/{chatroom_id}/messages", fields: &[("reply_to", "message_id")] },
    Lead { to: "POST /chatrooms/{chatroom_id}/read", fields: &[("message_id", "message_id")] },
    Lead { to: "POST /chatrooms/{chatroom_id}/delivered", fields: &[("message_id", "message_id")] },
    Lead { to: "POST /reports", fields: &[("chatroom_id", "chatroom_id"), ("message_id", "message_id")] },
];

pub(super) fn endpoints() -> Vec<Endpoint> {
    let all = "/chatrooms/{chatroom_id}/messages";
    let one = "/chatrooms/{chatroom_id}/messages/{message_id}";
    let reaction = "/chatrooms/{chatroom_id}/messages/{message_id}/reactions/{emoji}";
    vec![
        get(all, history)
            .does("List a page of messages, the oldest first; it is marked delivered, unless the request may be of a foreign page.")
            .refuses(&["not_found"]),
        post(all, send).does("Send a message.").limited(Action::Send).refuses(SEND_REFUSALS).leading(SENT),
        post("/chatrooms/{chatroom_id}/message", send)
            .does("Send a message.")
            .limited(Action::Send)
            .refuses(SEND_REFUSALS),
        patch(one, edit).does("Edit one's message.").limited(Action::Edit).refuses(&[
            "too_late",
            "message_unsent",
            "system_message",
            "too_many_edits",
            "forbidden",
            "cannot_send",
            "not_found",
        ]),
        delete(one, remove)
            .does("Unsend one's message, or hide any message from oneself.")
            .limited(Action::Edit)
            .refuses(&["too_late", "system_message", "forbidden", "not_found"]),
        get("/chatrooms/{chatroom_id}/messages/{message_id}/history", versions)
            .does("List what a message said, the oldest first.")
            .refuses(&["not_found"]),
        get("/chatrooms/{chatroom_id}/messages/{message_id}/receipts", receipts_of)
            .does("List the members who have received and read a message.")
            .refuses(&["not_found"]),
        put(reaction, react).does("Put a reaction on a message.").limited(Action::React).refuses(&[
            "message_unsent",
            "system_message",
            "too_many_reactions",
            "cannot_send",
            "not_found",
        ]),
        delete(reaction, unreact)
            .does("Take one's reaction off a message.")
            .limited(Action::React)
            .refuses(&["cannot_send", "not_found"]),
    ]
}

pub(super) fn events() -> Vec<ClientEvent> {
    vec![
        on("send_message", send_event).does("Sends a message.").limited(Action::Send).refuses(&[
            "validation",
            "not_found",
            "cannot_send",
            "request_pending",
            "client_msg_id_reused",
            "album_full",
            "message_unsent",
            "system_message",
        ]),
        on("edit_message", edit_event).does("Edits one's message.").limited(Action::Edit).refuses(&[
            "validation",
            "not_found",
            "forbidden",
            "too_late",
            "message_unsent",
            "system_message",
            "too_many_edits",
            "cannot_send",
        ]),
        on("delete_message", remove_event)
            .does("Unsends one's message, or hides any message from oneself.")
            .limited(Action::Edit)
            .refuses(&["validation", "not_found", "forbidden", "too_late", "system_message"]),
        on("react", react_event)
            .does("Puts a reaction on a message, or takes one's own off.")
            .limited(Action::React)
            .refuses(&[
                "validation",
                "not_found",
                "message_unsent",
                "system_message",
                "too_many_reactions",
                "cannot_send",
            ]),
    ]
}

async fn history(
    call: Call<AuthUser>,
    Query(list): Query<ListMessages>,
) -> Result<Json<Vec<Message>>, Problem> {
    let (room, page) = (list.chatroom_id, list.page());
    let found = if call.is_intended() {
        messages::receive(call.chat(), &call.user, room, page).await?
    } else {
        messages::history(call.chat(), &call.user, room, page).await?
    };
    Ok(Json(found))
}

/// A message for the room of the path, whose key may be in the header `Idempotency-Key`.
struct NewMessage(SendMessage);

impl FromCall for NewMessage {
    fn describe() -> Parameters {
        Parameters::KeyedBody {
            request: RequestType::of::<SendMessage>(),
            about: "Used as `client_msg_id`, if that is absent.",
            longest: ClientKey::NAME_MAX,
        }
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

async fn send(call: Call<AuthUser>, NewMessage(message): NewMessage) -> Result<Json<Message>, Problem> {
    let (room, draft) = message.into_draft();
    Ok(Json(messages::send(call.chat(), &call.user, room, draft, None).await?))
}

async fn edit(call: Call<AuthUser>, Body(edit): Body<EditMessage>) -> Result<Json<Message>, Problem> {
    let message = MessageRef { room: edit.chatroom_id, message: edit.message_id };
    Ok(Json(revisions::edit(call.chat(), &call.user, message, edit.text(), None).await?))
}

/// What is left of an unsent message, or nothing of a hidden one.
enum Deleted {
    Unsent(Box<Message>),
    Hidden,
}

impl Reply for Deleted {
    fn describe() -> Vec<Answer> {
        [Json::<Message>::describe(), NoContent::describe()].into_iter().flatten().collect()
    }

    fn into_response(self) -> HttpResponse {
        match self {
            Self::Unsent(message) => Json(message).into_response(),
            Self::Hidden => NoContent.into_response(),
        }
    }
}

async fn remove(
    call: Call<AuthUser>,
    Query(DeleteMessage { chatroom_id, message_id, whom }): Query<DeleteMessage>,
) -> Result<Deleted, Problem> {
    let message = MessageRef { room: chatroom_id, message: message_id };
    if whom == Some(DeleteFor::Me) {
        hiding::hide(call.chat(), &call.user, message, None).await?;
        return Ok(Deleted::Hidden);
    }
    Ok(Deleted::Unsent(Box::new(revisions::unsend(call.chat(), &call.user, message, None).await?)))
}

async fn versions(
    call: Call<AuthUser>,
    Path(named): Path<NamedMessage>,
) -> Result<Json<Vec<Revision>>, Problem> {
    Ok(Json(revisions::list(call.chat(), &call.user, named.message()).await?))
}

async fn receipts_of(
    call: Call<AuthUser>,
    Path(named): Path<NamedMessage>,
) -> Result<Json<MessageReceipts>, Problem> {
    Ok(Json(receipts::of_message(call.chat(), &call.user, named.message()).await?))
}

async fn react(call: Call<AuthUser>, Path(reaction): Path<React>) -> Result<Json<Message>, Problem> {
    set_reaction(call, reaction, true).await
}

async fn unreact(call: Call<AuthUser>, Path(reaction): Path<React>) -> Result<Json<Message>, Problem> {
    set_reaction(call, reaction, false).await
}

async fn set_reaction(call: Call<AuthUser>, reaction: React, on: bool) -> Result<Json<Message>, Problem> {
    let message = MessageRef { room: reaction.chatroom_id, message: reaction.message_id };
    let update = ReactionUpdate { emoji: reaction.emoji, on };
    Ok(Json(reactions::react(call.chat(), &call.user, message, update, None).await?))
}

async fn send_event(context: Context, message: SendMessage) -> Result<Accepted<OneMessage>, Problem> {
    let (room, draft) = message.into_draft();
    Ok(with_message(
        messages::send(&context.chat, context.user(), room, draft, Some(context.origin())).await?,
    ))
}

async fn edit_event(context: Context, edit: EditMessage) -> Result<Accepted<OneMessage>, Problem> {
    let message = MessageRef { room: edit.chatroom_id, message: edit.message_id };
    let edited = revisions::edit(&context.chat, context.user(), message, edit.text(), Some(context.origin()));
    Ok(with_message(edited.await?))
}

async fn remove_event(context: Context, delete: DeleteMessage) -> Result<DeletedEvent, Problem> {
    let DeleteMessage { chatroom_id, message_id, whom } = delete;
    let (user, message) = (context.user(), MessageRef { room: chatroom_id, message: message_id });
    if whom == Some(DeleteFor::Me) {
        let seq = hiding::hide(&context.chat, user, message, Some(context.origin())).await?;
        return Ok(DeletedEvent::Hidden(Accepted::with(Hidden { chatroom_id, message_id, seq })));
    }
    let message = revisions::unsend(&context.chat, user, message, Some(context.origin())).await?;
    Ok(DeletedEvent::Unsent(Box::new(with_message(message))))
}

async fn react_event(context: Context, reaction: React) -> Result<Accepted<OneMessage>, Problem> {
    let React { chatroom_id, message_id, emoji, on } = reaction;
    let message = MessageRef { room: chatroom_id, message: message_id };
    let update = ReactionUpdate { emoji, on: on.is_none_or(|on| on.0) };
    let reacted = reactions::react(&context.chat, context.user(), message, update, Some(context.origin()));
    Ok(with_message(reacted.await?))
}

fn with_message(message: Message) -> Accepted<OneMessage> {
    Accepted::with(OneMessage { message })
}
