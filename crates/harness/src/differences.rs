//! Where two JSON values differ.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// Returns where two values differ, line by line: few lines where whole states would fill pages.
pub fn differences(left: &Value, right: &Value) -> Vec<String> {
    let mut found = Vec::new();
    compare("", left, right, &mut found);
    found
}

fn compare(path: &str, left: &Value, right: &Value, found: &mut Vec<String>) {
    match (left, right) {
        (Value::Object(a), Value::Object(b)) => {
            let keys: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
            for key in keys {
                let of = |side: &Map<String, Value>| side.get(key).cloned().unwrap_or_default();
                compare(&format!("{path}/{key}"), &of(a), &of(b), found);
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (at, (a, b)) in a.iter().zip(b).enumerate() {
                compare(&format!("{path}/{at}"), a, b, found);
            }
        }
        _ if left == right => {}
        _ => found.push(format!("{path}: {left} is not {right}")),
    }
}
