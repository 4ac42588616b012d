//! The commands that read the audit log, whether or not a server runs.

use std::io::Write as _;
use std::process::ExitCode;

use chat::audit::{self, Verdict};
use clap::Subcommand;
use persistence::db::read_beside;
use serde::Serialize;

use crate::config::Config;

#[derive(Subcommand)]
pub(super) enum Audit {
    /// Show all entries, the oldest first: one JSON object a line.
    List,
    /// Check that no entry was changed, taken out or put in.
    Verify,
}

/// An entry as it is shown.
#[derive(Serialize)]
struct ListedEntry<'a> {
    #[serde(flatten)]
    entry: &'a domain::audit::AuditEntry,
    hash: &'a str,
}

impl Audit {
    pub(super) fn run(&self, config: &Config) -> ExitCode {
        match self {
            Self::List => list(config),
            Self::Verify => verify(config),
        }
    }
}

fn list(config: &Config) -> ExitCode {
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let mut written = Ok(());
    let read = read_beside(&config.database(), |conn| {
        audit::for_each(conn, |entry, hash| {
            let line = serde_json::to_string(&ListedEntry { entry, hash }).unwrap_or_default();
            written = writeln!(out, "{line}");
            written.is_ok()
        })
    });
    match read {
        Ok(()) if written.and_then(|()| out.flush()).is_ok() => ExitCode::SUCCESS,
        Ok(()) => ExitCode::FAILURE,
        Err(error) => super::complain(&error, 1),
    }
}

fn verify(config: &Config) -> ExitCode {
    match read_beside(&config.database(), audit::verify) {
        Ok(Verdict::Whole(count)) => super::say(&format!("The audit log is whole: {count} entries\n")),
        Ok(Verdict::Broken(entry)) => super::complain(
            &format!("the audit log was changed: entry {entry} does not follow from the one before it"),
            1,
        ),
        Ok(Verdict::Cut(entry)) => {
            super::complain(&format!("the audit log was cut: nothing follows entry {entry}"), 1)
        }
        Err(error) => super::complain(&error, 1),
    }
}
