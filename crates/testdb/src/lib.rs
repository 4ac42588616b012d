//! A real database and a real Redis for each test, gone when the test is over.
//!
//! `SQLite` files and a private `MariaDB` server live in memory (`/dev/shm`). The server is started by the test that
//! needs it first, shared by all test processes of this target directory, and stops by itself some seconds after
//! the last of them has ended. `TEST_DATABASE_URL` names another server to use instead. A Redis server belongs to one
//! test alone, which may kill it; `TEST_REDIS_URL` names another one for tests that only use it.
//!
//! Nothing here returns an error: a test whose database cannot be had fails, and says why.
#![expect(clippy::panic, clippy::missing_panics_doc, reason = "a test without its database must fail")]

mod must;

mod place;

mod client;
mod redis;
mod server;
mod sqlite;

mod database;

pub mod base;

pub use database::{Backend, TestDb, key_of_folder};
pub use redis::{AnyRedis, TestRedis};
