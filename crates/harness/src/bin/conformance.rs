//! The realtime crate without the chat, for conformance suites, stock clients, and tests of our own.
//!
//! `/engine.io/` echoes every message. `/socket.io/` has the namespaces `/` and `/custom`.

use std::io::{Error, Write as _};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use actix_web::App;
use actix_web::rt::System;
use bytes::Bytes;
use clap::Parser;
use domain::id::RoomId;
use futures_util::FutureExt as _;
use futures_util::future::LocalBoxFuture;
use realtime::broadcast::Broadcast;
use realtime::config::Config;
use realtime::dispatch::{AckError, ConnectError, Connection, Dispatch, Handshake, Incoming, Reply, Socket};
use realtime::endpoint::Realtime;
use realtime::engine::{EngineHandler, EngineOnly, EngineSocket};
use realtime::frame::Frame;
use realtime::hub::Hubs;
use realtime::server::{self, Settings, bind};
use realtime::topic::Topic;
use serde_json::value::RawValue;

/// Time that a client has to acknowledge a question.
const PATIENCE: Duration = Duration::from_millis(500);

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
    let engine_io = Realtime::new(Hubs::new(arguments.config()), Arc::new(EngineOnly(Echo)));
    let app = move || {
        let (socket_io, engine_io) = (socket_io.clone(), engine_io.clone());
        App::new().configure(move |app| {
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
    server::serve(app, listeners, settings)?.await
}

/// Prints an address that it listens on.
fn announce(address: SocketAddr) -> Result<(), Error> {
    let mut out = std::io::stdout();
    writeln!(out, "http://{address}")?;
    out.flush()
}

/// Echoes messages.
struct Echo;

impl EngineHandler for Echo {
    fn text(&self, client: &EngineSocket, message: &str) {
        client.send_text(message);
    }

    fn binary(&self, client: &EngineSocket, message: Bytes) {
        client.send_binary(&message);
    }
}

/// Accepts every client.
struct Application {
    hubs: Hubs,
}

impl Dispatch for Application {
    /// The auth of the client.
    type Client = Arc<str>;

    fn knows(&self, namespace: &str) -> bool {
        matches!(namespace, "/" | "/custom")
    }

    fn connect(
        self: Arc<Self>,
        handshake: Handshake,
    ) -> LocalBoxFuture<'static, Result<Connection<Arc<str>>, ConnectError>> {
        let auth = handshake.auth.as_deref().map_or("{}", RawValue::get);
        std::future::ready(Ok(Connection::new(Arc::from(auth), Vec::new()))).boxed_local()
    }

    fn joined(self: Arc<Self>, socket: Socket<Arc<str>>) {
        socket.send(Frame::event_in(socket.namespace(), "auth", &[socket.client()]));
    }

    fn event(self: Arc<Self>, socket: Socket<Arc<str>>, event: Incoming) -> LocalBoxFuture<'static, Reply> {
        async move { self.answer(&socket, event).await }.boxed_local()
    }

    fn disconnected(self: Arc<Self>, _: Arc<str>) {}
}

impl Application {
    async fn answer(&self, socket: &Socket<Arc<str>>, event: Incoming) -> Reply {
        let Incoming { name, args, attachments } = event;
        let all = joined(&args);
        let first = args.first().map_or("null", |arg| arg.get());
        match name.as_str() {
            "message" => send(socket, "message-back", &all, &attachments),
            "message-with-ack" => return Reply { args: format!("[{all}]"), attachments },
            "burst" => {
                for n in 0..serde_json::from_str(first).unwrap_or(0_u32) {
                    send(socket, "n", &n.to_string(), &[]);
                }
            }
            "join" => room(first).into_iter().for_each(|room| socket.join(room)),
            "leave" => room(first).into_iter().for_each(|room| socket.leave(room)),
            "to-room" => {
                self.send_to_room(socket, first, &joined(args.get(1..).unwrap_or_default()), &attachments);
            }
            "ask-me" => return ask(socket, &all).await,
            "disconnect-me" => socket.disconnect(),
            "close-me" => socket.close(),
            _ => {}
        }
        Reply::new("[]")
    }

    /// Sends `received` to all in the room but the sender.
    fn send_to_room(&self, socket: &Socket<Arc<str>>, to: &str, args: &str, attachments: &[Bytes]) {
        let frame = frame(socket, "received", args, attachments);
        let part = Broadcast::new(room(to).into_iter().collect(), frame);
        self.hubs.emit(Broadcast { except_socket: Some(socket.id()), ..part });
    }
}

/// Emits `question` to the client, and acknowledges with its acknowledgement, or with why there is none.
async fn ask(socket: &Socket<Arc<str>>, args: &str) -> Reply {
    let pieces: &[&str] = if args.is_empty() { &[] } else { &[args] };
    match socket.emit_with_ack("question", pieces, PATIENCE).await {
        Ok(answer) => Reply { args: format!("[{}]", joined(&answer.args)), attachments: answer.attachments },
        Err(AckError::TimedOut) => Reply::new(r#"["timed out"]"#),
        Err(AckError::Gone) => Reply::new(r#"["gone"]"#),
    }
}

fn send(socket: &Socket<Arc<str>>, name: &str, args: &str, attachments: &[Bytes]) {
    socket.send(frame(socket, name, args, attachments));
}

fn frame(socket: &Socket<Arc<str>>, name: &str, args: &str, attachments: &[Bytes]) -> Frame {
    let pieces: &[&str] = if args.is_empty() { &[] } else { &[args] };
    Frame::binary_event_in(socket.namespace(), name, pieces, attachments)
}

fn joined(args: &[Box<RawValue>]) -> String {
    args.iter().map(|arg| arg.get()).collect::<Vec<_>>().join(",")
}

/// A room is named by a UUID.
fn room(json: &str) -> Option<Topic> {
    serde_json::from_str(json).ok().map(|id| Topic::Room(RoomId(id)))
}
