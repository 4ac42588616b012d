//! JSON Schemas of both directions, in one collection.

use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};

use crate::socket::answer::Refused;

/// Makes the schema of one payload.
pub(super) type Make = fn(&mut SchemaGenerator) -> Schema;

/// The schema of a type, by reference.
pub(super) fn of<T: JsonSchema>(schemas: &mut SchemaGenerator) -> Schema {
    schemas.subschema_for::<T>()
}

/// What is sent has the fields that it is described with and no others; what is received may have more.
pub(super) struct Schemas {
    sent: SchemaGenerator,
    received: SchemaGenerator,
}

impl Schemas {
    pub(super) fn new() -> Self {
        let settings = || {
            let mut settings = SchemaSettings::draft07();
            settings.definitions_path = "/components/schemas".into();
            settings.with_transform(RecursiveTransform(without_widths))
        };
        Self {
            sent: settings().for_serialize().with_transform(RecursiveTransform(close)).into_generator(),
            received: settings().for_deserialize().into_generator(),
        }
    }

    /// The schema of what a client hears.
    pub(super) fn heard(&mut self, make: Make) -> Schema {
        make(&mut self.sent)
    }

    /// The schema of what a client says.
    pub(super) fn asked(&mut self, make: Make) -> Schema {
        make(&mut self.received)
    }

    /// The schema of a refusal with one of these codes.
    pub(super) fn refused(&mut self, codes: &[&str]) -> Schema {
        let refused = self.sent.subschema_for::<Refused>();
        json_schema!({ "allOf": [refused, { "properties": { "code": { "enum": codes } } }] })
    }

    /// Everything that the schemas refer to.
    pub(super) fn definitions(mut self) -> Value {
        let mut all = self.sent.take_definitions(true);
        for (name, schema) in self.received.take_definitions(true) {
            debug_assert!(
                all.get(&name).is_none_or(|other| *other == schema),
                "two schemas are called {name}"
            );
            all.insert(name, schema);
        }
        json!(all)
    }
}

/// No client needs to know how wide our integers are.
fn without_widths(schema: &mut Schema) {
    if schema.get("type").is_some_and(|of| *of != "string" && *of != json!(["string", "null"])) {
        schema.remove("format");
    }
}

/// An object has its own fields and no others.
fn close(schema: &mut Schema) {
    let open =
        ["additionalProperties", "patternProperties", "$ref"].iter().all(|key| schema.get(*key).is_none());
    if open && schema.get("type").is_some_and(|of| of == "object") {
        schema.insert("additionalProperties".to_owned(), false.into());
    }
}
