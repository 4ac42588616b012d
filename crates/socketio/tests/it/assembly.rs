//! How a packet and its attachments find together, and when they do not.

use bytes::Bytes;
use socketio::{
    decode::{Assembled, Assembler, Limits, Message},
    encode::{self, Address},
    error::Error,
    packet::{Kind, Packet},
};

const ONE: &str = r#"51-["x",{"_placeholder":true,"num":0}]"#;
const TWO: &str = r#"52-/a,9["x",{"b":[{"_placeholder":true,"num":1}]}, {"num":0,"_placeholder":true}]"#;

fn assembler() -> Assembler {
    Assembler::new(Limits::default())
}

fn frame(bytes: &'static [u8]) -> Bytes {
    Bytes::from_static(bytes)
}

/// Writes the packet as an echo server does.
fn echo(packet: &Assembled) -> String {
    let (namespace, count, mut out) = (packet.namespace.as_str(), packet.attachments.len(), String::new());
    match &packet.message {
        Message::Event { id, name, args } => {
            let args = args.iter().map(|arg| arg.get()).collect::<Vec<_>>().join(",");
            encode::binary_event(&mut out, count, Address { namespace, id: *id }, name, &[&args]);
        }
        Message::Ack { id, args } => {
            let args = args.iter().map(|arg| arg.get()).collect::<Vec<_>>().join(",");
            encode::binary_ack(&mut out, count, namespace, *id, &format!("[{args}]"));
        }
    }
    out
}

#[test]
fn announces_completion_with_the_last_frame() {
    let mut assembler = assembler();
    for _ in 0..2 {
        assert!(!assembler.is_waiting());
        assert!(assembler.text(TWO).unwrap().is_none());
        assert!(assembler.is_waiting());
        assert!(assembler.binary(frame(b"first")).unwrap().is_none());
        assert!(assembler.is_waiting());
        let packet = assembler.binary(frame(b"")).unwrap().unwrap();
        assert!(!assembler.is_waiting());
        assert_eq!(packet.attachments, [frame(b"first"), frame(b"")]);
        assert_eq!(echo(&packet), TWO.replace(", {", ",{"));
    }
}

