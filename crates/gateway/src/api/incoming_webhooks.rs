//! Incoming webhooks, and their addresses, which programs post to.

use chat::incoming_webhooks;
use domain::incoming_webhook::IncomingWebhook;
use schemars::JsonSchema;
use serde::Serialize;

use crate::extract::{Anyone, AuthUser, Call};
use crate::http::body::unreadable;
use crate::http::endpoint::{
    Body, Created, Endpoint, FromCall, Json, Lead, NoContent, Parameters, Path, RequestType, Text, delete,
    get, post,
};
use crate::http::idempotency::{self, KEY_MAX};
use crate::problem::Problem;
use crate::rates::Action;
use crate::wire::incoming_webhooks::{CreateIncomingWebhook, NamedIncomingWebhook, PostToWebhook};
use crate::wire::input::Input;
use crate::wire::rooms::NamedRoom;

pub(super) fn endpoints() -> Vec<Endpoint> {
    let all = "/chatrooms/{chatroom_id}/webhooks";
    vec![
        get(all, list)
            .does("List the incoming webhooks of a room, the last made first, without their tokens.")
            .refuses(&["forbidden", "request_pending", "not_found"]),
        post(all, create)
            .does("Make an incoming webhook, by which programs send messages to a room.")
            .limited(Action::Room)
            .leading(&[Lead { to: "POST /hooks/{token}", fields: &[] }])
            .refuses(&["too_many_webhooks", "forbidden", "request_pending", "not_found"]),
        delete("/chatrooms/{chatroom_id}/webhooks/{webhook_id}", remove)
            .does("Delete an incoming webhook; its messages stay.")
            .limited(Action::Room)
            .refuses(&["forbidden", "request_pending", "not_found"]),
        post("/hooks/{token}", receive)
            .does("Send a message to the room of an incoming webhook.")
            .limited(Action::Hook)
            .refuses(&["cannot_send", "client_msg_id_reused", "not_found"]),
    ]
}

/// An incoming webhook that was just made.
#[derive(Debug, Serialize, JsonSchema)]
struct NewIncomingWebhook {
    /// The webhook.
    #[serde(flatten)]
    webhook: IncomingWebhook,
    /// The secret of its address; it is not shown again.
    token: String,
    /// Its address, which programs post to.
    url: String,
}

async fn list(
    call: Call<AuthUser>,
    Path(NamedRoom { chatroom_id }): Path<NamedRoom>,
) -> Result<Json<Vec<IncomingWebhook>>, Problem> {
    Ok(Json(incoming_webhooks::list(call.chat(), &call.user, chatroom_id).await?))
}

async fn create(
    call: Call<AuthUser>,
    Body(CreateIncomingWebhook { chatroom_id, name }): Body<CreateIncomingWebhook>,
) -> Result<Created<NewIncomingWebhook>, Problem> {
    let (webhook, token) = incoming_webhooks::create(call.chat(), &call.user, chatroom_id, name).await?;
    let token = token.reveal();
    let url = format!("{}/hooks/{token}", call.services.addresses.base(&call.request));
    Ok(Created(NewIncomingWebhook { webhook, token, url }))
}

async fn remove(call: Call<AuthUser>, Path(named): Path<NamedIncomingWebhook>) -> Result<NoContent, Problem> {
    incoming_webhooks::delete(call.chat(), &call.user, named.chatroom_id, named.webhook_id).await?;
    Ok(NoContent)
}

/// What a program posts, and the key under which it does.
struct KeyedPost(PostToWebhook, Option<String>);

impl FromCall for KeyedPost {
    fn describe() -> Parameters {
        Parameters::KeyedBody {
            request: RequestType::of::<PostToWebhook>(),
            about: "A repeat under the same key sends nothing.",
            longest: KEY_MAX,
        }
    }

    async fn from_call<U>(call: &mut Call<U>) -> Result<Self, Problem> {
        let key = idempotency::key(call)?;
        let mut body = call.body().await?;
        if let Some(payload) = body.text("payload") {
            let payload = serde_json::from_str(payload);
            body = Input::json(payload.map_err(|error| unreadable(error.column(), &error))?);
        }
        Ok(Self(call.parse(body)?, key))
    }
}

/// Sends a message; each webhook has a rate of its own.
async fn receive(call: Call<Anyone>, KeyedPost(post, key): KeyedPost) -> Result<Text, Problem> {
    let webhook = incoming_webhooks::find(call.chat(), &post.token).await?;
    call.services.rates.check(Some(Action::Hook), webhook.user)?;
    incoming_webhooks::post(call.chat(), webhook, post.text, key).await?;
    Ok(Text("ok"))
}
