//! A real database and a real Redis server for each test, gone when the test is over.
//!
//! `SQLite` files and a private `MariaDB` server are in memory (`/dev/shm`). The server is started by the first test
//! that needs it, shared by all test processes of this target directory, and stops some seconds after the last of them
//! has ended. `TEST_DATABASE_URL` names another server to use instead. A Redis server belongs to one test, which can
//! kill it; `TEST_REDIS_URL` names another one for tests that do not. So does a server of S3.
//!
//! Functions panic with the reason instead of returning errors.
#![expect(clippy::panic, clippy::missing_panics_doc, reason = "a test without its database must fail")]

mod must;

mod paths;

mod background;

mod client;
mod redis;
mod s3;
mod server;
mod sqlite;

mod database;

pub mod base;

pub use database::{Backend, TestDb, key_of_folder};
pub use redis::{AnyRedis, TestRedis};
pub use s3::TestS3;
