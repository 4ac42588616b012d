//! The log.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use crate::config::Log;

/// Starts writing the log to standard error; the first call of a process counts.
pub(crate) fn start(log: &Log) {
    // Actix logs malformed HTTP of any client as an error; the operator's filter overrides this.
    let filter = format!("actix_http=off,actix_server=warn,{}", log.filter);
    let filter = EnvFilter::try_new(filter).unwrap_or_else(|_unreadable| EnvFilter::new("info"));
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    let started = if log.json { lines.json().try_init() } else { lines.try_init() };
    if let Err(error) = started {
        tracing::debug!(%error, "the log was started before");
    }
}
