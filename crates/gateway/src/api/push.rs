//! Web Push: the server's key, and where messages are pushed to.

use chat::push_subscriptions;
use domain::push::PushSubscription;
use schemars::JsonSchema;
use serde::Serialize;

use crate::extract::{AuthUser, Call};
use crate::http::endpoint::{Body, Created, Endpoint, Json, NoContent, Path, delete, get, post};
use crate::problem::Problem;
use crate::rates::Action;
use crate::wire::push::{NamedSubscription, SubscribePush};

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        get("/push/key", key).does("Show the key that push services know the server by."),
        post("/push/subscriptions", subscribe)
            .does("Push messages to a device while its user has no connection.")
            .limited(Action::Profile),
        delete("/push/subscriptions/{subscription_id}", unsubscribe)
            .does("Push nothing to a device any more.")
            .refuses(&["not_found"]),
    ]
}

/// The key of the server.
#[derive(Debug, Serialize, JsonSchema)]
struct PushKey {
    /// The public key, in Base64 for addresses: `applicationServerKey` of browsers.
    key: String,
}

async fn key(call: Call<AuthUser>, (): ()) -> Result<Json<PushKey>, Problem> {
    Ok(Json(PushKey { key: push_subscriptions::key(call.chat()) }))
}

async fn subscribe(
    call: Call<AuthUser>,
    Body(subscription): Body<SubscribePush>,
) -> Result<Created<PushSubscription>, Problem> {
    Ok(Created(push_subscriptions::subscribe(call.chat(), &call.user, subscription.into()).await?))
}

async fn unsubscribe(
    call: Call<AuthUser>,
    Path(named): Path<NamedSubscription>,
) -> Result<NoContent, Problem> {
    push_subscriptions::unsubscribe(call.chat(), &call.user, named.subscription_id).await?;
    Ok(NoContent)
}
