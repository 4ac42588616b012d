//! Message requests.

use chat::message_requests;

use crate::extract::{AuthUser, Call};
use crate::http::endpoint::{Body, Endpoint, NoContent, put};
use crate::problem::Problem;
use crate::socket::answer::{Accepted, Nothing};
use crate::socket::context::Context;
use crate::socket::events::{ClientEvent, on};
use crate::wire::rooms::AnswerRequest;

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        put("/chatrooms/{chatroom_id}/request", answer)
            .does("Accept or ignore the message request that a room of two is.")
            .refuses(&["not_found"]),
    ]
}

pub(super) fn events() -> Vec<ClientEvent> {
    vec![
        on("answer_request", answer_event)
            .does("Accepts or ignores the message request that a room of two is.")
            .refuses(&["validation", "not_found"]),
    ]
}

async fn answer(call: Call<AuthUser>, Body(request): Body<AnswerRequest>) -> Result<NoContent, Problem> {
    let AnswerRequest { chatroom_id, answer } = request;
    message_requests::answer(call.chat(), &call.user, chatroom_id, answer.0, None).await?;
    Ok(NoContent)
}

async fn answer_event(context: Context, request: AnswerRequest) -> Result<Accepted<Nothing>, Problem> {
    let AnswerRequest { chatroom_id, answer } = request;
    let origin = Some(context.origin());
    message_requests::answer(&context.chat, context.user(), chatroom_id, answer.0, origin).await?;
    Ok(Accepted::with(Nothing {}))
}
