//! Socket.IO packets into text, appended to a buffer that the caller owns.
//!
//! JSON is passed serialised, so that one value is shared by many packets.

use std::fmt::{self, Write as _};

use serde_json::value::RawValue;

use crate::packet::{Event, Kind, Packet, ROOT};

/// The namespace of an event, and its acknowledgement id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Address<'a> {
    /// The namespace, with its leading slash.
    pub namespace: &'a str,
    /// Set when an acknowledgement is wanted.
    pub id: Option<u64>,
}

/// Appends an event. The pieces are concatenated as they are and must together form the JSON of the arguments,
/// commas between them included.
pub fn event(out: &mut String, namespace: &str, id: Option<u64>, name: &str, pieces: &[&str]) {
    head(out, '2', namespace, id);
    event_payload(out, name, pieces);
}

/// Appends an acknowledgement; `args` is the JSON array of what is answered.
pub fn ack(out: &mut String, namespace: &str, id: u64, args: &str) {
    head(out, '3', namespace, Some(id));
    out.push_str(args);
}

/// Appends an event whose pieces hold [`placeholder`]s for binary frames that follow.
pub fn binary_event(out: &mut String, attachments: usize, to: Address<'_>, name: &str, pieces: &[&str]) {
    binary_head(out, '5', attachments, to.namespace, to.id);
    event_payload(out, name, pieces);
}

/// Appends an acknowledgement whose array holds [`placeholder`]s for binary frames that follow.
pub fn binary_ack(out: &mut String, attachments: usize, namespace: &str, id: u64, args: &str) {
    binary_head(out, '6', attachments, namespace, Some(id));
    out.push_str(args);
}

