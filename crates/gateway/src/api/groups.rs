//! Groups: their names and pictures, who is in them, and what each member may do.

use chat::groups;
use domain::group::{Participant, ParticipantPage};
use domain::room::Room;
use schemars::JsonSchema;
use serde::Serialize;

use crate::extract::{AuthUser, Call};
use crate::http::endpoint::{Body, Endpoint, Json, NoContent, Path, Query, delete, get, patch, post};
use crate::problem::Problem;
use crate::rates::Action;
use crate::socket::answer::{Accepted, Nothing};
use crate::socket::context::Context;
use crate::socket::events::{ClientEvent, on};
use crate::wire::groups::{AddMembers, ListParticipants, NamedMember, SetRole, UpdateGroup};
use crate::wire::rooms::NamedRoom;

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        get("/chatrooms/{chatroom_id}/participants", participants)
            .does("List the members of a room, by their ids.")
            .refuses(&["not_found"]),
        post("/chatrooms/{chatroom_id}/participants", add)
            .does("Take friends into a group; returns those who were not in it.")
            .limited(Action::Room)
            .keeping_answers()
            .refuses(&["not_a_group", "too_many_members", "too_many_groups", "forbidden", "not_found"]),
        delete("/chatrooms/{chatroom_id}/participants/me", leave)
            .does("Leave a group, on all devices.")
            .refuses(&["not_a_group", "not_found"]),
        patch("/chatrooms/{chatroom_id}/participants/{user_id}", set_role)
            .does("Give a member of a group another role, or hand the group over.")
            .limited(Action::Room)
            .refuses(&["not_a_group", "owner_stays", "forbidden", "not_found"]),
        delete("/chatrooms/{chatroom_id}/participants/{user_id}", remove)
            .does("Remove a member from a group.")
            .limited(Action::Room)
            .refuses(&["not_a_group", "forbidden", "not_found"]),
    ]
}

pub(super) fn events() -> Vec<ClientEvent> {
    vec![
        on("update_group", update_event)
            .does("Gives a group another name or picture, or a room another time after which its messages disappear.")
            .limited(Action::Room)
            .refuses(&[
                "validation",
                "not_found",
                "not_a_group",
                "forbidden",
                "request_pending",
                "cannot_send",
            ]),
        on("add_members", add_event)
            .does("Takes friends into a group, and answers those who were not in it.")
            .limited(Action::Room)
            .refuses(&[
                "validation",
                "not_found",
                "not_a_group",
                "too_many_members",
                "too_many_groups",
                "forbidden",
            ]),
        on("remove_member", remove_event)
            .does("Removes a member from a group.")
            .limited(Action::Room)
            .refuses(&["validation", "not_found", "not_a_group", "forbidden"]),
        on("set_role", set_role_event)
            .does("Gives a member of a group another role, or hands the group over.")
            .limited(Action::Room)
            .refuses(&["validation", "not_found", "not_a_group", "owner_stays", "forbidden"]),
        on("leave_group", leave_event).does("Leaves a group, on all devices.").refuses(&[
            "validation",
            "not_found",
            "not_a_group",
        ]),
    ]
}

/// A room as the user sees it.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "OneRoom")]
struct OneRoom {
    /// The room.
    chatroom: Room,
}

/// Members who were taken in.
#[derive(Debug, Serialize, JsonSchema)]
struct AddedMembers {
    /// Those who were not in the group.
    participants: Vec<Participant>,
}

/// A member as they are now.
#[derive(Debug, Serialize, JsonSchema)]
struct OneParticipant {
    /// The member.
    participant: Participant,
}

pub(super) async fn update(
    call: Call<AuthUser>,
    Body(request): Body<UpdateGroup>,
) -> Result<Json<Room>, Problem> {
    let room = request.chatroom_id;
    Ok(Json(groups::update(call.chat(), &call.user, room, request.changes(), None).await?))
}

async fn participants(
    call: Call<AuthUser>,
    Query(request): Query<ListParticipants>,
) -> Result<Json<ParticipantPage>, Problem> {
    let (after, limit) = (request.after(), request.limit());
    Ok(Json(groups::participants(call.chat(), &call.user, request.chatroom_id, after, limit).await?))
}

async fn add(
    call: Call<AuthUser>,
    Body(AddMembers { chatroom_id, members_id }): Body<AddMembers>,
) -> Result<Json<Vec<Participant>>, Problem> {
    Ok(Json(groups::add_members(call.chat(), &call.user, chatroom_id, &members_id, None).await?))
}

async fn leave(
    call: Call<AuthUser>,
    Path(NamedRoom { chatroom_id }): Path<NamedRoom>,
) -> Result<NoContent, Problem> {
    groups::leave(call.chat(), &call.user, chatroom_id, None).await?;
    Ok(NoContent)
}

async fn set_role(call: Call<AuthUser>, Body(request): Body<SetRole>) -> Result<Json<Participant>, Problem> {
    Ok(Json(groups::set_role(call.chat(), &call.user, request.member(), request.role, None).await?))
}

async fn remove(call: Call<AuthUser>, Path(named): Path<NamedMember>) -> Result<NoContent, Problem> {
    groups::remove_member(call.chat(), &call.user, named.member(), None).await?;
    Ok(NoContent)
}

async fn update_event(context: Context, request: UpdateGroup) -> Result<Accepted<OneRoom>, Problem> {
    let (room, origin) = (request.chatroom_id, Some(context.origin()));
    let updated = groups::update(&context.chat, context.user(), room, request.changes(), origin);
    Ok(Accepted::with(OneRoom { chatroom: updated.await? }))
}

async fn add_event(context: Context, request: AddMembers) -> Result<Accepted<AddedMembers>, Problem> {
    let AddMembers { chatroom_id, members_id } = request;
    let origin = Some(context.origin());
    let added = groups::add_members(&context.chat, context.user(), chatroom_id, &members_id, origin);
    Ok(Accepted::with(AddedMembers { participants: added.await? }))
}

async fn remove_event(context: Context, named: NamedMember) -> Result<Accepted<Nothing>, Problem> {
    let origin = Some(context.origin());
    groups::remove_member(&context.chat, context.user(), named.member(), origin).await?;
    Ok(Accepted::with(Nothing {}))
}

async fn set_role_event(context: Context, request: SetRole) -> Result<Accepted<OneParticipant>, Problem> {
    let (member, origin) = (request.member(), Some(context.origin()));
    let changed = groups::set_role(&context.chat, context.user(), member, request.role, origin);
    Ok(Accepted::with(OneParticipant { participant: changed.await? }))
}

async fn leave_event(context: Context, group: NamedRoom) -> Result<Accepted<Nothing>, Problem> {
    groups::leave(&context.chat, context.user(), group.chatroom_id, Some(context.origin())).await?;
    Ok(Accepted::with(Nothing {}))
}
