//! A small server to test against.

use std::{
    net::{SocketAddr, TcpListener},
    sync::Arc,
    thread::JoinHandle,
    time::Duration,
};

use actix_web::{App, HttpRequest, dev::ServerHandle, rt::System};
use domain::id::{RoomId, SessionId, UserId};
use futures_util::future::{FutureExt as _, LocalBoxFuture};
use realtime::{
    Ack, AckError, AdmitError, Config, ConnectError, Connection, Dispatch, Handshake, Incoming, Replay,
    Reply, Socket,
    endpoint::Realtime,
    frame::Frame,
    frame::{Broadcast, Topic},
    hub::Hubs,
    server::{Settings, serve},
};
use serde_json::{Value, json, value::RawValue};
use tokio::sync::{Mutex, Semaphore, mpsc, oneshot};
use uuid::Uuid;

use crate::engine::{Echo, NO_CONNECT_TIMEOUT};

/// What the program behind the server saw.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    Asked(i64),
    Began(String),
    Done(String),
    Gone(i64),
}

/// Accepts every client that names a user; has a handful of events.
pub(crate) struct Application {
    hubs: Hubs,
    seen: mpsc::UnboundedSender<Seen>,
    /// One permit lets one thing go on that waits: a client that says `wait`, or an event `wait`.
    pub(crate) permits: Semaphore,
    /// Shared with each session that is admitted.
    pub(crate) sessions: Arc<()>,
}

impl Dispatch for Application {
    type Client = i64;
    type Permit = Arc<()>;
    /// Its cookie.
    type Credentials = String;

    fn connect(
        self: Arc<Self>,
        handshake: Handshake<Self>,
    ) -> LocalBoxFuture<'static, Result<Connection<i64>, ConnectError>> {
        async move {
            let auth: Value = handshake
                .auth
                .map_or(Value::Null, |auth| serde_json::from_str(auth.get()).expect("checked by the codec"));
            if auth.get("cookie").is_some_and(|cookie| *cookie != handshake.credentials) {
                return Err(ConnectError::Refused { message: handshake.credentials, data: None });
            }
            let Some(user) = auth["user"].as_i64() else {
                if auth["busy"] == true {
                    return Err(ConnectError::Unavailable);
                }
                let data = Some(json!({ "code": "unauthorized" }));
                return Err(ConnectError::Refused { message: "Not authenticated".into(), data });
            };
            self.see(Seen::Asked(user));
            if auth["wait"] == true {
                self.permits.acquire().await.unwrap().forget();
            }
            let topics = vec![Topic::User(UserId(user)), session(user)];
            let text = |key: &str| auth[key].as_str().map(ToOwned::to_owned);
            let replay = auth["missed"].as_i64().map(|upto| Arc::clone(&self).missed(upto).boxed_local());
            Ok(Connection {
                sid: text("sid"),
                pid: text("pid"),
                recovers: auth["recover"] == true,
                replay,
                ..Connection::new(user, topics)
            })
        }
        .boxed_local()
    }

    fn knows(&self, namespace: &str) -> bool {
        matches!(namespace, "/" | "/custom")
    }

    fn admit(&self, request: &HttpRequest) -> Result<Arc<()>, AdmitError> {
        if request.headers().contains_key("x-banned") {
            return Err(AdmitError::Forbidden("Banned".to_owned()));
        } else if request.headers().contains_key("x-many") {
            return Err(AdmitError::Unavailable("too many"));
        }
        Ok(Arc::clone(&self.sessions))
    }

    fn credentials(&self, request: &HttpRequest) -> String {
        let cookie = request.headers().get("cookie").and_then(|cookie| cookie.to_str().ok());
        cookie.unwrap_or_default().to_owned()
    }

    fn joined(self: Arc<Self>, socket: Socket<i64>) {
        if *socket.client() == GREETED {
            socket.send(Frame::event_in(socket.namespace(), "welcome", &[]));
        }
    }

    fn event(self: Arc<Self>, socket: Socket<i64>, event: Incoming) -> LocalBoxFuture<'static, Reply> {
        async move {
            let args: Vec<Value> =
                event.args.iter().map(|arg| serde_json::from_str(arg.get()).unwrap()).collect();
            let number = args.first().and_then(Value::as_u64);
            match (event.name.as_str(), number) {
                ("join", Some(number)) => socket.join(room(number)),
                ("leave", Some(number)) => socket.leave(room(number)),
                ("shout", Some(number)) => {
                    let mut part =
                        Broadcast::new(vec![room(number)], Frame::event("received", &[&args[1].to_string()]));
                    part.except_socket = Some(socket.id());
                    self.hubs.emit(part);
                }
                ("burst", Some(number)) => {
                    (0..number).for_each(|n| socket.send(Frame::event("n", &[&n.to_string()])));
                }
                ("quit", _) => socket.close(),
                ("vanish", _) => socket.disconnect(),
                ("ask", patience) => return ask(&socket, &event.args[1..], patience).await,
                ("catch up", Some(upto)) => {
                    let missed = Arc::clone(&self).missed(i64::try_from(upto).unwrap());
                    let known = socket.resume(missed).await;
                    return Reply::new(format!("[{}]", known.unwrap_or(-1)));
                }
                // Tells what it does, waits, and only then joins.
                ("wait", number) => {
                    self.see(Seen::Began(args[0].to_string()));
                    self.permits.acquire().await.unwrap().forget();
                    if let Some(number) = number {
                        socket.join(room(number));
                    }
                    self.see(Seen::Done(args[0].to_string()));
                }
                _ => {}
            }
            Reply { attachments: event.attachments, ..Reply::new(serde_json::to_string(&args).unwrap()) }
        }
        .boxed_local()
    }

    fn disconnected(self: Arc<Self>, client: i64) {
        self.see(Seen::Gone(client));
    }
}

