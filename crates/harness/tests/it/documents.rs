//! What holds for both documents of the interface, OpenAPI and AsyncAPI.

use std::process::Command;

use harness::stack::root;
use serde_json::Value;

/// Reads a file of the project.
pub(crate) fn kept(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap()
}

/// `docs/<name>.json` is the document, and `chatroom <name>` prints it.
pub(crate) fn assert_kept_and_shown(name: &str, text: &str) {
    let path = format!("docs/{name}.json");
    assert!(kept(&path) == text, "{path} is not the document: chatroom {name} > {path}");
    let elsewhere = tempfile::tempdir().unwrap();
    let program = env!("CARGO_BIN_EXE_chatroom_under_test");
    let shown = Command::new(program).arg(name).current_dir(elsewhere.path()).env_clear().output();
    assert_eq!(String::from_utf8(shown.unwrap().stdout).unwrap(), text);
}

/// Returns all references of a document, each of which leads somewhere in it.
pub(crate) fn whole(document: &Value) -> Vec<&str> {
    let all = refs(document);
    for reference in &all {
        let target = reference.strip_prefix('#').and_then(|pointer| document.pointer(pointer));
        assert!(target.is_some(), "{reference} leads nowhere");
    }
    all
}

/// Returns all references in a value.
pub(crate) fn refs(value: &Value) -> Vec<&str> {
    match value {
        Value::Object(fields) => {
            let own = fields.get("$ref").and_then(Value::as_str);
            own.into_iter().chain(fields.values().flat_map(refs)).collect()
        }
        Value::Array(items) => items.iter().flat_map(refs).collect(),
        _ => Vec::new(),
    }
}
