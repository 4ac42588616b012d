//! How values of fields are parsed: the same in JSON, forms, queries and paths.
//!
//! Whole numbers and truth values may be written as text; null counts as absent.

use std::ops::ControlFlow;
use std::str::FromStr;

use chat::error::{Error, Resource};
use deserr::{
    DeserializeError, Deserr, ErrorKind, IntoValue, MergeWithError, Value, ValueKind, ValuePointerRef,
};
use domain::api_token::TokenScope;
use domain::group::Role;
use domain::id::{
    DeliveryId, InviteId, MediaId, MessageId, ReportId, RoomId, ScheduledId, SessionId, SubscriptionId,
    UserId, WebhookId,
};
use domain::invalid::Invalid;
use domain::log::Cursor;
use domain::media::ThumbnailSize;
use domain::message::MessageKind;
use domain::outgoing_webhook::EventName;
use domain::reaction::Emoji;
use domain::room_settings::Change;
use domain::text::{Body, Email, Nickname, Password, RoomName, Status, Username, is_blank};
use domain::time::Time;
use schemars::json_schema;

use crate::problem::Problem;
use crate::validation::ValidationError;

impl MergeWithError<Self> for Problem {
    fn merge(earlier: Option<Self>, problem: Self, _: ValuePointerRef<'_>) -> ControlFlow<Self, Self> {
        let problem = match earlier {
            Some(earlier) => earlier.and(problem),
            None => problem,
        };
        match &problem {
            Problem::Invalid(errors) if ValidationError::is_full(errors) => ControlFlow::Break(problem),
            _ => ControlFlow::Continue(problem),
        }
    }
}

impl DeserializeError for Problem {
    fn error<V: IntoValue>(
        earlier: Option<Self>,
        error: ErrorKind<'_, V>,
        place: ValuePointerRef<'_>,
    ) -> ControlFlow<Self, Self> {
        let problem = match error {
            ErrorKind::MissingField { field } => invalid(place.push_key(field), &Invalid::Missing),
            ErrorKind::IncorrectValueKind { actual, accepted } => {
                invalid(place, &expected(accepted, actual.kind()))
            }
            // None of our types asks for any of these.
            ErrorKind::UnknownKey { .. }
            | ErrorKind::UnknownValue { .. }
            | ErrorKind::BadSequenceLen { .. }
            | ErrorKind::Unexpected { .. } => invalid(place, &Invalid::NotAnObject),
        };
        Self::merge(earlier, problem, place)
    }
}

fn expected(accepted: &[ValueKind], actual: ValueKind) -> Invalid {
    match accepted.first() {
        Some(ValueKind::Map) | None => Invalid::NotAnObject,
        _ if actual == ValueKind::Null => Invalid::Missing,
        Some(ValueKind::String | ValueKind::Null) => Invalid::NotAString,
        Some(ValueKind::Sequence) => Invalid::NotAList,
        Some(ValueKind::Boolean) => Invalid::NotABoolean,
        Some(ValueKind::Integer | ValueKind::NegativeInteger | ValueKind::Float) => Invalid::NotAnInteger,
    }
}

pub(super) fn invalid(place: ValuePointerRef<'_>, rule: &Invalid) -> Problem {
    Problem::Invalid(vec![ValidationError::at(place, rule)])
}

/// Makes a type a field: how it is parsed out of a value.
macro_rules! fields {
    ($($type:ty: $parse:expr),* $(,)?) => {$(
        impl deserr::Deserr<$crate::problem::Problem> for $type {
            fn deserialize_from_value<V: deserr::IntoValue>(
                value: deserr::Value<V>,
                place: deserr::ValuePointerRef<'_>,
            ) -> Result<Self, $crate::problem::Problem> {
                $parse(value, place)
            }
        }
    )*};
}
pub(super) use fields;

/// Gives the types of fields their schemas, which stand where the fields do.
macro_rules! inline_schemas {
    ($($type:ident: $schema:expr),* $(,)?) => {$(
        impl schemars::JsonSchema for $type {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema(schemas: &mut schemars::SchemaGenerator) -> schemars::Schema {
                let schema: fn(&mut schemars::SchemaGenerator) -> schemars::Schema = $schema;
                schema(schemas)
            }
        }
    )*};
}
pub(super) use inline_schemas;