impl Application {
    /// Waits for a permit, and finds one event for each of the last three places; nothing before the first.
    async fn missed(self: Arc<Self>, upto: i64) -> Result<Replay, ConnectError> {
        self.see(Seen::Began(format!("to {upto}")));
        self.permits.acquire().await.unwrap().forget();
        if upto < 0 {
            return Err(ConnectError::Refused { message: "Too old".into(), data: None });
        }
        let frames = (upto - 2..=upto).map(|place| Frame::event("missed", &[&place.to_string()]));
        Ok(Replay { frames: frames.collect(), upto })
    }

    fn see(&self, seen: Seen) {
        // The test may have ended already.
        self.seen.send(seen).ok();
    }
}

/// This user is sent an event as soon as it has joined.
pub(crate) const GREETED: i64 = 777;

/// Asks the client back, and acknowledges with its answer.
async fn ask(socket: &Socket<i64>, args: &[Box<RawValue>], patience: Option<u64>) -> Reply {
    let args: Vec<_> = args.iter().map(|arg| arg.get()).collect();
    let patience = Duration::from_millis(patience.unwrap_or(20_000));
    match socket.emit_with_ack("question", &[&args.join(",")], patience).await {
        Ok(Ack { args, attachments }) => {
            Reply { attachments, ..Reply::new(serde_json::to_string(&args).unwrap()) }
        }
        Err(AckError::TimedOut) => Reply::new(r#"["timed out"]"#),
        Err(AckError::Gone) => Reply::new(r#"["gone"]"#),
    }
}

pub(crate) fn room(number: u64) -> Topic {
    Topic::Room(RoomId(Uuid::from_u128(number.into())))
}

pub(crate) fn session(user: i64) -> Topic {
    Topic::Session(SessionId(Uuid::from_u128(user.unsigned_abs().into())))
}

/// A running server; stops when dropped.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) hubs: Hubs,
    pub(crate) application: Arc<Application>,
    pub(crate) realtime: Realtime<Application>,
    seen: Mutex<mpsc::UnboundedReceiver<Seen>>,
    handle: ServerHandle,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    pub(crate) async fn start() -> Self {
        Self::with(Config::default()).await
    }

    pub(crate) async fn with(config: Config) -> Self {
        Self::on(3, config).await
    }

    pub(crate) async fn on(workers: usize, config: Config) -> Self {
        let engine = Config {
            connect_timeout: NO_CONNECT_TIMEOUT,
            max_payload_unjoined: config.max_payload,
            ..config.clone()
        };
        let engine = Realtime::new(Hubs::new(engine), Arc::new(Echo));
        let hubs = Hubs::new(config);
        let (sender, seen) = mpsc::unbounded_channel();
        let application = Arc::new(Application {
            hubs: hubs.clone(),
            seen: sender,
            permits: Semaphore::new(0),
            sessions: Arc::default(),
        });
        let realtime = Realtime::new(hubs.clone(), Arc::clone(&application));
        let (ready, started) = oneshot::channel();
        let serving = realtime.clone();
        let thread = std::thread::spawn(move || {
            System::new().block_on(async move {
                let app = move || {
                    let (realtime, engine) = (serving.clone(), engine.clone());
                    App::new().configure(|app| {
                        engine.mount(app, "/engine.io");
                        realtime.mount(app, "/socket.io");
                        realtime.mount(app, "/ws/socket.io");
                    })
                };
                let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
                let address = listener.local_addr().unwrap();
                let shutdown_timeout = Duration::from_secs(1);
                let settings = Settings { workers, shutdown_timeout, ..Settings::default() };
                let server = serve(app, vec![listener], &settings).unwrap();
                ready.send((address, server.handle())).ok().unwrap();
                server.await.unwrap();
            });
        });
        let (address, handle) = started.await.unwrap();
        Self { address, hubs, application, realtime, seen: Mutex::new(seen), handle, thread: Some(thread) }
    }

    /// The next thing that the program behind the server saw.
    pub(crate) async fn saw(&self) -> Seen {
        crate::client::soon(async { self.seen.lock().await.recv().await.unwrap() }).await
    }

    /// Waits until so many connections are open.
    pub(crate) async fn connections(&self, expected: usize) {
        crate::client::soon(async {
            while self.hubs.connections() != expected {
                tokio::task::yield_now().await;
            }
        })
        .await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.handle.stop(false));
        if let Some(thread) = self.thread.take() {
            // A panic of the server fails the test, unless the test has failed already.
            assert!(thread.join().is_ok() || std::thread::panicking(), "the server panicked");
        }
    }
}
