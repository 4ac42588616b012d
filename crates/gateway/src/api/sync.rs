//! What happened since a cursor.

use chat::log::{self, PageSize};

use crate::extract::{AuthUser, Call};
use crate::http::endpoint::{Endpoint, Json, Query, get};
use crate::problem::Problem;
use crate::socket::answer::Accepted;
use crate::socket::context::Context;
use crate::socket::events::{ClientEvent, on};
use crate::wire::sync::{Answer, Sync};

/// The most bytes of events in an acknowledgement: half of what may wait for one client.
const SOCKET_BYTES: usize = 512 * 1024;

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![get("/sync", since).does("List what happened since a cursor.")]
}

pub(super) fn events() -> Vec<ClientEvent> {
    vec![on("sync", since_event).does("Asks what happened since a cursor.").refuses(&["validation"])]
}

async fn since(call: Call<AuthUser>, Query(sync): Query<Sync>) -> Result<Json<Answer>, Problem> {
    let size = PageSize { entries: sync.limit(), bytes: call.chat().limits().sync_bytes };
    Ok(Json(log::since(call.chat(), call.user.id, sync.since, size).await?.into()))
}

async fn since_event(context: Context, request: Sync) -> Result<Accepted<Answer>, Problem> {
    let bytes = context.chat.limits().sync_bytes.min(SOCKET_BYTES);
    let size = PageSize { entries: request.limit(), bytes };
    let page = log::since(&context.chat, context.user().id, request.since, size).await?;
    Ok(Accepted::with(page.into()))
}