fields! {
    Username: |value, place| text(value, place, Username::parse),
    // The shortest is the operator's to set.
    Password: |value, place| text(value, place, |text| Password::parse(text, 0)),
    Email: |value, place| text(value, place, Email::parse),
    Nickname: |value, place| text(value, place, Nickname::parse),
    Status: |value, place| text(value, place, Status::parse),
    RoomName: |value, place| text(value, place, RoomName::parse),
    // The longest is the operator's to set.
    Body: |value, place| text(value, place, |text| Body::parse(text, usize::MAX)),
    MaybeBlank: |value, place| text(value, place, MaybeBlank::parse),
    Emoji: |value, place| text(value, place, Emoji::parse),
    MessageKind: |value, place| text(value, place, |value| MessageKind::parse(value).ok_or(Invalid::NotOneOf(MessageKind::VALUES))),
    Cursor: |value, place| text(value, place, |text| {
        text.parse().map_err(|_none| Invalid::Rule("since must be a cursor that an earlier answer gave"))
    }),
    UserId: |value, place| integer(value, place).map(UserId),
    MessageId: |value, place| integer(value, place).map(MessageId),
    RoomId: |value, place| uuid(value, place, Resource::Room),
    SessionId: |value, place| uuid(value, place, Resource::Session),
    MediaId: |value, place| uuid(value, place, Resource::File),
    ScheduledId: |value, place| uuid(value, place, Resource::ScheduledMessage),
    WebhookId: |value, place| uuid(value, place, Resource::Webhook),
    SubscriptionId: |value, place| uuid(value, place, Resource::Subscription),
    DeliveryId: |value, place| uuid(value, place, Resource::Delivery),
    EventName: |value, place| text(value, place, |value| {
        EventName::parse(value).ok_or(Invalid::Rule("events must be names of events that /sync has"))
    }),
    InviteId: |value, place| uuid(value, place, Resource::Invite),
    ReportId: |value, place| uuid(value, place, Resource::Report),
    Role: |value, place| text(value, place, |value| Role::parse(value).ok_or(Invalid::NotOneOf(Role::VALUES))),
    ThumbnailSize: |value, place| {
        let size = ThumbnailSize::of_pixels(integer(value, place)?);
        size.ok_or_else(|| invalid(place, &Invalid::NotOneOf("'320' or '1280'")))
    },
    TokenScope: |value, place| text(value, place, |value| TokenScope::parse(value).ok_or(Invalid::NotOneOf(TokenScope::VALUES))),
    Flag: flag,
    Moment: moment,
}

/// Parses a value that is text.
pub(super) fn text<T, V: IntoValue>(
    value: Value<V>,
    place: ValuePointerRef<'_>,
    parse: impl FnOnce(&str) -> Result<T, Invalid>,
) -> Result<T, Problem> {
    let text: String = Deserr::<Problem>::deserialize_from_value(value, place)?;
    parse(&text).map_err(|rule| invalid(place, &rule))
}

/// Parses a whole number, or text that is one.
pub(super) fn integer<V: IntoValue>(value: Value<V>, place: ValuePointerRef<'_>) -> Result<i64, Problem> {
    let parsed = match value {
        Value::Integer(number) => i64::try_from(number).map_err(|_large| Invalid::NotAnInteger),
        Value::NegativeInteger(number) => Ok(number),
        Value::String(text) => text.trim().parse().map_err(|_unreadable| Invalid::UnparsableInteger),
        Value::Null => Err(Invalid::Missing),
        _ => Err(Invalid::NotAnInteger),
    };
    parsed.map_err(|rule| invalid(place, &rule))
}

/// Parses a UUID; text that is none names a resource that does not exist.
fn uuid<T: FromStr, V: IntoValue>(
    value: Value<V>,
    place: ValuePointerRef<'_>,
    of: Resource,
) -> Result<T, Problem> {
    let text: String = Deserr::<Problem>::deserialize_from_value(value, place)?;
    text.parse().map_err(|_unreadable| Problem::Refused(Error::NotFound(of)))
}

/// Text that may be blank, which is no text.
pub(super) struct MaybeBlank(pub(super) Option<Body>);

impl MaybeBlank {
    fn parse(text: &str) -> Result<Self, Invalid> {
        if is_blank(text) { Ok(Self(None)) } else { Body::parse(text, usize::MAX).map(Some).map(Self) }
    }
}

/// A truth value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Flag(pub(crate) bool);

fn flag<V: IntoValue>(value: Value<V>, place: ValuePointerRef<'_>) -> Result<Flag, Problem> {
    let parsed = match value {
        Value::Boolean(truth) => Ok(truth),
        Value::String(text) if text == "true" || text == "1" => Ok(true),
        Value::String(text) if text == "false" || text == "0" => Ok(false),
        Value::Null => Err(Invalid::Missing),
        _ => Err(Invalid::NotABoolean),
    };
    parsed.map(Flag).map_err(|rule| invalid(place, &rule))
}

/// A moment, as text or as seconds since 1970, and how the client wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Moment {
    pub(crate) time: Time,
    pub(crate) written: String,
}

fn moment<V: IntoValue>(value: Value<V>, place: ValuePointerRef<'_>) -> Result<Moment, Problem> {
    let written = match value {
        Value::String(text) => Some(text),
        Value::Integer(number) => Some(number.to_string()),
        Value::NegativeInteger(number) => Some(number.to_string()),
        Value::Float(number) => serde_json::Number::from_f64(number).map(|number| number.to_string()),
        Value::Null => return Err(invalid(place, &Invalid::Missing)),
        Value::Boolean(_) | Value::Sequence(_) | Value::Map(_) => None,
    };
    let parsed = written.and_then(|written| Time::parse(&written).map(|time| Moment { time, written }));
    parsed.ok_or_else(|| invalid(place, &Invalid::NotATime))
}

inline_schemas! {
    Flag: |_| json_schema!({ "enum": [true, false, "true", "false", "1", "0"] }),
    Moment: |_| json_schema!({ "type": ["string", "number"] }),
}

/// Null clears a field of this type, and one that is absent stays as it is.
impl<T: Deserr<Problem>> Deserr<Problem> for Change<T> {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        place: ValuePointerRef<'_>,
    ) -> Result<Self, Problem> {
        match value {
            Value::Null => Ok(Self::Clear),
            value => T::deserialize_from_value(value, place).map(Self::Set),
        }
    }
}
