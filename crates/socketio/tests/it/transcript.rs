//! A message with its attachments as one JSON value, so that it can be compared.

use bytes::Bytes;
use serde_json::{Value, json, value::RawValue};
use socketio::{
    decode::{Assembled, Assembler, Limits, Message},
    error::Error,
    packet::{Kind, Packet},
};

/// Decodes one text and the frames that follow it; none while attachments are missing.
pub(crate) fn decode(text: &str, frames: &[Vec<u8>]) -> Result<Option<Value>, Error> {
    let mut assembler = Assembler::new(Limits::default());
    let mut decoded = assembler.text(text)?.map(|packet| plain(&packet));
    for frame in frames {
        decoded = assembler.binary(Bytes::copy_from_slice(frame))?.map(|packet| binary(&packet));
    }
    assert_eq!(decoded.is_none(), assembler.is_waiting());
    Ok(decoded)
}

fn plain(packet: &Packet<'_>) -> Value {
    let nsp = packet.namespace;
    match &packet.kind {
        Kind::Connect { auth: None } => json!({ "type": "CONNECT", "nsp": nsp }),
        Kind::Connect { auth: Some(auth) } => json!({ "type": "CONNECT", "nsp": nsp, "data": auth }),
        Kind::Disconnect => json!({ "type": "DISCONNECT", "nsp": nsp }),
        Kind::ConnectError { data } => json!({ "type": "CONNECT_ERROR", "nsp": nsp, "data": data }),
        Kind::Event { id, event } => {
            let args = event.args.iter().map(|arg| value(arg, &[]));
            with_id(json!({ "type": "EVENT", "nsp": nsp, "data": named(&event.name, args) }), *id)
        }
        Kind::Ack { id, args } => {
            let data: Vec<_> = args.iter().map(|arg| value(arg, &[])).collect();
            with_id(json!({ "type": "ACK", "nsp": nsp, "data": data }), Some(*id))
        }
        Kind::BinaryEvent { .. } | Kind::BinaryAck { .. } => panic!("not assembled: {packet:?}"),
    }
}

fn binary(packet: &Assembled) -> Value {
    let (nsp, attachments) = (&packet.namespace, &packet.attachments);
    match &packet.message {
        Message::Event { id, name, args } => {
            let args = args.iter().map(|arg| value(arg, attachments));
            with_id(json!({ "type": "EVENT", "nsp": nsp, "data": named(name, args) }), *id)
        }
        Message::Ack { id, args } => {
            let data: Vec<_> = args.iter().map(|arg| value(arg, attachments)).collect();
            with_id(json!({ "type": "ACK", "nsp": nsp, "data": data }), Some(*id))
        }
    }
}

fn named(name: &str, args: impl Iterator<Item = Value>) -> Vec<Value> {
    std::iter::once(Value::from(name)).chain(args).collect()
}

fn with_id(mut packet: Value, id: Option<u64>) -> Value {
    if let Some(id) = id {
        packet["id"] = Value::from(id);
    }
    packet
}

fn value(arg: &RawValue, attachments: &[Bytes]) -> Value {
    let mut value = serde_json::from_str(arg.get()).unwrap_or_else(|_| Value::from(arg.get()));
    if !attachments.is_empty() {
        fill(&mut value, attachments);
    }
    value
}

/// Replaces placeholders by their attachments, as `{"$binary":"<hex>"}`.
fn fill(value: &mut Value, attachments: &[Bytes]) {
    match value {
        Value::Object(object) if object.get("_placeholder") == Some(&Value::Bool(true)) => {
            let index = usize::try_from(object["num"].as_u64().unwrap()).unwrap();
            *value = json!({ "$binary": hex(&attachments[index]) });
        }
        Value::Object(object) => object.values_mut().for_each(|inner| fill(inner, attachments)),
        Value::Array(array) => array.iter_mut().for_each(|inner| fill(inner, attachments)),
        _ => {}
    }
}

/// Bytes as lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .filter_map(|digit| char::from_digit(digit.into(), 16))
        .collect()
}

/// Bytes from hexadecimal digits.
pub(crate) fn unhex(digits: &str) -> Vec<u8> {
    let pair = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    digits.as_bytes().chunks(2).map(pair).collect()
}
