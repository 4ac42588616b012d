//! Holds what sockets say and receive against the AsyncAPI document of the interface.

use std::collections::HashMap;
use std::sync::{LazyLock, OnceLock};

use jsonschema::{Draft, Validator};
use serde_json::{Map, Value, json};

use crate::received_event::ReceivedEvent;
use crate::schema::{compile, conform};

/// The document, each message of it compiled when it is first needed.
struct Contract {
    messages: HashMap<String, Message>,
    schemas: Value,
}

struct Message {
    /// Whether clients that recover receive it with an offset.
    offset: bool,
    payload: Value,
    validator: OnceLock<Validator>,
}

static CONTRACT: LazyLock<Contract> = LazyLock::new(|| Contract::of(&gateway::asyncapi::document()));

/// Panics with what is wrong, if anything is.
pub(crate) fn assert_valid(checked: Result<(), String>) {
    checked.unwrap_or_else(|error| panic!("{error}"));
}

/// Says what is wrong with an event, if anything is; `recovers` is whether its socket asked for offsets.
pub fn check_event(event: &ReceivedEvent, recovers: bool) -> Result<(), String> {
    let key = format!("heard.{}", event.name);
    check(&key, &event.payload)?;
    let expected = recovers && CONTRACT.messages[&key].offset;
    match event.offset {
        Some(_) if !expected => Err(format!("{key} has an offset that nobody asked for")),
        None if expected => Err(format!("{key} has no offset")),
        _ => Ok(()),
    }
}

/// Says what is wrong with an acknowledgement, or with what was done without it being allowed.
pub fn check_acknowledgement(name: &str, payload: &Value, answer: &Value) -> Result<(), String> {
    if !CONTRACT.messages.contains_key(&format!("asked.{name}")) {
        let refused = answer["ok"] == false
            && ["unknown_event", "unauthorized"].map(Value::from).contains(&answer["code"]);
        return if refused { Ok(()) } else { Err(format!("{name} is not known, and was answered {answer}")) };
    }
    if answer["ok"] == true {
        check(&format!("asked.{name}"), payload)?;
        return check(&format!("accepted.{name}"), answer);
    }
    check(&format!("refused.{name}"), answer)
}

/// Says what is wrong with the payload of a message.
pub fn check(key: &str, payload: &Value) -> Result<(), String> {
    let message = CONTRACT.messages.get(key).ok_or_else(|| format!("{key} is not in the document"))?;
    let validator = message.validator.get_or_init(|| CONTRACT.compile(&message.payload));
    conform(validator, payload, key)
}

/// The keys of all messages that begin with this.
pub fn messages(beginning: &str) -> Vec<String> {
    let names = CONTRACT.messages.keys().filter_map(|key| key.strip_prefix(beginning));
    let mut names: Vec<String> = names.map(str::to_owned).collect();
    names.sort();
    names
}

impl Contract {
    fn of(document: &Value) -> Self {
        let empty = Map::new();
        let messages = document["components"]["messages"].as_object().unwrap_or(&empty).iter();
        let message = |(key, message): (&String, &Value)| {
            let offset = message["tags"][0]["name"] == "logged" || message["name"] == "session";
            (key.clone(), Message { offset, payload: message["payload"].clone(), validator: OnceLock::new() })
        };
        Self { messages: messages.map(message).collect(), schemas: document["components"]["schemas"].clone() }
    }

    fn compile(&self, payload: &Value) -> Validator {
        let schema = json!({ "allOf": [payload], "components": { "schemas": self.schemas } });
        compile(Draft::Draft7, &schema)
    }
}