#[test]
fn the_text_may_be_gone_before_its_frames_come() {
    let mut assembler = assembler();
    {
        let text = String::from(r#"61-/a,3["你好",{"_placeholder":true,"num":0}]"#);
        assert!(assembler.text(&text).unwrap().is_none());
    }
    let packet = assembler.binary(frame(&[0])).unwrap().unwrap();
    assert_eq!(echo(&packet), r#"61-/a,3["你好",{"_placeholder":true,"num":0}]"#);
}

#[test]
fn passes_plain_packets_through() {
    let mut assembler = assembler();
    for text in ["0", "1", r#"2["x"]"#, "31[]", r#"4"x""#] {
        let packet = assembler.text(text).unwrap().unwrap();
        let mut out = String::new();
        encode::packet(&mut out, &packet);
        assert_eq!(out, text);
    }
}

#[test]
fn a_packet_without_attachments_is_complete_at_once() {
    let mut assembler = assembler();
    let event = assembler.text(r#"50-/a,1["x",2]"#).unwrap();
    assert!(matches!(event, Some(Packet { namespace: "/a", kind: Kind::Event { id: Some(1), .. } })));
    assert!(matches!(assembler.text("60-2[]").unwrap(), Some(Packet { kind: Kind::Ack { id: 2, .. }, .. })));
    assert!(!assembler.is_waiting());
    assert_eq!(assembler.binary(frame(b"x")).unwrap_err(), Error::Unannounced);
}

#[test]
fn a_text_among_attachments_is_an_error() {
    for text in [ONE, "0", r#"2["x"]"#, "not a packet", ""] {
        let mut assembler = assembler();
        assembler.text(TWO).unwrap();
        assembler.binary(frame(b"1")).unwrap();
        assert_eq!(assembler.text(text).unwrap_err(), Error::Interrupted);
        assert!(!assembler.is_waiting(), "nothing is kept");
    }
}

#[test]
fn a_frame_that_nobody_announced_is_an_error() {
    let mut assembler = assembler();
    assert_eq!(assembler.binary(frame(b"")).unwrap_err(), Error::Unannounced);
    assembler.text(ONE).unwrap();
    assert!(assembler.binary(frame(b"1")).unwrap().is_some());
    assert_eq!(assembler.binary(frame(b"2")).unwrap_err(), Error::Unannounced);
    assert!(assembler.text(ONE).unwrap().is_none(), "the next packet begins anew");
}

#[test]
fn attachments_are_bounded_in_number() {
    let announce = |count: usize| format!(r#"5{count}-["x"]"#);
    for (limit, most) in [(0, 0), (1, 1), (10, 10), (250, 250), (999, 999), (usize::MAX, 999)] {
        let mut assembler = Assembler::new(Limits { attachments: limit, ..Limits::default() });
        assert_eq!(assembler.text(&announce(most)).unwrap().is_none(), most > 0);
        let mut assembler = Assembler::new(Limits { attachments: limit, ..Limits::default() });
        assert_eq!(assembler.text(&announce(most + 1)).unwrap_err(), Error::Attachments);
    }
}

#[test]
fn attachments_are_bounded_in_size_all_together() {
    let limits = Limits { bytes: 5, ..Limits::default() };
    let mut assembler = Assembler::new(limits);
    assembler.text(TWO).unwrap();
    assert!(assembler.binary(frame(b"123")).unwrap().is_none());
    assert!(assembler.binary(frame(b"45")).unwrap().is_some());
    assembler.text(TWO).unwrap();
    assert!(assembler.binary(frame(b"123")).unwrap().is_none());
    assert_eq!(assembler.binary(frame(b"456")).unwrap_err(), Error::TooLarge);
    assert!(!assembler.is_waiting(), "nothing is kept");
}

/// Arguments that fit two attachments.
const GOOD: [&str; 14] = [
    r#"{"_placeholder":true,"num":1}"#,
    r#"{ "num" : 0 , "_placeholder" : true }"#,
    r#"{"a":[[{"_placeholder":true,"num":1,"more":{}}],{"_placeholder":true,"num":0}]}"#,
    r#"{"\u005fplaceholder":true,"n\u0075m":1}"#,
    r#"{"num":9,"_placeholder":true,"num":1}"#,
    r#"{"_placeholder":true,"num":9,"_placeholder":false}"#,
    r#"{"_placeholder":"true","num":9}"#,
    r#"{"_placeholder":[true],"num":9}"#,
    r#"{"_placeholder":{"_placeholder":true,"num":0},"num":9}"#,
    r#""{\"_placeholder\":true,\"num\":9}""#,
    r#"["_placeholder",true,"num",9]"#,
    r#"{"a":"\\","b":"\"","c":"}]{[,:"}"#,
    r#"["\ud83d",1e999,-0.0,"\\\\"]"#,
    "null",
];

/// Arguments with a placeholder that is the index of neither.
const BAD: [&str; 17] = [
    r#"{"_placeholder":true,"num":2}"#,
    r#"{"_placeholder":true,"num":-1}"#,
    r#"{"_placeholder":true,"num":-0}"#,
    r#"{"_placeholder":true,"num":0.0}"#,
    r#"{"_placeholder":true,"num":1e0}"#,
    r#"{"_placeholder":true,"num":"0"}"#,
    r#"{"_placeholder":true,"num":[0]}"#,
    r#"{"_placeholder":true,"num":{"num":0}}"#,
    r#"{"_placeholder":true,"num":null}"#,
    r#"{"_placeholder":true,"num":18446744073709551616}"#,
    r#"{"_placeholder":true,"num":0,"num":2}"#,
    r#"{"_placeholder":true}"#,
    r#"{"_placeholder":true,"Num":0}"#,
    r#"{"\u005fplaceholder":true,"\u006eum":2}"#,
    r#"[[{"a":{"b":[0,{"_placeholder":true,"num":2}]}}]]"#,
    r#"{"_placeholder":{"_placeholder":true,"num":2}}"#,
    r#"{"a":"\\","_placeholder":true,"b":"\""}"#,
];

#[test]
fn every_placeholder_is_the_index_of_an_attachment() {
    for arg in GOOD {
        assert!(assembler().text(&format!(r#"52-["x",{arg}]"#)).unwrap().is_none(), "{arg}");
        assert!(assembler().text(&format!("62-1[0,{arg}]")).unwrap().is_none(), "{arg}");
    }
    for arg in BAD {
        assert_eq!(assembler().text(&format!(r#"52-["x",{arg}]"#)).unwrap_err(), Error::Placeholder, "{arg}");
        assert_eq!(assembler().text(&format!("62-1[0,{arg}]")).unwrap_err(), Error::Placeholder, "{arg}");
        assert!(
            assembler().text(&format!(r#"2["x",{arg}]"#)).unwrap().is_some(),
            "means nothing in a plain event"
        );
    }
    assert_eq!(
        assembler().text(r#"50-["x",{"_placeholder":true,"num":0}]"#).unwrap_err(),
        Error::Placeholder
    );
}
