//! What holds for every packet and for every text.

use std::borrow::Cow;

use bytes::Bytes;
use proptest::{collection::vec, option, prelude::*};
use serde_json::{Value, json, value::RawValue};
use socketio::{
    decode::{self, Assembler, Limits, Message},
    encode::{self, Address},
    packet::{Args, Event, Kind, MAX_ATTACHMENTS, Packet, RESERVED},
    payload::{self, Builder, Part},
};

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            vec((any::<String>(), inner), 0..4).prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
        ]
    })
}

fn raw(value: &Value) -> Box<RawValue> {
    serde_json::value::to_raw_value(value).unwrap()
}

fn namespace() -> impl Strategy<Value = String> {
    prop_oneof![Just("/".to_owned()), "/[^,\\p{Cc}]{1,40}"]
}

fn name() -> impl Strategy<Value = String> {
    any::<String>().prop_filter("reserved", |name| !RESERVED.contains(&name.as_str()))
}

/// One packet of a payload, for itself.
#[derive(Debug, Clone, PartialEq)]
enum Either {
    Text(String),
    Binary(Vec<u8>),
}

fn part() -> impl Strategy<Value = Either> {
    prop_oneof![
        prop_oneof![Just("1"), Just("2probe"), Just("3"), Just("5"), Just("6")]
            .prop_map(|text| Either::Text(text.to_owned())),
        "4[^\u{1e}]{0,40}".prop_map(Either::Text),
        vec(any::<u8>(), 0..40).prop_map(Either::Binary),
    ]
}

fn own(part: &Part<'_>) -> Either {
    match part {
        Part::Text(packet) => {
            let mut text = String::new();
            packet.encode(&mut text);
            Either::Text(text)
        }
        Part::Binary(message) => Either::Binary(message.to_vec()),
    }
}

/// Writes the packet, reads it back, and compares how both print.
fn round_trip<'a>(namespace: &'a str, kind: Kind<'a>) {
    let packet = Packet { namespace, kind };
    let mut text = String::new();
    encode::packet(&mut text, &packet);
    let back = decode::packet(&text).unwrap_or_else(|err| panic!("{text}: {err}"));
    assert_eq!(format!("{packet:?}"), format!("{back:?}"), "{text}");
}

