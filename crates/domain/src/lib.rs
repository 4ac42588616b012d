//! The terms and rules of the product: what a user, a friendship, a room and a message are, and who may do what.
//!
//! No I/O and no SQL; the clock is read for new ids alone. Values are parsed once, at the edge, and trusted inside.
//!
//! ```
//! use domain::friendship::{Asking, Friendship, Stage};
//! use domain::id::UserId;
//! use domain::text::Body;
//!
//! assert_eq!(Body::parse("你好", Body::MAX).map(|body| body.as_str().to_owned()), Ok("你好".to_owned()));
//! assert!(Body::parse("", Body::MAX).is_err());
//!
//! // Two requests that cross make a friendship.
//! let (alice, bob) = (UserId(1), UserId(2));
//! let request = Friendship { asker: alice, asked: bob, stage: Stage::Pending };
//! assert!(matches!(Friendship::ask(Some(&request), bob, alice), Ok(Asking::Agreed)));
//! ```

pub mod id;
pub mod invalid;
pub mod time;

pub mod text;

pub mod api_token;
pub mod audit;
pub mod export;
pub mod media;
pub mod session;
pub mod user;

pub mod account;
pub mod block;
pub mod settings;

pub mod friendship;

pub mod disappearing;
pub mod group;
pub mod incoming_webhook;
pub mod invite;
pub mod message_request;
pub mod room_settings;

pub mod system_message;

pub mod receipt;

pub mod reaction;
pub mod revision;

pub mod link_preview;

pub mod extras;
pub mod message_kind;

pub mod quote;

pub mod message;

pub mod push;
pub mod report;

pub mod page;
pub mod scheduled_message;
pub mod search;

pub mod room;

pub mod log;
pub mod payload;

pub mod event_table;

pub mod event;

pub mod outgoing_webhook;
