//! Requests about messages that are sent later.

use chat::context::Limits;
use chat::scheduled_messages::ScheduledChanges;
use deserr::Deserr;
use domain::id::{RoomId, ScheduledId};
use domain::message::Draft;
use domain::text::Body;
use domain::time::Time;
use schemars::JsonSchema;

use super::fields::{MaybeBlank, Moment};
use super::input::{Input, Request, both, requests};
use super::sending::SendMessage;
use crate::problem::Problem;

/// A message to send later; its `client_msg_id` and `timestamp` do not count.
#[derive(JsonSchema)]
pub(crate) struct ScheduleMessage {
    #[serde(flatten)]
    message: SendMessage,
    #[serde(flatten)]
    time: SendTime,
}

/// When a message is sent.
#[derive(Deserr, JsonSchema)]
#[deserr(error = Problem)]
#[schemars(inline)]
struct SendTime {
    /// When to send it: in the future, at most 365 days ahead.
    send_at: Moment,
}

impl Request for ScheduleMessage {
    fn parse(input: &Input, limits: &Limits) -> Result<Self, Problem> {
        let (message, time) = both(SendMessage::parse(input, limits), input.parse(None))?;
        Ok(Self { message, time })
    }
}

impl ScheduleMessage {
    /// The room, the message and its time.
    pub(crate) fn into_parts(self) -> (RoomId, Draft, Time) {
        let (room, draft) = self.message.into_draft();
        (room, draft, self.time.send_at.time)
    }
}

/// A message that waits.
#[derive(Deserr, JsonSchema)]
#[deserr(error = Problem)]
pub(crate) struct NamedScheduled {
    /// The room.
    pub(crate) chatroom_id: RoomId,
    /// The message.
    pub(crate) scheduled_id: ScheduledId,
}

/// What to change of a message that waits; what is absent stays.
#[derive(Deserr, JsonSchema)]
#[deserr(error = Problem)]
pub(crate) struct UpdateScheduled {
    /// The room.
    pub(crate) chatroom_id: RoomId,
    /// The message.
    pub(crate) scheduled_id: ScheduledId,
    /// When to send it.
    #[deserr(default)]
    send_at: Option<Moment>,
    /// The text, or the text under a file, which may be blank; mentions go with the text before.
    #[deserr(default)]
    #[schemars(with = "Option<String>")]
    content: Option<MaybeBlank>,
}

impl Request for UpdateScheduled {
    fn parse(input: &Input, limits: &Limits) -> Result<Self, Problem> {
        input.parse(input.at_most("content", limits.text_max))
    }
}

impl UpdateScheduled {
    pub(crate) fn changes(self) -> ScheduledChanges {
        ScheduledChanges {
            send_at: self.send_at.map(|moment| moment.time),
            text: self.content.map(|text| text.0.map(Body::into_string)),
        }
    }
}

requests!(NamedScheduled);
