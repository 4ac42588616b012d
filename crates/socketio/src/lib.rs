//! Engine.IO v4 and Socket.IO v5 as values and bytes: no sockets, no timers, no runtime.
//!
//! Decoding borrows from the text that came in and refuses everything that the protocols do not allow; arguments of
//! events stay raw JSON, so that nothing is parsed needlessly.
//!
//! An event is a Socket.IO packet inside an Engine.IO packet:
//!
//! ```
//! use socketio::packet::{Kind, ROOT};
//! use socketio::{decode, encode, engine};
//!
//! # fn main() -> Result<(), socketio::error::Error> {
//! let mut event = String::new();
//! encode::event(&mut event, ROOT, Some(7), "send_message", &[r#"{"content":"你好"}"#]);
//! let mut text = String::new();
//! engine::Packet::Message(&event).encode(&mut text);
//! assert_eq!(text, r#"427["send_message",{"content":"你好"}]"#);
//!
//! let engine::Packet::Message(content) = engine::Packet::decode(&text)? else { unreachable!() };
//! let Kind::Event { id, event } = decode::packet(content)?.kind else { unreachable!() };
//! assert_eq!((id, event.name.as_ref()), (Some(7), "send_message"));
//! assert_eq!(event.args[0].get(), r#"{"content":"你好"}"#);
//! # Ok(())
//! # }
//! ```

pub mod error;

pub mod engine;

pub mod payload;

pub mod packet;

pub mod encode;

mod placeholder;

pub mod decode;
