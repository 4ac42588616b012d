//! Each sentence of the Engine.IO protocol, version 4, that binds who reads or writes packets.

use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};
use socketio::{
    engine::{Open, Packet},
    error::Error,
    payload::{self, Builder, MAX_PACKETS, Part},
};

/// All packets of a body.
fn parts(body: &str) -> Vec<Part<'_>> {
    payload::decode(body).collect::<Result<_, _>>().unwrap()
}

/// How many packets of a body can be read, and why no more.
fn stop(body: &str) -> (usize, Error) {
    let parts: Vec<_> = payload::decode(body).collect();
    (parts.len() - 1, parts.last().unwrap().clone().unwrap_err())
}

fn message(text: &str) -> Part<'_> {
    Part::Text(Packet::Message(text))
}

fn binary(bytes: &'static [u8]) -> Part<'static> {
    Part::Binary(Bytes::from_static(bytes))
}

#[test]
fn the_handshake_is_an_open_packet_with_five_keys() {
    let open = Open {
        sid: "lv_VI97HAXpY6yYWAAAC",
        upgrades: &["websocket"],
        ping_interval: Duration::from_millis(300),
        ping_timeout: Duration::from_millis(200),
        max_payload: 1_000_000,
    };
    let text = open.packet();
    let Ok(Packet::Open(json)) = Packet::decode(&text) else { panic!("{text}") };
    let expected = json!({
        "sid": "lv_VI97HAXpY6yYWAAAC",
        "upgrades": ["websocket"],
        "pingInterval": 300,
        "pingTimeout": 200,
        "maxPayload": 1_000_000,
    });
    assert_eq!(serde_json::from_str::<Value>(json).unwrap(), expected);
    let last = Open { upgrades: &[], ..open }.packet();
    assert!(last.contains(r#""upgrades":[],"#));
}

#[test]
fn a_packet_is_its_type_and_its_data() {
    let cases = [
        ("0{}", Packet::Open("{}")),
        ("1", Packet::Close),
        ("2", Packet::Ping("")),
        ("2probe", Packet::Ping("probe")),
        ("3", Packet::Pong("")),
        ("3probe", Packet::Pong("probe")),
        ("4", Packet::Message("")),
        ("4hello", Packet::Message("hello")),
        ("4€ 你好", Packet::Message("€ 你好")),
        ("44", Packet::Message("4")),
        ("4b", Packet::Message("b")),
        ("5", Packet::Upgrade),
        ("6", Packet::Noop),
    ];
    for (text, packet) in cases {
        assert_eq!(Packet::decode(text), Ok(packet));
        assert_eq!(Part::decode(text), Ok(Part::Text(packet)));
        let mut out = String::new();
        packet.encode(&mut out);
        assert_eq!(out, text);
    }
}

#[test]
fn nothing_else_is_a_packet() {
    let cases = [
        ("", Error::Empty),
        ("7", Error::Type),
        ("9", Error::Type),
        ("a", Error::Type),
        ("B", Error::Type),
        ("-1", Error::Type),
        (" 4", Error::Type),
        ("\n", Error::Type),
        ("你", Error::Type),
        ("\u{664}", Error::Type), // the digit four in Arabic
        ("1x", Error::Payload),
        ("5x", Error::Payload),
        ("6 ", Error::Payload),
    ];
    for (text, error) in cases {
        assert_eq!(Packet::decode(text), Err(error), "{text:?}");
        assert_eq!(Part::decode(text), Err(error), "{text:?}");
    }
}

#[test]
fn a_binary_message_has_no_text_form_outside_of_a_payload() {
    assert_eq!(Packet::decode("bAQIDBA=="), Err(Error::Type));
}

#[test]
fn packets_of_a_payload_are_separated() {
    assert_eq!(
        parts("4hello\u{1e}2\u{1e}4world"),
        [message("hello"), Part::Text(Packet::Ping("")), message("world")]
    );
    assert_eq!(parts("4"), [message("")]);
    assert_eq!(parts("4\u{1e}4"), [message(""), message("")]);
    assert_eq!(parts("4€\u{1e}4你好"), [message("€"), message("你好")]);
}

#[test]
fn binary_payloads_are_base64_behind_a_b() {
    assert_eq!(parts("4hello\u{1e}bAQIDBA=="), [message("hello"), binary(&[1, 2, 3, 4])]);
    assert_eq!(parts("b"), [binary(&[])]);
    // Base64 that begins with what is a packet type elsewhere is still base64.
    assert_eq!(parts("b4444"), [binary(&[0xe3, 0x8e, 0x38])]);
    assert_eq!(parts("bb///"), [binary(&[0x6f, 0xff, 0xff])]);
    assert_eq!(parts("bAQ==\u{1e}b0w=="), [binary(&[1]), binary(&[0xd3])]);
    // Some clients for Java wrap lines.
    assert_eq!(parts("bAQID\nBA==\n\u{1e}bAQID\r\nBA=="), [binary(&[1, 2, 3, 4]), binary(&[1, 2, 3, 4])]);
}

#[test]
fn nothing_else_is_base64() {
    for text in [
        "bA",
        "bAQ",
        "bAQ=",
        "bAR==",
        "bAQIDBA=",
        "b=",
        "b====",
        "b-_-_",
        "b*",
        "bAQ== ",
        "b你",
        "bAQ==AQ==",
        "b\n=",
    ] {
        assert_eq!(stop(text), (0, Error::Base64), "{text}");
    }
}

#[test]
fn reading_ends_at_the_first_packet_that_is_none() {
    assert_eq!(stop(""), (0, Error::Empty));
    assert_eq!(stop("\u{1e}"), (0, Error::Empty));
    assert_eq!(stop("\u{1e}4a"), (0, Error::Empty));
    assert_eq!(stop("4a\u{1e}"), (1, Error::Empty));
    assert_eq!(stop("4a\u{1e}\u{1e}4b"), (1, Error::Empty));
    assert_eq!(stop("4a\u{1e}x\u{1e}4b"), (1, Error::Type));
    assert_eq!(stop("4a\u{1e}bA\u{1e}4b"), (1, Error::Base64));
    let mut ended = payload::decode("x\u{1e}4a");
    assert!(ended.next().is_some_and(|part| part.is_err()));
    assert!(ended.next().is_none() && ended.next().is_none());
}

#[test]
fn a_payload_is_written_with_separators_between_packets_and_nowhere_else() {
    let mut builder = Builder::default();
    assert!(builder.is_empty());
    builder.text("4hello").unwrap();
    builder.binary(&[1, 2, 3, 4]);
    builder.text("2").unwrap();
    builder.binary(&[]);
    assert_eq!((builder.packets(), builder.len(), builder.is_empty()), (4, 20, false));
    assert_eq!(builder.finish(), "4hello\u{1e}bAQIDBA==\u{1e}2\u{1e}b");
}

#[test]
fn a_payload_knows_its_length_beforehand() {
    let mut builder = Builder::with_capacity(64);
    for bytes in 0..40 {
        let message = vec![7; bytes];
        let expected = builder.len_with_binary(bytes);
        builder.binary(&message);
        assert_eq!(builder.len(), expected);
        let text = format!("4{}", "你".repeat(bytes));
        let expected = builder.len_with_text(text.len());
        builder.text(&text).unwrap();
        assert_eq!(builder.len(), expected);
    }
    assert_eq!(builder.len_with_binary(usize::MAX), usize::MAX);
    assert_eq!(builder.len_with_text(usize::MAX), usize::MAX);
}

#[test]
fn a_payload_can_be_kept_within_what_clients_take() {
    let (limit, mut builder, mut sent) = (100, Builder::default(), 0);
    while builder.packets() < MAX_PACKETS && builder.len_with_text(10) <= limit {
        builder.text("4123456789").unwrap();
        sent += 1;
    }
    assert_eq!((sent, builder.len()), (9, 98));
}

#[test]
fn a_separator_within_a_packet_cannot_be_written() {
    let mut builder = Builder::default();
    assert_eq!(builder.text("4a\u{1e}4b"), Err(Error::Separator));
    assert!(builder.is_empty());
    builder.text("4c").unwrap();
    assert_eq!(builder.finish(), "4c");
}