/// Appends the placeholder of the attachment with this index, counted from zero.
pub fn placeholder(out: &mut String, index: usize) {
    out.push_str(r#"{"_placeholder":true,"num":"#);
    number(out, index as u64);
    out.push('}');
}

/// Appends the server's confirmation that the client has joined the namespace as `sid`; `pid` is the secret by which it
/// may later recover what it missed.
pub fn connected_as(out: &mut String, namespace: &str, sid: &str, pid: Option<&str>) {
    head(out, '0', namespace, None);
    out.push_str(r#"{"sid":"#);
    string(out, sid);
    if let Some(pid) = pid {
        out.push_str(r#","pid":"#);
        string(out, pid);
    }
    out.push('}');
}

/// Appends a refusal of the namespace; `data` is JSON that the client hands on as it is.
pub fn connect_error(out: &mut String, namespace: &str, message: &str, data: Option<&str>) {
    head(out, '4', namespace, None);
    out.push_str(r#"{"message":"#);
    string(out, message);
    if let Some(data) = data {
        out.push_str(r#","data":"#);
        out.push_str(data);
    }
    out.push('}');
}

/// Appends the packet that ends the namespace, but not the connection.
pub fn disconnect(out: &mut String, namespace: &str) {
    head(out, '1', namespace, None);
}

/// Appends any packet.
pub fn packet(out: &mut String, packet: &Packet<'_>) {
    let namespace = packet.namespace;
    match &packet.kind {
        Kind::Connect { auth } => {
            head(out, '0', namespace, None);
            out.push_str(auth.map_or("", |auth| auth.get()));
        }
        Kind::Disconnect => disconnect(out, namespace),
        Kind::ConnectError { data } => {
            head(out, '4', namespace, None);
            out.push_str(data.get());
        }
        Kind::Event { id, event } => {
            head(out, '2', namespace, *id);
            named(out, event);
        }
        Kind::BinaryEvent { id, attachments, event } => {
            binary_head(out, '5', *attachments, namespace, *id);
            named(out, event);
        }
        Kind::Ack { id, args } => {
            head(out, '3', namespace, Some(*id));
            array(out, args);
        }
        Kind::BinaryAck { id, attachments, args } => {
            binary_head(out, '6', *attachments, namespace, Some(*id));
            array(out, args);
        }
    }
}

fn head(out: &mut String, kind: char, namespace: &str, id: Option<u64>) {
    out.push(kind);
    address(out, namespace, id);
}

fn binary_head(out: &mut String, kind: char, attachments: usize, namespace: &str, id: Option<u64>) {
    out.push(kind);
    number(out, attachments as u64);
    out.push('-');
    address(out, namespace, id);
}

fn address(out: &mut String, namespace: &str, id: Option<u64>) {
    if namespace != ROOT {
        out.push_str(namespace);
        out.push(',');
    }
    if let Some(id) = id {
        number(out, id);
    }
}

fn event_payload(out: &mut String, name: &str, pieces: &[&str]) {
    out.push('[');
    string(out, name);
    if !pieces.is_empty() {
        out.push(',');
    }
    out.extend(pieces.iter().copied());
    out.push(']');
}

fn named(out: &mut String, event: &Event<'_>) {
    out.push('[');
    string(out, &event.name);
    for arg in &event.args {
        out.push(',');
        out.push_str(arg.get());
    }
    out.push(']');
}

fn array(out: &mut String, args: &[&RawValue]) {
    out.push('[');
    for (index, arg) in args.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        out.push_str(arg.get());
    }
    out.push(']');
}

fn number(out: &mut String, number: u64) {
    // Writing to a String cannot fail.
    let _: fmt::Result = write!(out, "{number}");
}

/// Writes a JSON string, as `JSON.stringify` would.
fn string(out: &mut String, text: &str) {
    out.push('"');
    let mut rest = text;
    while let Some(at) = rest.bytes().position(|byte| byte < b' ' || byte == b'"' || byte == b'\\') {
        let (plain, tail) = rest.split_at(at);
        out.push_str(plain);
        let mut chars = tail.chars();
        chars.next().into_iter().for_each(|special| escape(out, special));
        rest = chars.as_str();
    }
    out.push_str(rest);
    out.push('"');
}

fn escape(out: &mut String, special: char) {
    match special {
        '"' => out.push_str("\\\""),
        '\\' => out.push_str("\\\\"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        '\u{8}' => out.push_str("\\b"),
        '\u{c}' => out.push_str("\\f"),
        control => {
            // Writing to a String cannot fail.
            let _: fmt::Result = write!(out, "\\u{:04x}", u32::from(control));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(write: impl FnOnce(&mut String)) -> String {
        let mut out = String::new();
        write(&mut out);
        out
    }

    #[test]
    fn joins_prepared_pieces_into_one_event() {
        let message = r#"{"message_id":7,"content":"你好"}"#;
        let pieces = [r#"{"message":"#, message, r#","unread_count":"#, "3", "}"];
        assert_eq!(
            text(|out| event(out, ROOT, None, "new_message", &pieces)),
            r#"2["new_message",{"message":{"message_id":7,"content":"你好"},"unread_count":3}]"#
        );
        assert_eq!(text(|out| event(out, ROOT, None, "session_revoked", &[])), r#"2["session_revoked"]"#);
    }

    #[test]
    fn names_any_namespace_but_the_root() {
        assert_eq!(text(|out| event(out, "/admin", Some(12), "hi", &["1"])), r#"2/admin,12["hi",1]"#);
        assert_eq!(text(|out| ack(out, ROOT, 0, r#"[{"ok":true}]"#)), r#"30[{"ok":true}]"#);
        assert_eq!(text(|out| ack(out, "/admin", u64::MAX, "[]")), "3/admin,18446744073709551615[]");
        assert_eq!(text(|out| disconnect(out, "/admin")), "1/admin,");
    }

    #[test]
    fn confirms_and_refuses_a_namespace() {
        assert_eq!(
            text(|out| connected_as(out, ROOT, "wZX3oN0bSVIhsaknAAAI", None)),
            r#"0{"sid":"wZX3oN0bSVIhsaknAAAI"}"#
        );
        assert_eq!(
            text(|out| connect_error(out, "/admin", "Invalid namespace", None)),
            r#"4/admin,{"message":"Invalid namespace"}"#
        );
        assert_eq!(
            text(|out| connect_error(out, ROOT, "Not authenticated", Some(r#"{"code":"unauthorized"}"#))),
            r#"4{"message":"Not authenticated","data":{"code":"unauthorized"}}"#
        );
    }

    #[test]
    fn escapes_names() {
        assert_eq!(text(|out| event(out, ROOT, None, "a\"b\\c\n", &[])), r#"2["a\"b\\c\n"]"#);
        for code in 0..=0x2ff {
            let name = format!("前{}後", char::from_u32(code).unwrap());
            assert_eq!(text(|out| string(out, &name)), serde_json::to_string(&name).unwrap());
        }
    }
}
