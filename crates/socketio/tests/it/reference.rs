//! What the official parsers make of packets and texts, recorded by `vectors/generate.mjs`.

use serde::Deserialize;
use serde_json::{Value, json};
use socketio::{
    decode,
    encode::{self, Address},
    engine,
    error::Error,
    packet::{Args, Kind, Packet},
    payload::{self, Builder, Part},
};

use crate::transcript::{decode, hex, unhex};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Vectors {
    socket_encoded: Vec<Message>,
    socket_decoded: Vec<Message>,
    payload_encoded: Vec<Payload>,
    payload_decoded: Vec<Payload>,
}

#[derive(Deserialize)]
struct Message {
    text: String,
    frames: Vec<String>,
    #[serde(default)]
    packet: Value,
}

#[derive(Deserialize)]
struct Payload {
    body: String,
    packets: Vec<Option<Value>>,
}

fn vectors() -> Vectors {
    serde_json::from_str(include_str!("../vectors/reference.json")).unwrap()
}

#[test]
fn writes_packets_as_the_official_encoder_does() {
    for Message { text, .. } in vectors().socket_encoded {
        let packet = decode::packet(&text).unwrap();
        let (mut whole, mut parts) = (String::new(), String::new());
        encode::packet(&mut whole, &packet);
        // A numeric name is given by its digits, and becomes a string.
        let text = text.replacen("[5,", "[\"5\",", 1);
        assert_eq!(whole, text);
        if write_from_parts(&mut parts, &packet) {
            assert_eq!(parts, text);
        }
    }
}

/// Writes what a server writes, with the functions made for it.
fn write_from_parts(out: &mut String, packet: &Packet<'_>) -> bool {
    let namespace = packet.namespace;
    match &packet.kind {
        Kind::Connect { .. } => return false,
        Kind::Disconnect => encode::disconnect(out, namespace),
        Kind::Event { id, event } => {
            let args = joined(&event.args);
            let pieces = [args.as_str()];
            encode::event(out, namespace, *id, &event.name, if args.is_empty() { &[] } else { &pieces });
        }
        Kind::BinaryEvent { id, attachments, event } => {
            let to = Address { namespace, id: *id };
            encode::binary_event(out, *attachments, to, &event.name, &[&joined(&event.args)]);
        }
        Kind::Ack { id, args } => encode::ack(out, namespace, *id, &format!("[{}]", joined(args))),
        Kind::BinaryAck { id, attachments, args } => {
            encode::binary_ack(out, *attachments, namespace, *id, &format!("[{}]", joined(args)));
        }
        Kind::ConnectError { data } => {
            let Ok(data) = serde_json::from_str::<Value>(data.get()) else { return false };
            let Some(message) = data["message"].as_str() else { return false };
            encode::connect_error(out, namespace, message, Some(&data["data"].to_string()));
        }
    }
    true
}

fn joined(args: &Args<'_>) -> String {
    args.iter().map(|arg| arg.get()).collect::<Vec<_>>().join(",")
}

#[test]
fn reads_packets_as_the_official_decoder_does() {
    for Message { text, frames, packet } in vectors().socket_decoded {
        let frames: Vec<_> = frames.iter().map(|frame| unhex(frame)).collect();
        let decoded = decode(&text, &frames);
        let fine = match &decoded {
            // The official parser refuses a packet that announces no attachments; here it is a plain one.
            Ok(Some(_)) if packet.is_null() => text.starts_with("50-") || text.starts_with("60-"),
            Ok(Some(ours)) => same(ours, &packet),
            Ok(None) => packet == "waiting",
            Err(_) if packet.is_null() => true,
            Err(error) => stricter(*error, &text, &packet),
        };
        assert!(fine, "{text:?}: {decoded:?}, the official parser: {packet}");
    }
}

