//! Requests about rooms.

use std::borrow::Cow;

use chat::message_requests::Answer;
use deserr::{Deserr, IntoValue, Value, ValuePointerRef};
use domain::id::{MessageId, RoomId, UserId};
use domain::invalid::Invalid;
use domain::page::{Anchor, Page};
use domain::text::RoomName;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::fields::{Flag, Moment, fields, inline_schemas, text};
use super::input::requests;
use super::number::Count;
use crate::problem::Problem;

/// A room to make; with one other member the one room of the two.
#[derive(Deserr, JsonSchema)]
#[deserr(error = Problem)]
pub(crate) struct CreateRoom {
    /// The members; the user need not be among them.
    pub(crate) members_id: Vec<UserId>,
    /// At most 32 characters; `Default Chatroom` if absent, none if null.
    #[deserr(default = Some(RoomName::stored("Default Chatroom".to_owned())))]
    pub(crate) chatroom_name: Option<RoomName>,
}

/// The room that is asked about.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Problem)]
pub(crate) struct NamedRoom {
    /// The room.
    pub(crate) chatroom_id: RoomId,
}

/// A page of a room's messages; the first of `before_id`, `after_id`, `around_id`, `before` and `at` counts.
#[derive(Deserr, JsonSchema)]
#[deserr(error = Problem)]
pub(crate) struct ListMessages {
    /// The room.
    pub(crate) chatroom_id: RoomId,
    /// The most messages: 50 if absent; more than 200 counts as 200.
    #[deserr(default)]
    limit: Option<Count<0>>,
    /// The newest before this message.
    #[deserr(default)]
    before_id: Option<MessageId>,
    /// The oldest after this message.
    #[deserr(default)]
    after_id: Option<MessageId>,
    /// This message, with those before it and those after it.
    #[deserr(default)]
    around_id: Option<MessageId>,
    /// The newest before this time.
    #[deserr(default)]
    before: Option<Moment>,
    /// The oldest at this time or later.
    #[deserr(default)]
    at: Option<Moment>,
}

impl ListMessages {
    pub(crate) fn page(self) -> Page {
        let before_id = self.before_id.map(Anchor::Before);
        let after_id = self.after_id.map(Anchor::After);
        let around_id = self.around_id.map(Anchor::Around);
        let before = self.before.map(|moment| Anchor::BeforeTime(moment.time));
        let at = self.at.map(|moment| Anchor::FromTime(moment.time));
        let anchor = before_id.or(after_id).or(around_id).or(before).or(at).unwrap_or(Anchor::Newest);
        Page { anchor, limit: self.limit.map_or(Page::DEFAULT, |limit| limit.0.min(Page::MAX)) }
    }
}

/// How far a room was received or read.
#[derive(Deserr, JsonSchema)]
#[deserr(error = Problem)]
pub(crate) struct MarkRoom {
    /// The room.
    pub(crate) chatroom_id: RoomId,
    /// The last message that counts; the newest if absent.
    #[deserr(default)]
    pub(crate) message_id: Option<MessageId>,
}

/// The answer to a message request.
#[derive(Deserr, JsonSchema)]
#[deserr(error = Problem)]
pub(crate) struct AnswerRequest {
    /// The room.
    pub(crate) chatroom_id: RoomId,
    /// Whether to accept it.
    pub(crate) answer: RequestAnswer,
}

/// An answer.
pub(crate) struct RequestAnswer(pub(crate) Answer);

fields! {
    RequestAnswer: |value, place| text(value, place, |text| match text {
            "accept" => Ok(RequestAnswer(Answer::Accept)),
            "ignore" => Ok(RequestAnswer(Answer::Ignore)),
            _ => Err(Invalid::NotOneOf("'accept' or 'ignore'")),
        })
}

inline_schemas! {
    RequestAnswer: |_| json_schema!({ "enum": ["accept", "ignore"] })
}

/// Whether the user types in a room.
#[derive(Deserr, JsonSchema)]
#[deserr(error = Problem)]
pub(crate) struct SetTyping {
    /// The room.
    pub(crate) chatroom_id: RoomId,
    /// True if absent.
    #[deserr(default)]
    pub(crate) is_typing: Option<Flag>,
}

/// A room, by its id alone or in an object.
#[derive(Debug)]
pub(crate) enum RoomOrId {
    /// As the seed's client names it.
    Id(RoomId),
    /// In an object.
    Named(NamedRoom),
}

impl RoomOrId {
    pub(crate) fn id(&self) -> RoomId {
        match self {
            Self::Id(id) | Self::Named(NamedRoom { chatroom_id: id }) => *id,
        }
    }
}

impl Deserr<Problem> for RoomOrId {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        place: ValuePointerRef<'_>,
    ) -> Result<Self, Problem> {
        match value {
            text @ Value::String(_) => RoomId::deserialize_from_value(text, place).map(Self::Id),
            other => NamedRoom::deserialize_from_value(other, place).map(Self::Named),
        }
    }
}

impl JsonSchema for RoomOrId {
    fn schema_name() -> Cow<'static, str> {
        "RoomOrId".into()
    }

    fn json_schema(schemas: &mut SchemaGenerator) -> Schema {
        let (id, named) = (schemas.subschema_for::<RoomId>(), schemas.subschema_for::<NamedRoom>());
        json_schema!({ "description": "A room, by its id alone or in an object.", "anyOf": [id, named] })
    }
}

requests!(AnswerRequest, CreateRoom, NamedRoom, ListMessages, MarkRoom, SetTyping, RoomOrId);
