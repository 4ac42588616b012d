//! Requests about rooms.

use std::borrow::Cow;

use chat::message_requests::Answer;
use deserr::{Deserr, IntoValue, Value, ValuePointerRef};
use domain::id::{MessageId, RoomId, UserId};
use domain::invalid::Invalid;
use domain::page::{Anchor, Page};
use domain::text::RoomName;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::fields::{Flag, Moment, fields, integer, invalid, text};
use super::input::requests;
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

/// A page of a room's messages; the first of `before_id`, `after_id` and `before` counts.
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
    /// The newest before this time.
    #[deserr(default)]
    before: Option<Moment>,
}

impl ListMessages {
    pub(crate) fn page(self) -> Page {
        let before_id = self.before_id.map(Anchor::Before);
        let after_id = self.after_id.map(Anchor::After);
        let before = self.before.map(|moment| Anchor::BeforeTime(moment.time));
        let anchor = before_id.or(after_id).or(before).unwrap_or(Anchor::Newest);
        Page { anchor, limit: self.limit.map_or(Page::DEFAULT, |limit| limit.0.min(Page::MAX)) }
    }
}

/// A number of at least `MIN`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Count<const MIN: i64>(pub(crate) i64);

impl<const MIN: i64> Deserr<Problem> for Count<MIN> {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        place: ValuePointerRef<'_>,
    ) -> Result<Self, Problem> {
        let number = integer(value, place)?;
        if number < MIN { Err(invalid(place, &Invalid::TooSmall(MIN))) } else { Ok(Self(number)) }
    }
}

impl<const MIN: i64> JsonSchema for Count<MIN> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Count".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["integer", "string"], "minimum": MIN, "pattern": r"^\s*\+?[0-9]+\s*$" })
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

impl JsonSchema for RequestAnswer {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "RequestAnswer".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "enum": ["accept", "ignore"] })
    }
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
