//! What a person may ask for.

use std::path::PathBuf;
use std::str::FromStr;

use clap::{Parser, ValueEnum};

use crate::pages::Reading;

/// Measures the release server with real durability; every message is accounted for, else it exits with 1.
#[derive(Debug, Parser)]
#[command(name = "bench", args_override_self = true)]
pub(crate) struct Arguments {
    /// floodW: 200 users in pairs, W unacknowledged messages each. rateN: N messages a second in all. fanN: one room
    /// of N, four senders. idleN: N connections. history: pages of 50. roomsN: the list of somebody in N rooms. sync: pages
    /// of 50 events of a log of 50,000, from its beginning. jitterN: N clients, cut off all the time, and a
    /// server that is killed; recoverN: the same with connection state recovery; restartN: N clients and a server that
    /// is stopped. stallN: N clients, half of which stop reading. nodesN: N messages a second from one server to another,
    /// with Redis and without. searchN: 200 searches of N messages, compared with a plain scan. attack: all attacks on a server with its default limits; it is run alone.
    #[arg(default_values = [
        "rate50", "flood1", "flood4", "flood16", "fan100", "fan1000", "idle1000", "history", "rooms200", "sync", "jitter", "restart", "stall",
        "nodes100",
    ])]
    pub(crate) scenarios: Vec<Scenario>,
    /// The database: a private `MariaDB` that syncs each commit to the disk, or `SQLite` with the default settings.
    #[arg(long, value_enum, default_value = "mariadb")]
    pub(crate) database: DatabaseKind,
    /// Use this database instead of a private one; it is seeded, and nothing of it is deleted.
    #[arg(long)]
    pub(crate) database_url: Option<String>,
    /// The process whose CPU time counts as the database's, with --database-url.
    #[arg(long)]
    pub(crate) database_pid: Option<u32>,
    /// How long each scenario is measured, in seconds.
    #[arg(long, default_value_t = 10.0)]
    pub(crate) secs: f64,
    /// How long each scenario runs before it is measured, in seconds.
    #[arg(long, default_value_t = 2.0)]
    pub(crate) warm: f64,
    /// How many accounts there are.
    #[arg(long, default_value_t = 2_000)]
    pub(crate) users: usize,
    /// How often the scenarios are run.
    #[arg(long, default_value_t = 1)]
    pub(crate) repeat: u32,
    /// Send without `client_msg_id`, as clients do that do not repeat what was not acknowledged.
    #[arg(long)]
    pub(crate) unnamed: bool,
    /// The server to measure.
    #[arg(long, default_value = "target/release/chatroom")]
    pub(crate) server: PathBuf,
    /// Where the private database, the server's data and the results go; it must be on a real disk.
    #[arg(long, default_value = "target/bench")]
    pub(crate) folder: PathBuf,
    /// Only seed the database, and write `user_id TAB token` lines to this file for another generator.
    #[arg(long, requires = "database_url")]
    pub(crate) seed_only: Option<PathBuf>,
}

/// A database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DatabaseKind {
    Sqlite,
    Mariadb,
}

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scenario {
    Flood(usize),
    Rate(u32),
    Fan(usize),
    Idle(usize),
    Read(Reading),
    Jitter(Jitter, usize),
    Stall(usize),
    Nodes(u32),
    Search(usize),
    Attack,
}

/// How clients and their server are parted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Jitter {
    /// Clients are cut off and come back with a cursor; the server is killed.
    Cursor,
    /// The same, by connection state recovery.
    Recovery,
    /// The server stops in order, and sends its clients the time to reconnect after.
    Restart,
}

impl FromStr for Scenario {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let unknown = || {
            format!(
                "there is no scenario {name:?}; write flood4, rate50, fan1000, idle1000, history, rooms200, sync, jitter, recover, restart, stall, nodes100, search or attack"
            )
        };
        match name {
            "history" => return Ok(Self::Read(Reading::History)),
            "sync" => return Ok(Self::Read(Reading::Sync)),
            "attack" => return Ok(Self::Attack),
            "jitter" | "recover" | "restart" => return format!("{name}1000").parse(),
            "stall" => return Ok(Self::Stall(2_000)),
            "search" => return Ok(Self::Search(1_000_000)),
            _ => {}
        }
        let digits = name.find(|c: char| c.is_ascii_digit()).ok_or_else(unknown)?;
        let (kind, number) = name.split_at(digits);
        let number: u32 = number.parse().ok().filter(|number| *number > 0).ok_or_else(unknown)?;
        let count = usize::try_from(number).map_err(|_too_many| unknown())?;
        match kind {
            "flood" => Ok(Self::Flood(count)),
            "rate" => Ok(Self::Rate(number)),
            "fan" => Ok(Self::Fan(count)),
            "idle" => Ok(Self::Idle(count)),
            "jitter" => Ok(Self::Jitter(Jitter::Cursor, count)),
            "recover" => Ok(Self::Jitter(Jitter::Recovery, count)),
            "restart" => Ok(Self::Jitter(Jitter::Restart, count)),
            "stall" => Ok(Self::Stall(count)),
            "nodes" => Ok(Self::Nodes(number)),
            "search" => Ok(Self::Search(count)),
            "rooms" => Ok(Self::Read(Reading::Rooms(count))),
            _ => Err(unknown()),
        }
    }
}

impl std::fmt::Display for Scenario {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Flood(window) => write!(f, "flood{window}"),
            Self::Rate(rate) => write!(f, "rate{rate}"),
            Self::Fan(members) => write!(f, "fan{members}"),
            Self::Idle(connections) => write!(f, "idle{connections}"),
            Self::Read(Reading::History) => f.write_str("history"),
            Self::Read(Reading::Sync) => f.write_str("sync"),
            Self::Read(Reading::Rooms(rooms)) => write!(f, "rooms{rooms}"),
            Self::Jitter(Jitter::Cursor, clients) => write!(f, "jitter{clients}"),
            Self::Jitter(Jitter::Recovery, clients) => write!(f, "recover{clients}"),
            Self::Jitter(Jitter::Restart, clients) => write!(f, "restart{clients}"),
            Self::Stall(clients) => write!(f, "stall{clients}"),
            Self::Nodes(rate) => write!(f, "nodes{rate}"),
            Self::Search(messages) => write!(f, "search{messages}"),
            Self::Attack => f.write_str("attack"),
        }
    }
}
