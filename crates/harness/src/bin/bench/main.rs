//! The benchmark: a release server with real durability, driven over real sockets, every message accounted for.
#![expect(clippy::print_stdout, reason = "the figures are what it is for")]

mod arguments;
mod attack;
mod children;
mod client;
mod corpus;
mod database;
mod idle;
mod jitter;
mod ledger;
mod load;
mod meter;
mod nodes;
mod pages;
mod report;
mod run;
mod search;
mod seed;
mod server;
mod stall;
mod usage;

use std::process::ExitCode;

use clap::Parser as _;

use crate::arguments::Arguments;

/// Why the benchmark could not be run.
type Failure = Box<dyn std::error::Error + Send + Sync>;

fn main() -> ExitCode {
    match run::all(&Arguments::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => {
            eprintln!(
                "bench: messages were lost, repeated or out of order, or a limit was exceeded; the figures above do not count"
            );
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}
