//! Blocks.

use chat::blocks;
use domain::block::BlockedUser;

use crate::extract::{AuthUser, Call};
use crate::http::endpoint::{Endpoint, Json, NoContent, Path, delete, get, put};
use crate::problem::Problem;
use crate::rates::Action;
use crate::socket::answer::{Accepted, Nothing};
use crate::socket::context::Context;
use crate::socket::events::{ClientEvent, on};
use crate::wire::friends::NamedBlock;

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        get("/friends/blocks", list).does("List the users whom one blocks, the last blocked first."),
        put("/friends/blocks/{user_id}", block)
            .does("Block a user: nothing of theirs reaches one any more, and nothing of one's own reaches them.")
            .limited(Action::Friend)
            .refuses(&["oneself", "not_found"]),
        delete("/friends/blocks/{user_id}", unblock)
            .does("Take a block back, if there is one.")
            .limited(Action::Friend),
    ]
}

pub(super) fn events() -> Vec<ClientEvent> {
    vec![
        on("block_user", block_event)
            .does("Blocks a user: nothing of theirs reaches one any more, and nothing of one's own reaches them.")
            .limited(Action::Friend)
            .refuses(&["validation", "oneself", "not_found"]),
        on("unblock_user", unblock_event)
            .does("Takes a block back, if there is one.")
            .limited(Action::Friend)
            .refuses(&["validation"]),
    ]
}

async fn list(call: Call<AuthUser>, (): ()) -> Result<Json<Vec<BlockedUser>>, Problem> {
    Ok(Json(blocks::list(call.chat(), &call.user).await?))
}

async fn block(
    call: Call<AuthUser>,
    Path(NamedBlock { user_id }): Path<NamedBlock>,
) -> Result<Json<BlockedUser>, Problem> {
    Ok(Json(blocks::block(call.chat(), &call.user, user_id, None).await?))
}

async fn unblock(
    call: Call<AuthUser>,
    Path(NamedBlock { user_id }): Path<NamedBlock>,
) -> Result<NoContent, Problem> {
    blocks::unblock(call.chat(), &call.user, user_id, None).await?;
    Ok(NoContent)
}

async fn block_event(context: Context, block: NamedBlock) -> Result<Accepted<BlockedUser>, Problem> {
    let blocked = blocks::block(&context.chat, context.user(), block.user_id, Some(context.origin()));
    Ok(Accepted::with(blocked.await?))
}

async fn unblock_event(context: Context, block: NamedBlock) -> Result<Accepted<Nothing>, Problem> {
    blocks::unblock(&context.chat, context.user(), block.user_id, Some(context.origin())).await?;
    Ok(Accepted::with(Nothing {}))
}
