//! What holds for every packet and for every text.

use std::borrow::Cow;

use proptest::{collection::vec, option, prelude::*};
use serde_json::{Value, value::RawValue};
use socketio::{
    decode, encode, engine,
    packet::{Args, Event, Kind, MAX_ATTACHMENTS, Packet, RESERVED},
};

fn json() -> impl Strategy<Value = Value> {
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
    fn events_survive(ns in namespace(), id in option::of(any::<u64>()), name in name(), args in vec(json(), 0..4), n in 0..=MAX_ATTACHMENTS) {
        let args: Vec<_> = args.iter().map(raw).collect();
        let event = Event { name: Cow::Borrowed(&name), args: args.iter().map(|arg| &**arg).collect() };
        round_trip(&ns, Kind::Event { id, event: event.clone() });
        round_trip(&ns, Kind::BinaryEvent { id, attachments: n, event });
    }

    #[test]
    fn acknowledgements_survive(ns in namespace(), id in any::<u64>(), args in vec(json(), 0..4), n in 0..=MAX_ATTACHMENTS) {
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
    fn what_the_server_writes_can_be_read(ns in namespace(), sid in any::<String>(), data in json(), name in name()) {
        let data = data.to_string();
        let mut text = String::new();
        encode::connected(&mut text, &ns, &sid);
        let Kind::Connect { auth: Some(_) } = decode::packet(&text).unwrap().kind else { panic!("{text}") };
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
    fn no_text_panics(text in any::<String>()) {
        let _ = engine::Packet::decode(&text).is_ok();
        let _ = decode::packet(&text).is_ok();
    }

    #[test]
    fn no_near_packet_panics(text in r#"[0-7][0-9]{0,22}-?(/[a-z,?=]{0,8})?,?[0-9]{0,22}[\[{"][ -~你]{0,24}[\]}"]?"#) {
        let _ = decode::packet(&text).is_ok();
    }
}
