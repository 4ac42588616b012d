//! The command line.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};
use tokio::signal::unix::{SignalKind, signal};

use self::admin::Admin;
use self::audit::Audit;
use self::media::Media;
use crate::config::Config;
use crate::server::Server;
use crate::telemetry;
use crate::{asyncapi, openapi};

mod admin;
mod audit;
mod media;

/// A self-hosted chat server; its settings are in the environment and in chatroom.toml.
#[derive(Parser)]
#[command(name = "chatroom", version)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the web client, REST and Socket.IO (the default).
    Serve,
    /// Bring the database to this version's schema, and stop.
    Migrate,
    /// Show the settings in force as TOML, secrets starred.
    Config,
    /// Ask the server that runs with these settings whether it is ready.
    Health,
    /// Make administrators.
    #[command(subcommand)]
    Admin(Admin),
    /// Read the audit log.
    #[command(subcommand)]
    Audit(Audit),
    /// Move stored files.
    #[command(subcommand)]
    Media(Media),
    /// Show the OpenAPI document of the REST interface.
    Openapi,
    /// Show the AsyncAPI document of the Socket.IO interface.
    Asyncapi,
}

/// A wrong setting or argument.
const USAGE: u8 = 2;

/// Runs the program: 0 when it did its work, 1 when it failed, 2 when it was called wrongly.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let config = match Config::load() {
        Ok(config) => config,
        Err(error) => return complain(&error, USAGE),
    };
    telemetry::start(&config.log);
    match arguments.command.unwrap_or(Command::Serve) {
        Command::Serve => serve(config),
        Command::Migrate => migrate(&config),
        Command::Config => say(&config.shown()),
        Command::Health => health(&config),
        Command::Admin(admin) => admin.run(&config),
        Command::Audit(audit) => audit.run(&config),
        Command::Media(media) => media.run(&config),
        Command::Openapi => say(&openapi::text()),
        Command::Asyncapi => say(&asyncapi::text()),
    }
}

fn serve(config: Config) -> ExitCode {
    // Each connection takes a descriptor, and the usual soft limit is 1,024.
    if let Err(error) = rlimit::increase_nofile_limit(u64::MAX) {
        tracing::warn!(%error, "the limit of open files stays as it is");
    }
    let served = actix_web::rt::System::new().block_on(async {
        // Before the server can be known to run.
        let stopped = stop_signals().map_err(|error| error.to_string())?;
        let server = Server::start(config).await.map_err(|error| error.to_string())?;
        tracing::info!("Chatroom is ready at http://{}", server.address());
        stopped.await;
        tracing::info!("stopping");
        server.stop().await;
        Ok::<_, String>(())
    });
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => complain(&error, 1),
    }
}

/// Listens from now on for the signals that stop the server.
fn stop_signals() -> std::io::Result<impl Future<Output = ()>> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

fn migrate(config: &Config) -> ExitCode {
    if let Err(error) = std::fs::create_dir_all(&config.data_dir) {
        return complain(&error, 1);
    }
    match persistence::migrate::up(&config.database()) {
        Ok(ran) if ran.is_empty() => say("The database has this version's schema already.\n"),
        Ok(ran) => say(&format!("Migrated: {}\n", ran.join(", "))),
        Err(error) => complain(&error, 1),
    }
}

/// Asks over plain HTTP, so that a container needs no other program for its health check.
fn health(config: &Config) -> ExitCode {
    let host = if matches!(config.host.as_str(), "0.0.0.0" | "::" | "[::]") {
        "127.0.0.1"
    } else {
        config.host.as_str()
    };
    let answer = TcpStream::connect((host.trim_matches(['[', ']']), config.port)).and_then(|mut stream| {
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        stream.write_all(b"GET /readyz HTTP/1.0\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    });
    match answer {
        Ok(answer) if answer.split(' ').nth(1) == Some("200") => say("ready\n"),
        Ok(answer) => complain(&answer.lines().next().unwrap_or("no answer"), 1),
        Err(error) => complain(&error, 1),
    }
}

fn say(text: &str) -> ExitCode {
    match std::io::stdout().write_all(text.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_closed) => ExitCode::FAILURE,
    }
}

/// Writes one line to stderr.
fn complain(error: &impl std::fmt::Display, code: u8) -> ExitCode {
    let line = format!("chatroom: {error}\n");
    match std::io::stderr().write_all(line.as_bytes()) {
        Ok(()) | Err(_) => ExitCode::from(code),
    }
}
