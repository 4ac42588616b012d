//! `with_mariadb COMMAND [ARGUMENT ...]`: runs a command with `FRESH_DATABASE_URL` naming an empty database, and drops it.
//!
//! For tests that are not written in Rust; exits with the command's exit code.

use std::env;
use std::process::{Command, ExitCode};

use testdb::TestDb;

fn main() -> ExitCode {
    let mut arguments = env::args_os().skip(1);
    let Some(program) = arguments.next() else { return ExitCode::from(2) };
    let database = TestDb::mariadb();
    let status = Command::new(program).args(arguments).env("FRESH_DATABASE_URL", database.url()).status();
    drop(database);
    match status {
        Ok(status) => ExitCode::from(u8::try_from(status.code().unwrap_or(1)).unwrap_or(1)),
        Err(_not_started) => ExitCode::from(127),
    }
}
