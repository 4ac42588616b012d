//! What the message writer promises, on `SQLite` and on `MariaDB`.

mod recorder;

mod client_keys;
mod order;
mod publishing;
