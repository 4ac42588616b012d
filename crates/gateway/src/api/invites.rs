//! Invite links of groups.

use chat::invites;
use domain::invite::{Invite, InvitePreview};
use domain::room::Room;
use schemars::JsonSchema;
use serde::Serialize;

use crate::extract::{AuthUser, Call};
use crate::http::endpoint::{Body, Created, Endpoint, Json, Lead, NoContent, Path, delete, get, post};
use crate::problem::Problem;
use crate::rates::Action;
use crate::wire::groups::{CreateInvite, NamedInvite, NamedToken};
use crate::wire::rooms::NamedRoom;

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        get("/chatrooms/{chatroom_id}/invites", list)
            .does("List the invite links of a group, the last made first, without their tokens.")
            .refuses(&["not_a_group", "forbidden", "not_found"]),
        post("/chatrooms/{chatroom_id}/invites", create)
            .does("Make an invite link of a group.")
            .limited(Action::Room)
            .leading(&[
                Lead { to: "GET /invites/{token}", fields: &[] },
                Lead { to: "POST /invites/{token}/accept", fields: &[] },
            ])
            .refuses(&["not_a_group", "too_many_invites", "forbidden", "not_found"]),
        delete("/chatrooms/{chatroom_id}/invites/{invite_id}", revoke)
            .does("Revoke an invite link.")
            .limited(Action::Room)
            .refuses(&["not_a_group", "forbidden", "not_found"]),
        get("/invites/{token}", preview)
            .does("Show the group that an invite link is of.")
            .limited(Action::Search)
            .refuses(&["not_found"]),
        post("/invites/{token}/accept", accept)
            .does("Join the group of an invite link.")
            .limited(Action::Search)
            .keeping_answers()
            .refuses(&["too_many_groups", "not_found"]),
    ]
}

/// An invite link that was just made.
#[derive(Debug, Serialize, JsonSchema)]
struct NewInvite {
    /// The invite.
    #[serde(flatten)]
    invite: Invite,
    /// The secret of the link; it is not shown again.
    token: String,
    /// The link.
    url: String,
}

async fn list(
    call: Call<AuthUser>,
    Path(NamedRoom { chatroom_id }): Path<NamedRoom>,
) -> Result<Json<Vec<Invite>>, Problem> {
    Ok(Json(invites::list(call.chat(), &call.user, chatroom_id).await?))
}

async fn create(
    call: Call<AuthUser>,
    Body(request): Body<CreateInvite>,
) -> Result<Created<NewInvite>, Problem> {
    let room = request.chatroom_id;
    let (invite, token) = invites::create(call.chat(), &call.user, room, request.invite()).await?;
    let token = token.reveal();
    let url = format!("{}/join/{token}", call.services.addresses.base(&call.request));
    Ok(Created(NewInvite { invite, token, url }))
}

async fn revoke(call: Call<AuthUser>, Path(named): Path<NamedInvite>) -> Result<NoContent, Problem> {
    invites::revoke(call.chat(), &call.user, named.chatroom_id, named.invite_id).await?;
    Ok(NoContent)
}

async fn preview(
    call: Call<AuthUser>,
    Path(NamedToken { token }): Path<NamedToken>,
) -> Result<Json<InvitePreview>, Problem> {
    Ok(Json(invites::preview(call.chat(), &call.user, &token).await?))
}

async fn accept(
    call: Call<AuthUser>,
    Path(NamedToken { token }): Path<NamedToken>,
) -> Result<Json<Room>, Problem> {
    Ok(Json(invites::accept(call.chat(), &call.user, &token).await?))
}
