//! `/sync`: what a client has missed since a cursor, as the events that a socket would have got.

use std::borrow::Cow;

use chat::log::LogPage;
use deserr::Deserr;
use domain::event::Event;
use domain::event_table::{Delivery, EVENTS, Payload};
use domain::log::Cursor;
use domain::payload::ReceivedMessage;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::input::requests;
use super::number::Count;
use crate::problem::Problem;

/// How many log entries are answered at once unless the client wants fewer.
pub(crate) const PAGE: i64 = 500;

/// What happened since a cursor; without one the answer has the cursor to begin with.
#[derive(Deserr, JsonSchema)]
#[deserr(error = Problem)]
#[schemars(rename = "SyncRequest")]
pub(crate) struct Sync {
    /// The cursor up to which the client knows everything.
    #[deserr(default)]
    #[schemars(with = "Option<String>")]
    pub(crate) since: Option<Cursor>,
    /// The most events: 500 if absent; more counts as 500.
    #[deserr(default)]
    limit: Option<Count<1>>,
}

impl Sync {
    pub(crate) fn limit(&self) -> i64 {
        self.limit.map_or(PAGE, |limit| limit.0.min(PAGE))
    }
}

requests!(Sync);

/// One event that was missed.
#[derive(Debug, Serialize)]
pub(crate) struct MissedEvent {
    pos: i64,
    event: Cow<'static, str>,
    data: Box<RawValue>,
}

impl MissedEvent {
    fn new(pos: i64, event: Event) -> Option<Self> {
        let data = RawValue::from_string(event.payload().into_owned()).ok()?;
        Some(Self { pos, event: event.name, data })
    }
}

impl JsonSchema for MissedEvent {
    fn schema_name() -> Cow<'static, str> {
        "MissedEvent".into()
    }

    fn json_schema(schemas: &mut SchemaGenerator) -> Schema {
        // `/sync` is not about one socket: rooms that it has joined make no difference.
        let missed = EVENTS
            .iter()
            .filter(|event| event.delivery == Delivery::Logged && event.name != ReceivedMessage::NAME);
        let each = missed.map(|event| {
            json_schema!({
                "type": "object",
                "properties": {
                    "pos": { "type": "integer", "minimum": 1 },
                    "event": { "const": event.name },
                    "data": (event.payload)(schemas),
                },
                "required": ["pos", "event", "data"],
            })
            .to_value()
        });
        json_schema!({ "description": "An event that was missed.", "oneOf": each.collect::<Vec<Value>>() })
    }
}

/// What was missed.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Missed")]
pub(crate) struct Answer {
    /// The events, in the order of the log.
    events: Vec<MissedEvent>,
    /// The position in the log up to which they go.
    cursor: Cursor,
    /// Whether there are more after it.
    more: bool,
    /// Whether the question had no cursor, or one of another history: the client begins anew.
    reset: bool,
}

impl From<LogPage> for Answer {
    fn from(page: LogPage) -> Self {
        let events = page.logged.into_iter().flat_map(|logged| {
            logged.events.into_iter().filter_map(move |event| MissedEvent::new(logged.position, event))
        });
        Self { events: events.collect(), cursor: page.cursor, more: page.more, reset: page.reset }
    }
}
