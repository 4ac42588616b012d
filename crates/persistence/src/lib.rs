//! The database: one Diesel code for `SQLite`, `MariaDB` and `MySQL`, chosen by the URL's scheme.
//!
//! One file per noun; each holds its private rows and functions of a connection. What must happen together
//! happens inside [`db::Db::transaction`].

#[macro_use]
mod conn;
mod schema;

pub mod error;
pub mod migrate;
mod pool;

pub mod db;

mod ids;
mod kept;
mod pairs;

pub mod sessions;
pub mod uploads;
pub mod users;

pub mod friends;

pub mod hidden;
mod quotes;
pub mod reactions;

pub mod messages;
pub mod revisions;

pub mod rooms;

pub mod receipts;
pub mod recoveries;

pub mod log;

pub mod lane;

pub use conn::Conn;
