//! What can be read of any body is written alike, and takes as many bytes as was said beforehand.
#![no_main]

use libfuzzer_sys::fuzz_target;
use socketio::payload::{self, Builder, Part};

fuzz_target!(|body: &str| {
    let (mut builder, mut parts) = (Builder::default(), Vec::new());
    let mut all = true;
    for part in payload::decode(body) {
        assert!(all, "reading goes on after an error");
        let Ok(part) = part else {
            all = false;
            continue;
        };
        let expected = match &part {
            Part::Binary(message) => {
                let expected = builder.len_with_binary(message.len());
                builder.binary(message);
                expected
            }
            Part::Text(packet) => {
                let mut text = String::new();
                packet.encode(&mut text);
                let expected = builder.len_with_text(text.len());
                builder.text(&text).expect("a packet of a body holds no separator");
                expected
            }
        };
        assert_eq!(builder.len(), expected);
        parts.push(part);
    }
    assert_eq!(builder.packets(), parts.len());
    let written = builder.finish();
    if all && !body.contains('\n') {
        assert_eq!(written, body);
    }
    if !parts.is_empty() {
        let again: Vec<_> =
            payload::decode(&written).collect::<Result<_, _>>().expect("what was written can be read");
        assert_eq!(again, parts);
    }
});
