//! Requests about outgoing webhooks.

use chat::outgoing_webhooks::WebhookChanges;
use deserr::Deserr;
use domain::id::{DeliveryId, UserId, WebhookId};
use domain::outgoing_webhook::EventName;
use schemars::JsonSchema;

use super::fields::Flag;
use super::input::requests;
use crate::problem::Problem;

/// An outgoing webhook to make.
#[derive(Deserr, JsonSchema)]
#[deserr(error = Problem)]
pub(crate) struct CreateOutgoingWebhook {
    /// The bot whose events are posted.
    pub(crate) user_id: UserId,
    /// Where they are posted to: `http` or `https`, at most 2,048 characters.
    pub(crate) url: String,
    /// Which of them; one at least.
    pub(crate) events: Vec<EventName>,
}

/// What to change of an outgoing webhook; what is absent or null stays.
#[derive(Deserr, JsonSchema)]
#[deserr(error = Problem)]
pub(crate) struct UpdateOutgoingWebhook {
    /// The bot.
    user_id: UserId,
    /// The webhook.
    webhook_id: WebhookId,
    /// Where events are posted to.
    #[deserr(default)]
    url: Option<String>,
    /// Which events; one at least.
    #[deserr(default)]
    events: Option<Vec<EventName>>,
    /// Whether events are posted; one that was disabled goes on with what happens from then on.
    #[deserr(default)]
    enabled: Option<Flag>,
}

impl UpdateOutgoingWebhook {
    /// The bot and the webhook, and what to change.
    pub(crate) fn into_parts(self) -> ((UserId, WebhookId), WebhookChanges) {
        let enabled = self.enabled.map(|flag| flag.0);
        ((self.user_id, self.webhook_id), WebhookChanges { url: self.url, events: self.events, enabled })
    }
}

/// The outgoing webhook that the path names.
#[derive(Deserr, JsonSchema)]
#[deserr(error = Problem)]
pub(crate) struct NamedOutgoingWebhook {
    /// The bot.
    user_id: UserId,
    /// The webhook.
    webhook_id: WebhookId,
}

impl NamedOutgoingWebhook {
    /// The bot and the webhook.
    pub(crate) fn named(&self) -> (UserId, WebhookId) {
        (self.user_id, self.webhook_id)
    }
}

/// The delivery that the path names.
#[derive(Deserr, JsonSchema)]
#[deserr(error = Problem)]
#[expect(clippy::struct_field_names, reason = "they are named as in the path")]
pub(crate) struct NamedDelivery {
    /// The bot.
    user_id: UserId,
    /// The webhook.
    webhook_id: WebhookId,
    /// The delivery.
    pub(crate) delivery_id: DeliveryId,
}

impl NamedDelivery {
    /// The bot and the webhook.
    pub(crate) fn webhook(&self) -> (UserId, WebhookId) {
        (self.user_id, self.webhook_id)
    }
}

requests!(CreateOutgoingWebhook, UpdateOutgoingWebhook, NamedOutgoingWebhook, NamedDelivery);
