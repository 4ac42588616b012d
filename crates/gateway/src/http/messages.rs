//! `/chatrooms/{chatroom_id}/messages/{message_id}`: messages that were sent.

use actix_web::HttpResponse;
use chat::reactions::ReactionUpdate;
use chat::{hiding, reactions, revisions};
use domain::message::{Message, MessageRef};
use domain::revision::Revision;

use super::endpoint::{Answer, Body, Json, NoContent, Path, Query, Reply};
use crate::extract::{AuthUser, Call};
use crate::problem::Problem;
use crate::wire::messages::{DeleteFor, DeleteMessage, EditMessage, NamedMessage, React};

pub(super) async fn edit(
    call: Call<AuthUser>,
    Body(edit): Body<EditMessage>,
) -> Result<Json<Message>, Problem> {
    let message = MessageRef { room: edit.chatroom_id, message: edit.message_id };
    Ok(Json(revisions::edit(call.chat(), &call.user, message, edit.text(), None).await?))
}

/// What is left of an unsent message, or nothing of a hidden one.
pub(super) enum Deleted {
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

pub(super) async fn remove(
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

pub(super) async fn versions(
    call: Call<AuthUser>,
    Path(NamedMessage { chatroom_id, message_id }): Path<NamedMessage>,
) -> Result<Json<Vec<Revision>>, Problem> {
    Ok(Json(
        revisions::list(call.chat(), &call.user, MessageRef { room: chatroom_id, message: message_id })
            .await?,
    ))
}

pub(super) async fn react(
    call: Call<AuthUser>,
    Path(reaction): Path<React>,
) -> Result<Json<Message>, Problem> {
    set_reaction(call, reaction, true).await
}

pub(super) async fn unreact(
    call: Call<AuthUser>,
    Path(reaction): Path<React>,
) -> Result<Json<Message>, Problem> {
    set_reaction(call, reaction, false).await
}

async fn set_reaction(call: Call<AuthUser>, reaction: React, on: bool) -> Result<Json<Message>, Problem> {
    let message = MessageRef { room: reaction.chatroom_id, message: reaction.message_id };
    let update = ReactionUpdate { emoji: reaction.emoji, on };
    Ok(Json(reactions::react(call.chat(), &call.user, message, update, None).await?))
}
