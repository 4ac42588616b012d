//! Holds values against JSON Schemas.

use jsonschema::{Draft, Validator};
use serde_json::Value;

/// Compiles a schema of the interface's documents; formats count.
pub(crate) fn compile(draft: Draft, schema: &Value) -> Validator {
    let options = jsonschema::options().with_draft(draft).should_validate_formats(true);
    options.build(schema).unwrap_or_else(|error| panic!("not a schema: {error}: {schema}"))
}

/// Says what is wrong with a value, if anything is; `name` is what the document calls it.
pub(crate) fn conform(validator: &Validator, value: &Value, name: &str) -> Result<(), String> {
    let errors: Vec<String> =
        validator.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect();
    if errors.is_empty() {
        return Ok(());
    }
    Err(format!("{name} is not what the document says: {}: {value}", errors.join("; ")))
}
