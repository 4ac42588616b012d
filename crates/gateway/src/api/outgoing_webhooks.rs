//! Outgoing webhooks of bots, and their deliveries.

use chat::outgoing_webhooks;
use domain::outgoing_webhook::{OutgoingWebhook, WebhookDelivery};
use schemars::JsonSchema;
use serde::Serialize;

use crate::extract::{AuthUser, Call};
use crate::http::endpoint::{Body, Created, Endpoint, Json, NoContent, Path, delete, get, patch, post};
use crate::problem::Problem;
use crate::rates::Action;
use crate::wire::accounts::NamedUser;
use crate::wire::outgoing_webhooks::{
    CreateOutgoingWebhook, NamedDelivery, NamedOutgoingWebhook, UpdateOutgoingWebhook,
};

pub(super) fn endpoints() -> Vec<Endpoint> {
    let (all, one) = ("/bots/{user_id}/webhooks", "/bots/{user_id}/webhooks/{webhook_id}");
    vec![
        get(all, list)
            .does("List the outgoing webhooks of a bot, the last made first.")
            .refuses(&["not_found"]),
        post(all, create)
            .does("Make an outgoing webhook, to which events of a bot are posted from now on.")
            .limited(Action::Profile)
            .refuses(&["too_many_webhooks", "not_found"]),
        patch(one, change)
            .does("Change an outgoing webhook, disable it, or enable it again.")
            .limited(Action::Profile)
            .refuses(&["not_found"]),
        delete(one, remove).does("Delete an outgoing webhook.").refuses(&["not_found"]),
        get("/bots/{user_id}/webhooks/{webhook_id}/deliveries", deliveries)
            .does("List the last 100 deliveries of a webhook, the last queued first.")
            .refuses(&["not_found"]),
        post("/bots/{user_id}/webhooks/{webhook_id}/deliveries/{delivery_id}/redeliver", redeliver)
            .does("Post a delivery again, as if it were new.")
            .limited(Action::Profile)
            .refuses(&["not_found"]),
    ]
}

/// An outgoing webhook that was just made.
#[derive(Debug, Serialize, JsonSchema)]
struct NewOutgoingWebhook {
    /// The webhook.
    #[serde(flatten)]
    webhook: OutgoingWebhook,
    /// What its deliveries are signed with; it is not shown again.
    secret: String,
}

async fn list(
    call: Call<AuthUser>,
    Path(named): Path<NamedUser>,
) -> Result<Json<Vec<OutgoingWebhook>>, Problem> {
    Ok(Json(outgoing_webhooks::list(call.chat(), &call.user, named.user_id).await?))
}

async fn create(
    call: Call<AuthUser>,
    Body(CreateOutgoingWebhook { user_id, url, events }): Body<CreateOutgoingWebhook>,
) -> Result<Created<NewOutgoingWebhook>, Problem> {
    let made = outgoing_webhooks::create(call.chat(), &call.user, user_id, url, events);
    let (webhook, secret) = made.await?;
    Ok(Created(NewOutgoingWebhook { webhook, secret }))
}

async fn change(
    call: Call<AuthUser>,
    Body(update): Body<UpdateOutgoingWebhook>,
) -> Result<Json<OutgoingWebhook>, Problem> {
    let (named, changes) = update.into_parts();
    Ok(Json(outgoing_webhooks::change(call.chat(), &call.user, named, changes).await?))
}

async fn remove(
    call: Call<AuthUser>,
    Path(webhook): Path<NamedOutgoingWebhook>,
) -> Result<NoContent, Problem> {
    outgoing_webhooks::delete(call.chat(), &call.user, webhook.named()).await?;
    Ok(NoContent)
}

async fn deliveries(
    call: Call<AuthUser>,
    Path(webhook): Path<NamedOutgoingWebhook>,
) -> Result<Json<Vec<WebhookDelivery>>, Problem> {
    Ok(Json(outgoing_webhooks::deliveries(call.chat(), &call.user, webhook.named()).await?))
}

async fn redeliver(call: Call<AuthUser>, Path(delivery): Path<NamedDelivery>) -> Result<NoContent, Problem> {
    let (webhook, id) = (delivery.webhook(), delivery.delivery_id);
    outgoing_webhooks::redeliver(call.chat(), &call.user, webhook, id).await?;
    Ok(NoContent)
}
