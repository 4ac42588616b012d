//! Any sequence of texts and frames is assembled as a simple model says, within the limits.
//!
//! The input is cut at bytes 0xff, which no text holds; a piece that begins with `b` is a frame, any other a text.
#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use socketio::{
    decode::{self, Assembled, Assembler, Limits, Message},
    error::Error,
    packet::{Kind, Packet},
};

const LIMITS: Limits = Limits { attachments: 3, bytes: 16 };

/// What is missing, and what came.
type Model = Option<(usize, Vec<Vec<u8>>)>;

fuzz_target!(|input: &[u8]| {
    let (mut assembler, mut model) = (Assembler::new(LIMITS), None);
    for piece in input.split(|byte| *byte == 0xff) {
        match piece.strip_prefix(b"b") {
            Some(bytes) => frame(&mut assembler, &mut model, bytes),
            None => std::str::from_utf8(piece)
                .into_iter()
                .for_each(|piece| text(&mut assembler, &mut model, piece)),
        }
        assert_eq!(assembler.is_waiting(), model.is_some());
    }
});

fn text(assembler: &mut Assembler, model: &mut Model, text: &str) {
    let came = assembler.text(text);
    if model.take().is_some() {
        assert_eq!(came.unwrap_err(), Error::Interrupted);
        return;
    }
    let decoded = decode::packet_within(text, LIMITS.attachments);
    placeholders(text, &decoded);
    match (came, decoded) {
        (Err(error), Err(expected)) => assert_eq!(error, expected),
        (
            Ok(came),
            Ok(Packet {
                kind: Kind::BinaryEvent { attachments, .. } | Kind::BinaryAck { attachments, .. },
                ..
            }),
        ) => {
            assert_eq!(came.is_none(), attachments > 0);
            *model = (attachments > 0).then(|| (attachments, Vec::new()));
        }
        (Ok(Some(came)), Ok(expected)) => assert_eq!(format!("{came:?}"), format!("{expected:?}")),
        different => panic!("{text:?}: {different:?}"),
    }
}

fn frame(assembler: &mut Assembler, model: &mut Model, bytes: &[u8]) {
    let came = assembler.binary(Bytes::copy_from_slice(bytes));
    let Some((missing, mut frames)) = model.take() else {
        assert_eq!(came.unwrap_err(), Error::Unannounced);
        return;
    };
    frames.push(bytes.to_vec());
    if frames.iter().map(Vec::len).sum::<usize>() > LIMITS.bytes {
        assert_eq!(came.unwrap_err(), Error::TooLarge);
    } else if frames.len() < missing {
        assert!(came.unwrap().is_none());
        *model = Some((missing, frames));
    } else {
        let packet = came.unwrap().expect("that was the last frame");
        assert_eq!(packet.attachments, frames);
        assert!(args(&packet).iter().all(|arg| fits(arg, frames.len())));
    }
}

fn args(packet: &Assembled) -> Vec<Value> {
    let (Message::Event { args, .. } | Message::Ack { args, .. }) = &packet.message;
    args.iter().filter_map(|arg| serde_json::from_str(arg.get()).ok()).collect()
}

/// Compares the verdict about placeholders with one that is reached by parsing.
fn placeholders(text: &str, decoded: &Result<Packet<'_>, Error>) {
    let Some((head, attachments)) =
        text.split_once('-').and_then(|(head, _)| Some((head, head.get(1..)?.parse().ok()?)))
    else {
        return;
    };
    let json = text.find('[').and_then(|at| serde_json::from_str::<Value>(&text[at..]).ok());
    match (decoded, json) {
        (Ok(_), Some(json)) if head.starts_with(['5', '6']) => assert!(fits(&json, attachments), "{text:?}"),
        (Err(Error::Placeholder), Some(json)) => assert!(!fits(&json, attachments), "{text:?}"),
        _ => {}
    }
}

fn fits(value: &Value, attachments: usize) -> bool {
    match value {
        Value::Object(object) if object.get("_placeholder") == Some(&Value::Bool(true)) => {
            object.get("num").and_then(Value::as_u64).is_some_and(|index| index < attachments as u64)
                && object.values().all(|inner| fits(inner, attachments))
        }
        Value::Object(object) => object.values().all(|inner| fits(inner, attachments)),
        Value::Array(array) => array.iter().all(|inner| fits(inner, attachments)),
        _ => true,
    }
}
