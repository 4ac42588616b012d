//! Any text is a Socket.IO packet that survives being written and read again, or none.
#![no_main]

use libfuzzer_sys::fuzz_target;
use socketio::{
    decode, encode,
    packet::{Kind, MAX_ARGS, MAX_ATTACHMENTS, MAX_NAMESPACE, RESERVED},
};

fuzz_target!(|text: &str| {
    let Ok(packet) = decode::packet(text) else { return };
    assert!(packet.namespace.starts_with('/') && packet.namespace.len() <= MAX_NAMESPACE);
    match &packet.kind {
        Kind::Event { event, .. } | Kind::BinaryEvent { event, .. } => {
            assert!(!RESERVED.contains(&event.name.as_ref()) && event.args.len() <= MAX_ARGS);
        }
        Kind::Ack { args, .. } | Kind::BinaryAck { args, .. } => assert!(args.len() <= MAX_ARGS),
        _ => {}
    }
    if let Kind::BinaryEvent { attachments, .. } | Kind::BinaryAck { attachments, .. } = packet.kind {
        assert!(attachments <= MAX_ATTACHMENTS);
    }
    let mut written = String::new();
    encode::packet(&mut written, &packet);
    let again = decode::packet(&written).expect("what was written can be read");
    assert_eq!(format!("{again:?}"), format!("{packet:?}"));
    let mut twice = String::new();
    encode::packet(&mut twice, &again);
    assert_eq!(twice, written);
});
