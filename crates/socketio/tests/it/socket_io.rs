//! Each sentence of the Socket.IO protocol, version 5, that binds who reads or writes packets.

use std::borrow::Cow;

use serde_json::{Value, json};
use socketio::{
    decode,
    encode::{self, Address},
    error::Error,
    packet::{Kind, MAX_NAMESPACE, Packet, RESERVED, ROOT},
};

use crate::transcript::decode;

fn decoded(text: &str, frames: &[&[u8]]) -> Value {
    let frames: Vec<_> = frames.iter().map(|frame| frame.to_vec()).collect();
    decode(text, &frames).unwrap_or_else(|error| panic!("{text}: {error}")).unwrap()
}

fn refused(text: &str) -> Error {
    decode::packet(text).unwrap_err()
}

fn written(write: impl FnOnce(&mut String)) -> String {
    let mut out = String::new();
    write(&mut out);
    out
}

/// The examples of the specification, as what they say, as text and as frames.
#[test]
fn packets_are_encoded_as_the_specification_shows() {
    let cases: [(&str, &[&[u8]], Value); 18] = [
        ("0", &[], json!({"type":"CONNECT","nsp":"/"})),
        (r#"0{"sid":"wZX3"}"#, &[], json!({"type":"CONNECT","nsp":"/","data":{"sid":"wZX3"}})),
        ("0/admin,", &[], json!({"type":"CONNECT","nsp":"/admin"})),
        (r#"0/admin,{"token":"123"}"#, &[], json!({"type":"CONNECT","nsp":"/admin","data":{"token":"123"}})),
        (r#"4{"message":"No"}"#, &[], json!({"type":"CONNECT_ERROR","nsp":"/","data":{"message":"No"}})),
        (r#"2["foo"]"#, &[], json!({"type":"EVENT","nsp":"/","data":["foo"]})),
        (r#"2/admin,["bar"]"#, &[], json!({"type":"EVENT","nsp":"/admin","data":["bar"]})),
        (
            r#"51-["baz",{"_placeholder":true,"num":0}]"#,
            &[&[1, 2, 3, 4]],
            json!({"type":"EVENT","nsp":"/","data":["baz",{"$binary":"01020304"}]}),
        ),
        (
            r#"52-/admin,["baz",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]"#,
            &[&[1, 2], &[3, 4]],
            json!({"type":"EVENT","nsp":"/admin","data":["baz",{"$binary":"0102"},{"$binary":"0304"}]}),
        ),
        (r#"212["foo"]"#, &[], json!({"type":"EVENT","nsp":"/","data":["foo"],"id":12})),
        ("312[]", &[], json!({"type":"ACK","nsp":"/","data":[],"id":12})),
        (r#"2/admin,13["foo"]"#, &[], json!({"type":"EVENT","nsp":"/admin","data":["foo"],"id":13})),
        (r#"3/admin,13["bar"]"#, &[], json!({"type":"ACK","nsp":"/admin","data":["bar"],"id":13})),
        (
            r#"51-14["foo",{"_placeholder":true,"num":0}]"#,
            &[&[1, 2, 3, 4]],
            json!({"type":"EVENT","nsp":"/","data":["foo",{"$binary":"01020304"}],"id":14}),
        ),
        (r#"314["bar"]"#, &[], json!({"type":"ACK","nsp":"/","data":["bar"],"id":14})),
        (
            r#"61-15["bar",{"_placeholder":true,"num":0}]"#,
            &[&[1, 2, 3, 4]],
            json!({"type":"ACK","nsp":"/","data":["bar",{"$binary":"01020304"}],"id":15}),
        ),
        ("1", &[], json!({"type":"DISCONNECT","nsp":"/"})),
        ("1/admin,", &[], json!({"type":"DISCONNECT","nsp":"/admin"})),
    ];
    for (text, frames, packet) in cases {
        assert_eq!(decoded(text, frames), packet, "{text}");
        assert_eq!(written(|out| encode::packet(out, &decode::packet(text).unwrap())), text);
    }
}

#[test]
fn a_namespace_ends_at_its_comma_or_with_the_packet() {
    for (text, namespace) in [
        ("0", ROOT),
        ("0/", ROOT),
        ("0/,", ROOT),
        ("0/,{}", ROOT),
        ("0/custom", "/custom"),
        ("0/custom,", "/custom"),
        ("0/custom,{}", "/custom"),
        ("0//,", "//"),
        ("0/a/b-1 客廳,", "/a/b-1 客廳"),
        // A query belonged to the namespace up to version 2; now it is a part of the name, and no such name is known.
        ("0/a?x=1,{}", "/a?x=1"),
        ("1/custom", "/custom"),
        (r#"2/a,7["x"]"#, "/a"),
        (r#"52-/a,7["x"]"#, "/a"),
        ("3/a,7[]", "/a"),
    ] {
        assert_eq!(decode::packet(text).unwrap().namespace, namespace, "{text}");
    }
    assert_eq!(refused(r#"2/custom["x"]"#), Error::Payload);
    assert_eq!(refused(r#"2custom,["x"]"#), Error::Payload);
    assert!(decode::packet(&format!("0/{},", "n".repeat(MAX_NAMESPACE - 1))).is_ok());
    assert_eq!(refused(&format!("0/{},", "n".repeat(MAX_NAMESPACE))), Error::Namespace);
    for control in ["0/a\u{1e}b,", "0/a\n", "0/\u{0},{}", "0/\u{7f}"] {
        assert_eq!(refused(control), Error::Namespace, "{control:?}");
    }
}

#[test]
fn a_connect_payload_is_an_object_or_absent() {
    for (text, auth) in [("0{}", "{}"), (r#"0/a,{"x":[1]}"#, r#"{"x":[1]}"#), ("0{} ", "{}")] {
        assert_eq!(decoded(text, &[])["data"], serde_json::from_str::<Value>(auth).unwrap());
    }
    for text in ["0[]", "0null", r#"0"x""#, "0true", "0 {}", "0{", "0{}{}", "0{'a':1}", "0/a,[]"] {
        assert_eq!(refused(text), Error::Payload, "{text}");
    }
    assert_eq!(refused("01"), Error::Id);
}

#[test]
fn a_refusal_is_an_object_or_a_string() {
    for text in [r#"4{"message":"x"}"#, r#"4"x""#, "4{}", r#"4/a,{"message":"x","data":null}"#] {
        assert_eq!(written(|out| encode::packet(out, &decode::packet(text).unwrap())), text);
    }
    for text in ["4", "4[]", "4null", "4true", "4/a"] {
        assert_eq!(refused(text), Error::Payload, "{text}");
    }
}

#[test]
fn a_disconnect_has_no_payload() {
    for text in ["1{}", "1[]", "1null", "1/a,{}", "1 "] {
        assert_eq!(refused(text), Error::Payload, "{text}");
    }
}

#[test]
fn an_event_is_an_array_that_begins_with_its_name() {
    for text in [
        "2", "2[]", "2{}", "2null", r#"2"x""#, "2[null]", "2[true]", "2[{}]", "2[[]]", "21", "2/a", "51-",
        "51-[]",
    ] {
        assert_eq!(refused(text), Error::Payload, "{text}");
    }
    for (text, name) in
        [(r#"2["x"]"#, "x"), ("2[7]", "7"), ("2[-0.5]", "-0.5"), (r#"2[""]"#, ""), (r#"2["\u4f60"]"#, "你")]
    {
        assert_eq!(decoded(text, &[])["data"][0], name);
    }
}

#[test]
fn arguments_stay_as_they_came() {
    let Packet { namespace: "/", kind: Kind::Event { id: Some(12), event } } =
        decode::packet(r#"212["send_message", {"content":"你\n好"} , 1e3,"\ud83d", 1e999]"#).unwrap()
    else {
        panic!("not an event with an id");
    };
    assert!(matches!(event.name, Cow::Borrowed("send_message")));
    let args: Vec<_> = event.args.iter().map(|arg| arg.get()).collect();
    assert_eq!(args, [r#"{"content":"你\n好"}"#, "1e3", r#""\ud83d""#, "1e999"]);
}

#[test]
fn a_payload_is_json_and_nothing_else() {
    for rest in [
        r#"["x""#,
        r#"["x"]]"#,
        r#"["x",]"#,
        r#"["x"]x"#,
        "[\"a\u{1}\"]",
        "['x']",
        r#"[,"x"]"#,
        r#"["x" 1]"#,
        "[\"x\",\u{a0}1]",
    ] {
        for head in ["2", "2/a,1", "31", "51-", "61-1", "0", "4"] {
            assert_eq!(refused(&format!("{head}{rest}")), Error::Payload, "{head}{rest}");
        }
    }
}

#[test]
fn the_type_is_one_digit() {
    assert_eq!(refused(""), Error::Empty);
    for text in ["7", "9[1]", "x", "你", "-1", r#" 2["x"]"#, "\u{662}[1]"] {
        assert_eq!(refused(text), Error::Type, "{text}");
    }
}

#[test]
fn attachments_are_announced_by_a_number_and_a_hyphen() {
    for (text, count) in [(r#"50-["x"]"#, 0), (r#"51-["x"]"#, 1), (r#"510-/a,3["x"]"#, 10)] {
        let Kind::BinaryEvent { attachments, .. } = decode::packet(text).unwrap().kind else {
            panic!("{text}")
        };
        assert_eq!(attachments, count);
    }
    for head in
        ["511-", "5-", "5", "51", "5+1-", "51e1-", "501-", "5001-", "5１-", "5 1-", "51 -", "5-1-", "6", "61"]
    {
        assert_eq!(refused(&format!(r#"{head}["x"]"#)), Error::Attachments, "{head}");
    }
    assert_eq!(refused(r#"21-["x"]"#), Error::Payload);
}

#[test]
fn some_names_are_reserved() {
    for name in RESERVED {
        assert_eq!(refused(&format!(r#"2["{name}"]"#)), Error::Reserved);
        assert_eq!(refused(&format!(r#"2/a,1["{name}",{{}}]"#)), Error::Reserved);
        assert_eq!(refused(&format!(r#"51-["{name}"]"#)), Error::Reserved);
    }
    for name in ["Connect", "connection", "error", "message", "connect ", "reconnect"] {
        assert!(decode::packet(&format!(r#"2["{name}"]"#)).is_ok());
    }
}

#[test]
fn an_acknowledgement_has_an_id_and_an_array() {
    assert_eq!(decoded("30[null,[],{}]", &[])["data"], json!([null, [], {}]));
    for text in ["3[]", "3/a,[]", "3", "60-[]"] {
        assert_eq!(refused(text), Error::Id, "{text}");
    }
    for text in ["31", "31{}", "31null", r#"31"x""#, "31[", "31[]]", "61-1{}"] {
        assert_eq!(refused(text), Error::Payload, "{text}");
    }
}

#[test]
fn an_id_is_digits_that_fit_64_bits() {
    for (digits, id) in [
        ("0", 0),
        ("7", 7),
        ("007", 7),
        ("9007199254740993", 9_007_199_254_740_993),
        ("18446744073709551615", u64::MAX),
    ] {
        assert_eq!(decoded(&format!(r#"2{digits}["x"]"#), &[])["id"], id);
        assert_eq!(decoded(&format!("3/a,{digits}[]"), &[])["id"], id);
    }
    assert_eq!(refused(r#"218446744073709551616["x"]"#), Error::Id);
    for text in [
        r#"2-1["x"]"#,
        r#"21.5["x"]"#,
        r#"21e3["x"]"#,
        r#"2+1["x"]"#,
        r#"2 1["x"]"#,
        r#"21 ["x"]"#,
        r#"2１["x"]"#,
        r#"2٣["x"]"#,
    ] {
        assert_eq!(refused(text), Error::Payload, "{text}");
    }
}

#[test]
fn a_server_confirms_and_refuses_in_any_namespace() {
    assert_eq!(written(|out| encode::connected_as(out, ROOT, "s", None)), r#"0{"sid":"s"}"#);
    assert_eq!(written(|out| encode::connected_as(out, "/a", "s", None)), r#"0/a,{"sid":"s"}"#);
    assert_eq!(
        written(|out| encode::connected_as(out, "/a", "s", Some("p"))),
        r#"0/a,{"sid":"s","pid":"p"}"#
    );
    assert_eq!(
        written(|out| encode::connect_error(out, "/random", "Invalid namespace", None)),
        r#"4/random,{"message":"Invalid namespace"}"#
    );
    assert_eq!(
        written(|out| encode::connect_error(out, ROOT, "a\"b", Some(r#"{"code":1}"#))),
        r#"4{"message":"a\"b","data":{"code":1}}"#
    );
    assert_eq!(written(|out| encode::disconnect(out, "/a")), "1/a,");
}

#[test]
fn a_server_sends_events_and_acknowledgements_with_attachments() {
    let to = Address { namespace: "/a", id: Some(7) };
    let args = written(|out| {
        encode::placeholder(out, 0);
        out.push(',');
        encode::placeholder(out, 1);
    });
    let event = written(|out| encode::binary_event(out, 2, to, "x", &["1,", &args]));
    assert_eq!(event, r#"52-/a,7["x",1,{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]"#);
    assert_eq!(
        decoded(&event, &[b"\x01", b""]),
        json!({"type":"EVENT","nsp":"/a","id":7,"data":["x",1,{"$binary":"01"},{"$binary":""}]})
    );
    let ack = written(|out| encode::binary_ack(out, 2, ROOT, 8, &format!("[{args}]")));
    assert_eq!(ack, r#"62-8[{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]"#);
    let root = Address { namespace: ROOT, id: None };
    assert_eq!(written(|out| encode::binary_event(out, 1, root, "x", &[])), r#"51-["x"]"#);
}
