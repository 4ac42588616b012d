//! What happened since a cursor.

use chat::log;

use crate::extract::{AuthUser, Call};
use crate::http::endpoint::{Endpoint, Json, Query, get};
use crate::problem::Problem;
use crate::socket::answer::Accepted;
use crate::socket::client_event::{ClientEvent, on};
use crate::socket::context::Context;
use crate::wire::sync::{Answer, Sync};

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![get("/sync", since).does("List what happened since a cursor.")]
}

pub(super) fn events() -> Vec<ClientEvent> {
    vec![on("sync", since_event).does("Asks what happened since a cursor.").refuses(&["validation"])]
}

async fn since(call: Call<AuthUser>, Query(sync): Query<Sync>) -> Result<Json<Answer>, Problem> {
    let limit = sync.limit();
    Ok(Json(log::since(call.chat(), call.user.id, sync.since, limit).await?.into()))
}

async fn since_event(context: Context, request: Sync) -> Result<Accepted<Answer>, Problem> {
    let limit = request.limit();
    let page = log::since(&context.chat, context.user().id, request.since, limit).await?;
    Ok(Accepted::with(page.into()))
}
