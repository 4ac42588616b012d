//! The commands that make administrators, whether or not a server runs; nothing else does.

use std::process::ExitCode;

use chat::admins;
use chat::clock::Clock;
use clap::Subcommand;
use persistence::db::{read_beside, write_beside};

use crate::config::Config;

#[derive(Subcommand)]
pub(super) enum Admin {
    /// Make a user an administrator.
    Grant {
        /// The name that the user signs in with.
        name: String,
    },
    /// Make an administrator an ordinary user.
    Revoke {
        /// The name that the administrator signs in with.
        name: String,
    },
    /// Show the administrators, one a line.
    List,
}

impl Admin {
    pub(super) fn run(&self, config: &Config) -> ExitCode {
        match self {
            Self::Grant { name } => set(config, name, true),
            Self::Revoke { name } => set(config, name, false),
            Self::List => list(config),
        }
    }
}

fn set(config: &Config, name: &str, is_admin: bool) -> ExitCode {
    let now = Clock::default().now();
    let state = if is_admin { "an administrator" } else { "no administrator" };
    match write_beside(&config.database(), |conn| admins::set(conn, name, is_admin, now)) {
        Ok(Some(true)) => super::say(&format!("{name} is {state} now\n")),
        Ok(Some(false)) => super::say(&format!("{name} is {state} already\n")),
        Ok(None) => super::complain(&format!("nobody who signs in is called {name}"), 1),
        Err(error) => super::complain(&error, 1),
    }
}

fn list(config: &Config) -> ExitCode {
    match read_beside(&config.database(), persistence::admins::list) {
        Ok(admins) => {
            let lines: Vec<String> = admins.iter().map(|(id, name)| format!("{id}\t{name}\n")).collect();
            super::say(&lines.concat())
        }
        Err(error) => super::complain(&error, 1),
    }
}
