//! `/sync`: what a client has missed since a cursor, as the events that a socket would have got.

use std::borrow::Cow;

use chat::log::Missed;
use domain::event::Event;
use domain::event_table::{Delivery, EVENTS, Payload};
use domain::fault::Fault;
use domain::log::Cursor;
use domain::payload::ReceivedMessage;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::input::Input;
use crate::problem::Problem;

/// How many log entries are answered at once unless the client wants fewer.
pub(crate) const PAGE: i64 = 500;

/// Reads `since?` and `limit?`; without `since` a client asks where to begin.
pub(crate) fn since(mut input: Input) -> Result<(Option<Cursor>, i64), Problem> {
    let since = input.text("since", |text| {
        text.parse().map_err(|_none| Fault::Rule("since must be a cursor that an earlier answer gave"))
    });
    let limit = match input.number("limit") {
        Some(limit) if limit < 1 => {
            input.fault("limit", &Fault::TooSmall(1));
            1
        }
        Some(limit) => limit.min(PAGE),
        None => PAGE,
    };
    input.done(Some((since, limit)))
}

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

impl From<Missed> for Answer {
    fn from(missed: Missed) -> Self {
        let events = missed.logged.into_iter().flat_map(|logged| {
            logged.events.into_iter().filter_map(move |event| MissedEvent::new(logged.position, event))
        });
        Self { events: events.collect(), cursor: missed.cursor, more: missed.more, reset: missed.reset }
    }
}