proptest! {
    #[test]
    fn events_survive(ns in namespace(), id in option::of(any::<u64>()), name in name(), args in vec(any_json(), 0..4), n in 0..=MAX_ATTACHMENTS) {
        let args: Vec<_> = args.iter().map(raw).collect();
        let event = Event { name: Cow::Borrowed(&name), args: args.iter().map(|arg| &**arg).collect() };
        round_trip(&ns, Kind::Event { id, event: event.clone() });
        round_trip(&ns, Kind::BinaryEvent { id, attachments: n, event });
    }

    #[test]
    fn acknowledgements_survive(ns in namespace(), id in any::<u64>(), args in vec(any_json(), 0..4), n in 0..=MAX_ATTACHMENTS) {
        let args: Vec<_> = args.iter().map(raw).collect();
        let args: Args<'_> = args.iter().map(|arg| &**arg).collect();
        round_trip(&ns, Kind::Ack { id, args: args.clone() });
        round_trip(&ns, Kind::BinaryAck { id, attachments: n, args });
    }

    #[test]
    fn connections_survive(ns in namespace(), token in any::<String>()) {
        let object = raw(&serde_json::json!({ "token": token }));
        round_trip(&ns, Kind::Connect { auth: Some(&object) });
        round_trip(&ns, Kind::Connect { auth: None });
        round_trip(&ns, Kind::ConnectError { data: &object });
        round_trip(&ns, Kind::ConnectError { data: &raw(&Value::from(token)) });
        round_trip(&ns, Kind::Disconnect);
    }

    #[test]
    fn what_the_server_writes_can_be_read(ns in namespace(), pid in option::of(any::<String>()), sid in any::<String>(), data in any_json(), name in name()) {
        let data = data.to_string();
        let mut text = String::new();
        encode::connected_as(&mut text, &ns, &sid, pid.as_deref());
        let Kind::Connect { auth: Some(auth) } = decode::packet(&text).unwrap().kind else { panic!("{text}") };
        let expected = pid.map_or_else(|| json!({ "sid": sid }), |pid| json!({ "sid": sid, "pid": pid }));
        prop_assert_eq!(serde_json::from_str::<Value>(auth.get()).unwrap(), expected);
        text.clear();
        encode::connect_error(&mut text, &ns, &sid, Some(&data));
        let Kind::ConnectError { .. } = decode::packet(&text).unwrap().kind else { panic!("{text}") };
        text.clear();
        encode::event(&mut text, &ns, None, &name, &["[", &data, "]", ",", "1"]);
        let Kind::Event { event, id: None } = decode::packet(&text).unwrap().kind else { panic!("{text}") };
        prop_assert_eq!(event.name, name);
        prop_assert_eq!(event.args.len(), 2);
    }

    #[test]
    fn payloads_survive(parts in vec(part(), 1..20)) {
        let mut builder = Builder::default();
        for part in &parts {
            let expected = match part {
                Either::Text(text) => builder.len_with_text(text.len()),
                Either::Binary(message) => builder.len_with_binary(message.len()),
            };
            match part {
                Either::Text(text) => builder.text(text).unwrap(),
                Either::Binary(message) => builder.binary(message),
            }
            prop_assert_eq!(builder.len(), expected);
        }
        let body = builder.finish();
        let back: Vec<_> = payload::decode(&body).map(|part| own(&part.unwrap())).collect();
        prop_assert_eq!(back, parts);
    }

    #[test]
    fn attachments_survive(ns in namespace(), id in option::of(any::<u64>()), frames in vec(vec(any::<u8>(), 0..40), 1..=MAX_ATTACHMENTS)) {
        let mut args = String::new();
        for index in 0..frames.len() {
            args.push_str(if index == 0 { "[" } else { ",[" });
            encode::placeholder(&mut args, index);
            args.push(']');
        }
        let mut text = String::new();
        encode::binary_event(&mut text, frames.len(), Address { namespace: &ns, id }, "x", &[&args]);
        let mut assembler = Assembler::new(Limits::default());
        prop_assert!(assembler.text(&text).unwrap().is_none());
        let mut done = None;
        for frame in &frames {
            prop_assert!(done.is_none());
            done = assembler.binary(Bytes::copy_from_slice(frame)).unwrap();
        }
        let done = done.unwrap();
        prop_assert_eq!(done.namespace, ns);
        prop_assert_eq!(done.attachments, frames);
        let Message::Event { id: back, name, args: back_args } = done.message else { panic!("{text}") };
        prop_assert_eq!((back, name.as_str()), (id, "x"));
        prop_assert_eq!(back_args.iter().map(|arg| arg.get()).collect::<Vec<_>>().join(","), args);
    }

    #[test]
    fn what_can_be_read_is_written_alike(text in r#"[0-6]([0-9]-)?(/[a-z]{0,3},)?[0-9]{0,3}(\[("x"|7|\{"a":\[\]\}|,){0,5}\]|\{("a":1)?\}|"x")?"#) {
        if let Ok(packet) = decode::packet(&text) {
            let mut once = String::new();
            encode::packet(&mut once, &packet);
            let again = decode::packet(&once).unwrap();
            prop_assert_eq!(format!("{packet:?}"), format!("{again:?}"));
            let mut twice = String::new();
            encode::packet(&mut twice, &again);
            prop_assert_eq!(&once, &twice);
        }
    }

    #[test]
    fn no_text_panics(text in any::<String>()) {
        let _ = payload::decode(&text).all(|part| part.is_ok());
        let _ = decode::packet(&text).is_ok();
    }

    #[test]
    fn no_near_packet_panics(text in r#"[0-7][0-9]{0,22}-?(/[a-z,?=]{0,8})?,?[0-9]{0,22}[\[{"][ -~你]{0,24}[\]}"]?"#) {
        let _ = decode::packet(&text).is_ok();
    }
}
