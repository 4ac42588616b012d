//! What the message writer promises, on `SQLite` and on `MariaDB`.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot do what it must has failed"
)]

mod recorder;

mod client_keys;
mod message_writer;
mod order;
