//! Searching messages.

use chat::search;

use crate::extract::{AuthUser, Call};
use crate::http::endpoint::{Endpoint, Json, Query, get};
use crate::problem::Problem;
use crate::rates::Action;
use crate::socket::answer::Accepted;
use crate::socket::context::Context;
use crate::socket::events::{ClientEvent, on};
use crate::wire::search::{FoundMessages, SearchMessages};

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        get("/search", find)
            .does("Search the messages of one's rooms, the newest first.")
            .limited(Action::SearchMessages)
            .refuses(&["not_found"]),
    ]
}

pub(super) fn events() -> Vec<ClientEvent> {
    vec![
        on("search_messages", find_event)
            .does("Searches the messages of one's rooms, the newest first.")
            .limited(Action::SearchMessages)
            .refuses(&["validation", "not_found"]),
    ]
}

async fn find(
    call: Call<AuthUser>,
    Query(asked): Query<SearchMessages>,
) -> Result<Json<FoundMessages>, Problem> {
    let room = asked.chatroom_id;
    Ok(Json(search::messages(call.chat(), &call.user, room, asked.into()).await?.into()))
}

async fn find_event(context: Context, asked: SearchMessages) -> Result<Accepted<FoundMessages>, Problem> {
    let room = asked.chatroom_id;
    Ok(Accepted::with(search::messages(&context.chat, context.user(), room, asked.into()).await?.into()))
}