/// Whether a text that the official parser takes is refused on purpose.
fn stricter(error: Error, text: &str, theirs: &Value) -> bool {
    let kind = theirs["type"].as_str().unwrap_or_default();
    match error {
        // The protocol demands a payload; and a space is not the digit zero.
        Error::Payload => theirs.get("data").is_none() || text.contains([' ', '\n']),
        // An id says which event is acknowledged, and nothing else has one.
        Error::Id => (kind == "ACK") == theirs.get("id").is_none(),
        // The number of attachments is digits, not whatever JavaScript takes for a number.
        Error::Attachments => {
            text.split('-').next().is_some_and(|count| !("51".."5:").contains(&count) || count.len() > 2)
        }
        Error::Placeholder => text.contains(r#""num":0."#),
        Error::Namespace => text.contains('\u{1e}'),
        _ => false,
    }
}

/// Whether both are the same to a reader of JavaScript, which has one kind of numbers.
fn same(ours: &Value, theirs: &Value) -> bool {
    match (ours, theirs) {
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, one)| b.get(key).is_some_and(|other| same(one, other)))
        }
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Number(a), Value::Number(b)) => a.as_f64() == b.as_f64(),
        // A numeric name is given by its digits.
        (Value::String(a), Value::Number(b)) => a.parse().ok() == b.as_f64(),
        _ => ours == theirs,
    }
}

#[test]
fn writes_payloads_as_the_official_encoder_does() {
    for Payload { body, packets } in vectors().payload_encoded {
        let mut builder = Builder::default();
        for packet in packets.iter().flatten() {
            let expected = if let Value::String(digits) = &packet["data"]["$binary"] {
                let message = unhex(digits);
                let expected = builder.len_with_binary(message.len());
                builder.binary(&message);
                expected
            } else {
                let text = engine_packet(packet);
                let expected = builder.len_with_text(text.len());
                builder.text(&text).unwrap();
                expected
            };
            assert_eq!(builder.len(), expected);
        }
        assert_eq!(builder.packets(), packets.len());
        assert_eq!(builder.finish(), body);
    }
}

fn engine_packet(packet: &Value) -> String {
    let data = packet["data"].as_str().unwrap_or_default();
    let packet = match packet["type"].as_str().unwrap() {
        "message" => engine::Packet::Message(data),
        "ping" => engine::Packet::Ping(data),
        "pong" => engine::Packet::Pong(data),
        "close" => engine::Packet::Close,
        "upgrade" => engine::Packet::Upgrade,
        "noop" => engine::Packet::Noop,
        other => panic!("{other}"),
    };
    let mut text = String::new();
    packet.encode(&mut text);
    text
}

/// Packets that the official parser takes: content where none belongs, and base64 that no encoder writes.
const LAX: [&str; 7] = ["1x", "b*", "bA", "bAQ", "bAQIDBA=", "bAR==", "b-_-_"];

#[test]
fn reads_payloads_as_the_official_decoder_does() {
    for Payload { body, packets } in vectors().payload_decoded {
        let ours: Vec<_> =
            payload::decode(&body).map(|part| part.ok().map(|part| part_value(&part))).collect();
        match body
            .split(payload::SEPARATOR)
            .position(|packet| LAX.contains(&packet))
            .filter(|at| *at < ours.len())
        {
            Some(at) => {
                assert_eq!(ours[..at], packets[..at], "{body:?}");
                assert_eq!(ours[at..], [None], "{body:?}");
            }
            None => assert_eq!(ours, packets, "{body:?}"),
        }
    }
}

fn part_value(part: &Part<'_>) -> Value {
    let (kind, data) = match part {
        Part::Binary(message) => return json!({ "type": "message", "data": { "$binary": hex(message) } }),
        Part::Text(engine::Packet::Open(data)) => ("open", *data),
        Part::Text(engine::Packet::Close) => ("close", ""),
        Part::Text(engine::Packet::Ping(data)) => ("ping", *data),
        Part::Text(engine::Packet::Pong(data)) => ("pong", *data),
        Part::Text(engine::Packet::Message(data)) => ("message", *data),
        Part::Text(engine::Packet::Upgrade) => ("upgrade", ""),
        Part::Text(engine::Packet::Noop) => ("noop", ""),
    };
    if data.is_empty() { json!({ "type": kind }) } else { json!({ "type": kind, "data": data }) }
}
