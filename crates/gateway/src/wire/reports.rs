//! Requests about reports.

use chat::context::Limits;
use chat::reports::Reported;
use deserr::Deserr;
use domain::id::{MessageId, RoomId, UserId};
use domain::invalid::Invalid;
use domain::message::MessageRef;
use domain::report::{NOTE_MAX, ReportReason};
use domain::text::{Body, is_blank};
use schemars::{JsonSchema, json_schema};

use super::fields::{fields, inline_schemas, text};
use super::input::{Input, Request};
use crate::problem::Problem;
use crate::validation::ValidationError;

/// What to report: a user, or a message by its room and its id.
#[derive(Deserr, JsonSchema)]
#[deserr(error = Problem)]
pub(crate) struct MakeReport {
    /// The user; a message counts if one is given.
    #[deserr(default)]
    user_id: Option<UserId>,
    /// The room of the message.
    #[deserr(default)]
    chatroom_id: Option<RoomId>,
    /// The message.
    #[deserr(default)]
    message_id: Option<MessageId>,
    /// Why.
    pub(crate) reason: Reason,
    /// What there is to say about it, at most 1,000 characters.
    #[deserr(default)]
    #[schemars(with = "Option<String>")]
    pub(crate) note: Option<Note>,
}

impl Request for MakeReport {
    fn parse(input: &Input, _: &Limits) -> Result<Self, Problem> {
        let missing = match (input.has("chatroom_id"), input.has("message_id"), input.has("user_id")) {
            (true, false, _) => Some("message_id"),
            (false, true, _) => Some("chatroom_id"),
            (false, false, false) => Some("user_id"),
            _ => None,
        };
        input.parse(missing.map(|field| ValidationError::new(vec![field.into()], &Invalid::Missing)))
    }
}

impl MakeReport {
    /// Returns what is reported.
    pub(crate) fn reported(&self) -> Reported {
        match self.chatroom_id.zip(self.message_id) {
            Some((room, message)) => Reported::Message(MessageRef { room, message }),
            None => Reported::User(self.user_id.unwrap_or(UserId(0))),
        }
    }
}

/// A reason.
pub(crate) struct Reason(pub(crate) ReportReason);

/// A note; one that shows nothing is none.
pub(crate) struct Note(pub(crate) Option<Body>);

fields! {
    Reason: |value, place| text(value, place, |text| {
        ReportReason::parse(text).map(Reason).ok_or(Invalid::NotOneOf(ReportReason::VALUES))
    }),
    Note: |value, place| text(value, place, |text| {
        if is_blank(text) { Ok(Note(None)) } else { Body::parse(text, NOTE_MAX).map(Some).map(Note) }
    }),
}

inline_schemas! {
    Reason: |_| json_schema!({ "enum": ReportReason::ALL.map(ReportReason::as_str) })
}
