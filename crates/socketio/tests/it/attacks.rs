//! Packets that brought other implementations down, by the number under which that is known.

use std::iter::repeat_n;

use socketio::{
    decode::{self, Assembler, Limits},
    engine,
    error::Error,
    packet::{Kind, MAX_ARGS},
    payload,
};

const MILLION: usize = 1_000_000;

fn refused(text: &str) -> Error {
    decode::packet(text).unwrap_err()
}

fn is_event(text: &str, expected: &str) -> bool {
    matches!(decode::packet(text).unwrap().kind, Kind::Event { event, .. } if event.name == expected)
}

/// Digits without end, looked at again and again.
#[test]
fn cve_2020_36049() {
    for digit in ["0", "1", "9"] {
        let digits = digit.repeat(MILLION);
        assert_eq!(refused(&format!(r#"2{digits}["x"]"#)), Error::Id);
        assert_eq!(refused(&format!("3{digits}")), Error::Id);
        assert_eq!(refused(&format!("2/a,{digits}")), Error::Id);
        assert_eq!(refused(&format!(r#"5{digits}-["x"]"#)), Error::Attachments);
        assert_eq!(refused(&format!("5{digits}")), Error::Attachments);
    }
    assert_eq!(refused(&format!("5{}", "-".repeat(MILLION))), Error::Attachments);
}

/// Names that are no names, or those of what every JavaScript object has.
#[test]
fn cve_2023_32695() {
    for name in ["toString", "constructor", "__proto__", "hasOwnProperty", "valueOf", "then"] {
        assert!(is_event(&format!(r#"2["{name}"]"#), name));
        assert!(is_event(&format!(r#"2["{name}",{{"{name}":1}}]"#), name));
    }
    for name in
        [r#"{"toString":"x"}"#, r#"{"toString":1}"#, "{}", "[]", r#"["toString"]"#, "null", "true", "false"]
    {
        assert_eq!(refused(&format!("2[{name}]")), Error::Payload, "{name}");
        assert_eq!(refused(&format!("51-[{name}]")), Error::Payload, "{name}");
    }
}

/// Placeholders that name a method of the array of attachments.
#[test]
fn cve_2022_2421() {
    for index in [r#""splice""#, r#""length""#, r#""__proto__""#, "-1", "0.5", "true", "{}"] {
        let text = format!(r#"51-["x",{{"_placeholder":true,"num":{index}}}]"#);
        assert_eq!(refused(&text), Error::Placeholder, "{index}");
    }
}

/// Attachments announced by the million, each to be kept.
#[test]
fn cve_2026_33151() {
    for count in ["11", "99", "999", "1000", "1000000", "4294967297", "18446744073709551617"] {
        assert_eq!(refused(&format!(r#"5{count}-["x"]"#)), Error::Attachments);
        assert_eq!(refused(&format!("6{count}-1[]")), Error::Attachments);
    }
}

/// No attachments announced, and then kept without end.
#[test]
fn ghsa_2m8v_j782_fhvr() {
    let mut assembler = Assembler::new(Limits::default());
    for _ in 0..1000 {
        assert!(assembler.text(r#"50-["x"]"#).unwrap().is_some());
        assert!(!assembler.is_waiting());
        assert_eq!(assembler.binary(vec![0].into()).unwrap_err(), Error::Unannounced);
    }
}

#[test]
fn nesting_takes_no_stack() {
    let deep = format!("{}{}", "[".repeat(MILLION / 2), "]".repeat(MILLION / 2));
    assert!(decode::packet(&format!(r#"2["x",{deep}]"#)).is_ok());
    assert!(decode::packet(&format!(r#"0{{"x":{deep}}}"#)).is_ok());
    assert!(decode::packet(&format!(r#"51-["x",{deep}]"#)).is_ok());
    // Where placeholders may be, one has to keep account of the brackets.
    let around = |depth: usize| {
        let (open, close) = ("[".repeat(depth), "]".repeat(depth));
        format!(r#"51-["x",{open}{{"_placeholder":true,"num":0}}{close}]"#)
    };
    assert!(decode::packet(&around(127)).is_ok());
    assert_eq!(refused(&around(128)), Error::Payload);
    assert_eq!(refused(&around(MILLION / 2)), Error::Payload);
}

#[test]
fn arguments_are_bounded_in_number() {
    let args = |count: usize| repeat_n("0", count).collect::<Vec<_>>().join(",");
    assert!(decode::packet(&format!(r#"2["x",{}]"#, args(MAX_ARGS))).is_ok());
    assert!(decode::packet(&format!("31[{}]", args(MAX_ARGS))).is_ok());
    for text in [
        format!(r#"2["x",{}]"#, args(MAX_ARGS + 1)),
        format!("31[{}]", args(MAX_ARGS + 1)),
        format!("61-1[{}]", args(MILLION / 2)),
    ] {
        assert_eq!(refused(&text), Error::Payload);
    }
}

#[test]
fn a_body_of_nothing_but_packets_costs_no_memory_of_its_own() {
    let body = vec!["2"; MILLION / 2].join("\u{1e}");
    let pings = payload::decode(&body);
    assert!(pings.clone().all(|part| part == Ok(payload::Part::Text(engine::Packet::Ping("")))));
    assert_eq!(pings.count(), MILLION / 2);
}
