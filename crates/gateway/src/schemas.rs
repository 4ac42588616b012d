//! JSON Schemas of what is sent and of what is received, in one collection.

use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value, json};

/// Makes the schema of one payload.
pub(crate) type Make = fn(&mut SchemaGenerator) -> Schema;

/// The schema of a type, by reference.
pub(crate) fn of<T: JsonSchema>(schemas: &mut SchemaGenerator) -> Schema {
    schemas.subschema_for::<T>()
}

/// The schemas of one document; what is sent has no fields but those described, what is received may have more.
pub(crate) struct Schemas {
    sent: SchemaGenerator,
    received: SchemaGenerator,
}

impl Schemas {
    /// A collection in the dialect of these settings.
    pub(crate) fn new(dialect: fn() -> SchemaSettings) -> Self {
        let settings = || {
            let mut settings = dialect();
            settings.definitions_path = "/components/schemas".into();
            settings.with_transform(RecursiveTransform(without_widths))
        };
        Self {
            sent: settings().for_serialize().with_transform(RecursiveTransform(close)).into_generator(),
            received: settings().for_deserialize().into_generator(),
        }
    }

    /// The schema of what the server sends.
    pub(crate) fn sent(&mut self, make: Make) -> Schema {
        make(&mut self.sent)
    }

    /// The schema of what the server receives.
    pub(crate) fn received(&mut self, make: Make) -> Schema {
        make(&mut self.received)
    }

    /// The schema of a refusal, by a type that has a `code`, with one of these codes.
    pub(crate) fn refused<T: JsonSchema>(&mut self, codes: &[&str]) -> Schema {
        let refused = self.sent.subschema_for::<T>();
        json_schema!({ "allOf": [refused, { "properties": { "code": { "enum": codes } } }] })
    }

    /// Every schema that is referred to.
    pub(crate) fn definitions(mut self) -> Map<String, Value> {
        let mut all = self.sent.take_definitions(true);
        for (name, schema) in self.received.take_definitions(true) {
            debug_assert!(
                all.get(&name).is_none_or(|other| *other == schema),
                "two schemas are called {name}"
            );
            all.insert(name, schema);
        }
        all
    }
}

/// Drops the formats of numbers: no client needs to know how wide our integers are.
fn without_widths(schema: &mut Schema) {
    if schema.get("type").is_some_and(|of| *of != "string" && *of != json!(["string", "null"])) {
        schema.remove("format");
    }
}

/// Makes an object have its own fields and no others.
fn close(schema: &mut Schema) {
    let open =
        ["additionalProperties", "patternProperties", "$ref"].iter().all(|key| schema.get(*key).is_none());
    if open && schema.get("type").is_some_and(|of| of == "object") {
        schema.insert("additionalProperties".to_owned(), false.into());
    }
}
