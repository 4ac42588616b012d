use super::*;

#[test]
fn wraps_an_event_in_one_unmasked_text_frame() {
    let frame = Frame::event("typing", &[r#"{"is_typing":"#, "true", "}"]);
    let text = br#"42["typing",{"is_typing":true}]"#;
    assert_eq!(frame.packet.0[..2], [0x81, u8::try_from(text.len()).unwrap()]);
    assert_eq!(&frame.packet.0[2..], text);
    assert_eq!((frame.namespace(), frame.packets(), frame.len()), ("/", 1, text.len() + 2));
}

#[test]
fn prepared_packets_are_what_the_encoder_would_write() {
    assert_eq!(Packet::ping().0, Packet::text("2").0);
    assert_eq!(Packet::close().0, Packet::text("1").0);
    assert_eq!(Packet::probed().0, Packet::text("3probe").0);
    assert_eq!(&Packet::close_frame(CloseCode::Size).0[..], b"\x88\x02\x03\xf1");
}

#[test]
fn gives_back_what_was_framed_at_every_length_of_header() {
    for length in [0, 1, 125, 126, 65_535, 65_536] {
        let text = "4".repeat(length);
        assert_eq!(Packet::text(&text).content(), Content::Text(&text));
        assert_eq!(Packet::binary(text.as_bytes()).content(), Content::Binary(text.as_bytes()));
    }
}

#[test]
fn sends_attachments_after_the_packet_that_announces_them() {
    let attachments = [Bytes::from_static(&[1, 2]), Bytes::from_static(b"")];
    let places = r#"{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}"#;
    let frame = Frame::binary_event_in("/custom", "file", &[places], &attachments);
    assert_eq!((frame.namespace(), frame.packets()), ("/custom", 3));
    let packets: Vec<_> = frame.into_packets().collect();
    assert_eq!(
        packets.iter().map(Packet::content).collect::<Vec<_>>(),
        [
            Content::Text(&format!(r#"452-/custom,["file",{places}]"#)),
            Content::Binary(&[1, 2]),
            Content::Binary(&[]),
        ]
    );
}
