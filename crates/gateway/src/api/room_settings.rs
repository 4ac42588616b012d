//! What one sets for a room, for oneself alone.

use chat::room_settings;
use domain::room_settings::RoomSettings;

use crate::extract::{AuthUser, Call};
use crate::http::endpoint::{Body, Endpoint, Json, patch};
use crate::problem::Problem;
use crate::rates::Action;
use crate::socket::answer::Accepted;
use crate::socket::context::Context;
use crate::socket::events::{ClientEvent, on};
use crate::wire::room_settings::SetRoomSettings;

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        patch("/chatrooms/{chatroom_id}/settings", set)
            .does("Mute, archive, pin or mark a room, or leave a draft in it, for oneself alone.")
            .limited(Action::Edit)
            .refuses(&["not_found"]),
    ]
}

pub(super) fn events() -> Vec<ClientEvent> {
    vec![
        on("set_room_settings", set_event)
            .does("Mutes, archives, pins or marks a room, or leaves a draft in it, for oneself alone.")
            .limited(Action::Edit)
            .refuses(&["validation", "not_found"]),
    ]
}

async fn set(
    call: Call<AuthUser>,
    Body(request): Body<SetRoomSettings>,
) -> Result<Json<RoomSettings>, Problem> {
    let room = request.chatroom_id;
    Ok(Json(room_settings::set(call.chat(), &call.user, room, request.changes(), None).await?))
}

async fn set_event(context: Context, request: SetRoomSettings) -> Result<Accepted<RoomSettings>, Problem> {
    let (room, origin) = (request.chatroom_id, Some(context.origin()));
    let set = room_settings::set(&context.chat, context.user(), room, request.changes(), origin);
    Ok(Accepted::with(set.await?))
}
