//! Any text is an Engine.IO packet that is written exactly as it came, or none.
#![no_main]

use libfuzzer_sys::fuzz_target;
use socketio::{
    engine::Packet,
    payload::{BINARY, Part},
};

fuzz_target!(|text: &str| {
    let packet = Packet::decode(text);
    if let Ok(packet) = packet {
        let mut written = String::new();
        packet.encode(&mut written);
        assert_eq!(written, text);
    }
    match Part::decode(text) {
        Ok(Part::Binary(message)) => assert!(text.starts_with(BINARY) && message.len() <= text.len()),
        Ok(Part::Text(part)) => assert_eq!(Ok(part), packet),
        Err(error) => assert!(text.starts_with(BINARY) || packet == Err(error)),
    }
});
