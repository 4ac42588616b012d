//! Messages that are sent later.

use chat::scheduled_messages;
use domain::scheduled_message::ScheduledMessage;

use crate::extract::{AuthUser, Call};
use crate::http::endpoint::{Body, Created, Endpoint, Json, NoContent, Path, delete, get, patch, post};
use crate::problem::Problem;
use crate::rates::Action;
use crate::wire::rooms::NamedRoom;
use crate::wire::scheduled_messages::{NamedScheduled, ScheduleMessage, UpdateScheduled};

pub(super) fn endpoints() -> Vec<Endpoint> {
    let (all, one) = ("/chatrooms/{chatroom_id}/scheduled", "/chatrooms/{chatroom_id}/scheduled/{scheduled_id}");
    vec![
        get(all, list)
            .does("List one's messages that wait to be sent to a room, the next first.")
            .refuses(&["not_found"]),
        post(all, schedule)
            .does("Keep a message, to be sent later.")
            .limited(Action::Send)
            .refuses(&["too_many_scheduled", "not_found"]),
        patch(one, update)
            .does("Change the text or the time of a message that waits.")
            .limited(Action::Edit)
            .refuses(&["not_found"]),
        delete(one, remove)
            .does("Delete a message that waits.")
            .limited(Action::Edit)
            .refuses(&["not_found"]),
    ]
}

async fn list(
    call: Call<AuthUser>,
    Path(NamedRoom { chatroom_id }): Path<NamedRoom>,
) -> Result<Json<Vec<ScheduledMessage>>, Problem> {
    Ok(Json(scheduled_messages::list(call.chat(), &call.user, chatroom_id).await?))
}

async fn schedule(
    call: Call<AuthUser>,
    Body(request): Body<ScheduleMessage>,
) -> Result<Created<ScheduledMessage>, Problem> {
    let (room, draft, send_at) = request.into_parts();
    Ok(Created(scheduled_messages::schedule(call.chat(), &call.user, room, draft, send_at).await?))
}

async fn update(
    call: Call<AuthUser>,
    Body(request): Body<UpdateScheduled>,
) -> Result<Json<ScheduledMessage>, Problem> {
    let named = (request.chatroom_id, request.scheduled_id);
    Ok(Json(scheduled_messages::update(call.chat(), &call.user, named, request.changes()).await?))
}

async fn remove(call: Call<AuthUser>, Path(named): Path<NamedScheduled>) -> Result<NoContent, Problem> {
    let named = (named.chatroom_id, named.scheduled_id);
    scheduled_messages::delete(call.chat(), &call.user, named).await?;
    Ok(NoContent)
}
