//! Requests about incoming webhooks, and what is posted to them.

use chat::context::Limits;
use deserr::Deserr;
use domain::id::{RoomId, WebhookId};
use domain::text::{Body, Nickname};
use schemars::JsonSchema;

use super::input::{Input, Request, requests};
use crate::problem::Problem;

/// An incoming webhook to make.
#[derive(Deserr, JsonSchema)]
#[deserr(error = Problem)]
pub(crate) struct CreateIncomingWebhook {
    /// The room that it sends to.
    pub(crate) chatroom_id: RoomId,
    /// The name that its messages are shown with, 1 to 32 characters.
    pub(crate) name: Nickname,
}

/// The incoming webhook that the path names.
#[derive(Deserr, JsonSchema)]
#[deserr(error = Problem)]
pub(crate) struct NamedIncomingWebhook {
    /// The room.
    pub(crate) chatroom_id: RoomId,
    /// The webhook.
    pub(crate) webhook_id: WebhookId,
}

/// What a program posts to a webhook, in Slack's format: as JSON, or as JSON in the field `payload` of a form. Other
/// fields are ignored.
#[derive(Deserr, JsonSchema)]
#[deserr(error = Problem)]
pub(crate) struct PostToWebhook {
    /// The secret of the webhook's address.
    pub(crate) token: String,
    /// The message.
    pub(crate) text: Body,
}

impl Request for PostToWebhook {
    fn parse(input: &Input, limits: &Limits) -> Result<Self, Problem> {
        input.parse(input.at_most("text", limits.text_max))
    }
}

requests!(CreateIncomingWebhook, NamedIncomingWebhook);
