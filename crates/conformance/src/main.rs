//! A server of the realtime crate without the chat, for conformance suites and stock clients.
//!
//! `/engine.io/` echoes every message. `/socket.io/` has the namespaces `/` and `/custom`.

mod application;
mod cors;
mod echo;

use std::io::{Error, Write as _};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use actix_web::App;
use actix_web::middleware::from_fn;
use actix_web::rt::System;
use actix_web::web::Data;
use clap::Parser;
use realtime::Config;
use realtime::endpoint::Realtime;
use realtime::hub::Hubs;
use realtime::server::{self, Settings, bind};

use crate::application::Application;
use crate::cors::Origins;
use crate::echo::Echo;

/// Serves Engine.IO and Socket.IO for conformance tests, on 127.0.0.1 and on `::1`.
#[derive(Debug, Parser)]
#[command(name = "conformance")]
struct Arguments {
    /// The port; 0 takes a free one, on 127.0.0.1 alone.
    #[arg(long, env = "PORT", default_value_t = 3000)]
    port: u16,
    /// Milliseconds from a pong to the next ping.
    #[arg(long, env = "PING_INTERVAL", default_value_t = 300)]
    ping_interval: u64,
    /// Milliseconds that a client has for its pong.
    #[arg(long, env = "PING_TIMEOUT", default_value_t = 200)]
    ping_timeout: u64,
    /// The largest message or request in bytes.
    #[arg(long, env = "MAX_PAYLOAD", default_value_t = 1_000_000)]
    max_payload: usize,
    /// Milliseconds that a client has to join a namespace.
    #[arg(long, env = "CONNECT_TIMEOUT", default_value_t = 1000)]
    connect_timeout: u64,
    /// Milliseconds that an upgrade of the transport may take.
    #[arg(long, env = "UPGRADE_TIMEOUT", default_value_t = 10_000)]
    upgrade_timeout: u64,
    /// Number of threads that serve requests.
    #[arg(long, env = "WORKERS", default_value_t = 1)]
    workers: usize,
    /// The origins whose pages may connect, separated by commas.
    #[arg(long, env = "ORIGINS", value_delimiter = ',')]
    origins: Vec<String>,
}

impl Arguments {
    fn config(&self) -> Config {
        Config {
            ping_interval: Duration::from_millis(self.ping_interval),
            ping_timeout: Duration::from_millis(self.ping_timeout),
            connect_timeout: Duration::from_millis(self.connect_timeout),
            upgrade_timeout: Duration::from_millis(self.upgrade_timeout),
            max_payload: self.max_payload,
            origins: self.origins.clone(),
            ..Config::default()
        }
    }

    fn addresses(&self) -> Vec<SocketAddr> {
        let v4 = SocketAddr::from((Ipv4Addr::LOCALHOST, self.port));
        let v6 = SocketAddr::from((Ipv6Addr::LOCALHOST, self.port));
        // Two free ports would not be the same one.
        if self.port == 0 { vec![v4] } else { vec![v4, v6] }
    }
}

fn main() -> ExitCode {
    let filter = tracing_subscriber::EnvFilter::from_default_env();
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    match System::new().block_on(serve(&Arguments::parse())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("conformance: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(arguments: &Arguments) -> Result<(), Error> {
    let hubs = Hubs::new(arguments.config());
    let socket_io = Realtime::new(hubs.clone(), Arc::new(Application { hubs }));
    let engine_io = Realtime::new(Hubs::new(echo::config(arguments.config())), Arc::new(Echo));
    let origins = Data::new(Origins(arguments.origins.clone()));
    let app = move || {
        let (socket_io, engine_io) = (socket_io.clone(), engine_io.clone());
        App::new().app_data(origins.clone()).wrap(from_fn(cors::add_headers)).configure(move |app| {
            socket_io.mount(app, "/socket.io");
            engine_io.mount(app, "/engine.io");
        })
    };
    let listeners = bind(arguments.addresses().as_slice())?;
    for listener in &listeners {
        announce(listener.local_addr()?)?;
    }
    let settings = Settings {
        workers: arguments.workers.max(1),
        shutdown_timeout: Duration::from_secs(1),
        ..Settings::default()
    };
    server::serve(app, listeners, &settings)?.await
}

/// Prints an address that it listens on.
fn announce(address: SocketAddr) -> Result<(), Error> {
    let mut out = std::io::stdout();
    writeln!(out, "http://{address}")?;
    out.flush()
}
