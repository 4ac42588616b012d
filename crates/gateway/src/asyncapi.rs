//! The AsyncAPI document of the Socket.IO interface, made from the types that are sent.

use domain::event_table::{Description, EVENTS};
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value, json};

use crate::api;
use crate::schemas::Schemas;
use crate::socket::answer::Refused;
use crate::socket::connect::Auth;
use crate::socket::events::ClientEvent;
use crate::socket::replay;

/// The codes that any event may be refused with.
const ANY_EVENT: &[&str] =
    &["unauthorized", "insufficient_scope", "busy", "unavailable", "outcome_unknown", "no_space", "internal"];

/// Returns the document.
pub fn document() -> Value {
    let mut parts = Parts {
        schemas: Schemas::new(SchemaSettings::draft07),
        messages: Map::new(),
        operations: Map::new(),
    };
    parts.connecting();
    for event in EVENTS {
        parts.server_event(event);
    }
    for event in api::events() {
        parts.client_event(&event);
    }
    let linked = |key: &String| (key.clone(), json!({ "$ref": format!("#/components/messages/{key}") }));
    let linked: Map<String, Value> = parts.messages.keys().map(linked).collect();
    json!({
        "asyncapi": "3.0.0",
        "info": info(),
        "defaultContentType": "application/json",
        "servers": { "chatroom": server() },
        "channels": { "chat": {
            "address": "/",
            "title": "The default namespace",
            "description": "Of an event's arguments the payload is the first.",
            "servers": [{ "$ref": "#/servers/chatroom" }],
            "messages": linked,
        } },
        "operations": parts.operations,
        "components": {
            "messages": parts.messages,
            "schemas": parts.schemas.definitions(),
            "securitySchemes": security(),
        },
    })
}

/// Returns the document as it is shown and kept.
pub fn text() -> String {
    format!("{:#}\n", document())
}

fn info() -> Value {
    json!({
        "title": "Chatroom, Socket.IO",
        "version": env!("CARGO_PKG_VERSION"),
        "description": "What docs/REALTIME.md explains, for programs. Events with the tag `logged` carry their position in \
            the log as `pos`; clients that recover their connection receive them, and `session`, with a second argument, \
            the offset.",
        "license": { "name": env!("CARGO_PKG_LICENSE") },
    })
}

fn server() -> Value {
    json!({
        "host": "{host}",
        "pathname": "/socket.io/",
        "protocol": "ws",
        "description": "Socket.IO 5 over Engine.IO 4, by WebSocket or HTTP long-polling; also at /ws/socket.io/.",
        "variables": { "host": { "default": "localhost:8000" } },
        "security": [
            { "$ref": "#/components/securitySchemes/token" },
            { "$ref": "#/components/securitySchemes/bearer" },
            { "$ref": "#/components/securitySchemes/query" },
            { "$ref": "#/components/securitySchemes/cookie" },
        ],
    })
}

fn security() -> Value {
    json!({
        "token": { "type": "apiKey", "in": "user", "description": "`token` in the payload of CONNECT." },
        "bearer": { "type": "http", "scheme": "bearer", "bearerFormat": "JWT" },
        "query": { "type": "httpApiKey", "in": "query", "name": "token" },
        "cookie": {
            "type": "httpApiKey", "in": "cookie", "name": crate::origin::COOKIE,
            "description": "From pages of this server only. Where the server's address has a port, the name ends \
                with `_` and the port.",
        },
    })
}

/// The payload of CONNECT.
fn connect(schemas: &mut SchemaGenerator) -> Schema {
    json_schema!({ "allOf": [Auth::json_schema(schemas), replay::RecoveryRequest::json_schema(schemas)] })
}

/// The answer to CONNECT, which the Socket.IO layer writes.
fn connected() -> Schema {
    json_schema!({
        "type": "object",
        "properties": {
            "sid": { "type": "string", "description": "The id of the socket." },
            "pid": {
                "type": "string",
                "description": "The secret to recover the connection with, if the client asked for one.",
            },
        },
        "required": ["sid"],
        "additionalProperties": false,
    })
}

/// The refusal of CONNECT, which the Socket.IO layer writes.
fn not_connected() -> Schema {
    json_schema!({
        "type": "object",
        "properties": {
            "message": { "type": "string", "description": "Why, for people." },
            "data": {
                "type": "object",
                "properties": { "code": { "const": "unauthorized" } },
                "required": ["code"],
                "additionalProperties": false,
            },
        },
        "required": ["message", "data"],
        "additionalProperties": false,
    })
}

struct Parts {
    schemas: Schemas,
    messages: Map<String, Value>,
    operations: Map<String, Value>,
}

impl Parts {
    /// The packets that open a connection, which are no events but have payloads.
    fn connecting(&mut self) {
        let asks = "Asks to connect: the payload of Socket.IO's CONNECT packet.";
        let payload = self.schemas.received(connect);
        self.message("asked.CONNECT", ("CONNECT", asks), &payload);
        self.message("accepted.CONNECT", ("CONNECT", "The client is connected."), &connected());
        self.message("refused.CONNECT", ("CONNECT_ERROR", "The client may not connect."), &not_connected());
        self.operation(("receive", asks), "asked.CONNECT", &["accepted.CONNECT", "refused.CONNECT"]);
    }

    fn server_event(&mut self, event: &Description) {
        let (key, payload) = (format!("heard.{}", event.name), self.schemas.sent(event.argument));
        let message = json!({
            "name": event.name,
            "summary": event.summary,
            "description": format!("Sent to {}.", event.audience),
            "tags": [{ "name": event.delivery.as_str() }],
            "payload": payload,
        });
        self.messages.insert(key.clone(), message);
        self.operation(("send", event.summary), &key, &[]);
    }

    fn client_event(&mut self, event: &ClientEvent) {
        let key = |part: &str| format!("{part}.{}", event.name);
        let payload = self.schemas.received(event.request);
        self.message(&key("asked"), (event.name, event.summary), &payload);
        let done = self.schemas.sent(event.accepted);
        self.message(&key("accepted"), (event.name, "The acknowledgement, when it was done."), &done);
        let codes = [event.refusals().as_slice(), ANY_EVENT].concat();
        let refused = self.schemas.refused::<Refused>(&codes);
        self.message(&key("refused"), (event.name, "The acknowledgement, when it was not."), &refused);
        self.operation(("receive", event.summary), &key("asked"), &[&key("accepted"), &key("refused")]);
    }

    fn message(&mut self, key: &str, (name, summary): (&str, &str), payload: &Schema) {
        let message = json!({ "name": name, "summary": summary, "payload": payload });
        self.messages.insert(key.to_owned(), message);
    }

    fn operation(&mut self, (action, summary): (&str, &str), message: &str, replies: &[&str]) {
        let linked = |key: &str| json!({ "$ref": format!("#/channels/chat/messages/{key}") });
        let channel = json!({ "$ref": "#/channels/chat" });
        let mut operation = Map::new();
        operation.insert("action".to_owned(), json!(action));
        operation.insert("summary".to_owned(), json!(summary));
        operation.insert("channel".to_owned(), channel.clone());
        operation.insert("messages".to_owned(), json!([linked(message)]));
        if !replies.is_empty() {
            let replies: Vec<Value> = replies.iter().map(|key| linked(key)).collect();
            operation.insert("reply".to_owned(), json!({ "channel": channel, "messages": replies }));
        }
        self.operations.insert(message.to_owned(), Value::Object(operation));
    }
}
