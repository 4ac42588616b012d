//! The HTTP server under the endpoint: an Actix Web application that can hand over the sockets of its upgrades.

use std::{
    cell::Cell,
    future::{poll_fn, ready},
    io,
    net::{SocketAddr, TcpListener, ToSocketAddrs},
    pin::Pin,
    rc::Rc,
    time::Duration,
};

use actix_codec::{Encoder as _, Framed, FramedParts};
use actix_http::{
    ConnectionType, HttpMessage as _, HttpService, Protocol, Request, Response,
    body::{BodySize, BoxBody, MessageBody},
    error::DispatchError,
    h1::{Codec, Message},
};
use actix_server::Server;
use actix_service::{
    IntoServiceFactory, Service, ServiceFactory, ServiceFactoryExt as _, fn_factory, fn_service, map_config,
};
use actix_web::{
    Error, HttpRequest,
    dev::{AppConfig, ServiceResponse},
    http::StatusCode,
    rt::net::TcpStream,
};
use bytes::{Bytes, BytesMut};
use futures_util::SinkExt as _;
use metrics::Counter;
use socket2::SockRef;

use stream::{Stream, Writing};

mod stream;

/// How long the kernel keeps sending to a peer that does not acknowledge.
const USER_TIMEOUT: Duration = Duration::from_secs(10);

/// How the server serves.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Number of threads that serve requests.
    pub workers: usize,
    /// How long an idle connection is kept for a next request.
    pub keep_alive: Duration,
    /// How long requests in flight may take when the server stops.
    pub shutdown_timeout: Duration,
    /// Number of connections that one worker accepts at a time.
    pub max_connections: usize,
    /// Number of threads that one worker has for blocking tasks.
    pub blocking_threads: usize,
    /// Bytes of a response that are gathered before they are written.
    pub write_buffer: usize,
    /// How long a client may leave an answer unread before its connection is cut.
    pub write_timeout: Duration,
    /// Counts these connections.
    pub unread: Counter,
    /// Header lines, each with its line break, for errors of requests that do not reach the application.
    pub error_headers: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            workers: 1,
            keep_alive: Duration::from_secs(75),
            shutdown_timeout: Duration::from_secs(6),
            max_connections: 100_000,
            blocking_threads: 64,
            write_buffer: 16 * 1024,
            write_timeout: Duration::from_secs(15),
            unread: Counter::default(),
            error_headers: String::new(),
        }
    }
}

/// Listens on every address that a host and port resolve to; fails if there is none on which it can.
pub fn bind(address: impl ToSocketAddrs) -> io::Result<Vec<TcpListener>> {
    let mut listeners = Vec::new();
    let mut failure = io::ErrorKind::AddrNotAvailable.into();
    for address in address.to_socket_addrs()? {
        match TcpListener::bind(address) {
            Ok(listener) => listeners.push(listener),
            Err(error) => failure = error,
        }
    }
    if listeners.is_empty() { Err(failure) } else { Ok(listeners) }
}

/// Serves an application on bound listeners, without signal handlers.
///
/// A socket is handed over when a handler answers an upgrade with 101 and the endpoint takes it; every other answer to
/// an upgrade is sent as it is, and ends its connection.
pub fn serve<F, I, S, B>(app: F, listeners: Vec<TcpListener>, settings: &Settings) -> io::Result<Server>
where
    F: Fn() -> I + Clone + Send + 'static,
    I: IntoServiceFactory<S, Request>,
    S: ServiceFactory<
            Request,
            Config = AppConfig,
            Response = ServiceResponse<B>,
            Error = Error,
            InitError = (),
        > + 'static,
    S::Service: 'static,
    B: MessageBody + 'static,
{
    let mut builder = Server::build()
        .workers(settings.workers)
        .max_concurrent_connections(settings.max_connections)
        .worker_max_blocking_threads(settings.blocking_threads)
        .shutdown_timeout(settings.shutdown_timeout.as_secs())
        .disable_signals();
    for listener in listeners {
        let (app, address, settings) = (app.clone(), listener.local_addr()?, settings.clone());
        let stopping = builder.graceful_shutdown_signal();
        builder = builder.listen(address.to_string(), listener, move || {
            let (stopping, upgraded) = (stopping.clone(), app.clone());
            let stopped = move || {
                let stopping = stopping.clone();
                async move { stopping.notified().await }
            };
            let upgrades = fn_factory(move || {
                let app = upgraded().into_factory().new_service(AppConfig::default());
                async move {
                    let app = Rc::new(app.await?);
                    Ok::<_, ()>(fn_service(move |(request, framed)| {
                        upgrade(Rc::clone(&app), request, framed)
                    }))
                }
            });
            let http = HttpService::build()
                .graceful_shutdown_signal(stopped)
                .keep_alive(settings.keep_alive)
                .client_disconnect_timeout(Duration::from_secs(1))
                // Else a poll that its client has cancelled goes unnoticed.
                .h1_allow_half_closed(false)
                .h1_write_buffer_size(settings.write_buffer)
                .local_addr(address)
                .upgrade(upgrades)
                .finish(map_config(app().into_factory(), |()| AppConfig::default()));
            let writing = Writing {
                timeout: settings.write_timeout,
                unread: settings.unread.clone(),
                error_headers: settings.error_headers.clone(),
            };
            accepted(Rc::new(writing)).and_then(http)
        })?;
    }
    Ok(builder.run())
}

/// Prepares the sockets of accepted connections.
fn accepted(
    writing: Rc<Writing>,
) -> impl ServiceFactory<
    TcpStream,
    Config = (),
    Response = (Stream, Protocol, Option<SocketAddr>),
    Error = DispatchError,
    InitError = (),
> {
    fn_service(move |socket: TcpStream| {
        tune(&socket);
        let peer = socket.peer_addr().ok();
        ready(Ok((Stream::new(socket, Rc::clone(&writing)), Protocol::Http1, peer)))
    })
}

/// Sends small packets at once, and bounds the time that the kernel spends on a dead peer.
fn tune(stream: &TcpStream) {
    let tuned = stream.set_nodelay(true);
    #[cfg(any(target_os = "linux", target_os = "android"))]
    let tuned = tuned.and_then(|()| SockRef::from(stream).set_tcp_user_timeout(Some(USER_TIMEOUT)));
    if let Err(error) = tuned {
        tracing::warn!(%error, "dead peers are noticed late");
    }
}

/// The socket of a connection that has been upgraded.
#[derive(Debug)]
pub(crate) struct Upgraded<S = TcpStream> {
    pub(crate) stream: S,
    /// What the client has sent after its request and was read with it.
    pub(crate) received: BytesMut,
    /// The head of the response, which is still to be sent.
    pub(crate) head: Bytes,
}

impl Upgraded {
    /// Detaches the socket from this worker.
    pub(crate) fn detach(self) -> io::Result<Upgraded<std::net::TcpStream>> {
        let Self { stream, received, head } = self;
        Ok(Upgraded { stream: stream.into_std()?, received, head })
    }
}

impl Upgraded<std::net::TcpStream> {
    /// Attaches the socket to this worker.
    pub(crate) fn attach(self) -> io::Result<Upgraded> {
        let Self { stream, received, head } = self;
        Ok(Upgraded { stream: TcpStream::from_std(stream)?, received, head })
    }
}

/// Continues a connection after its upgrade.
type Continuation = Box<dyn FnOnce(Upgraded)>;

/// Where the handler of an upgrade leaves what is to become of the connection.
#[derive(Clone, Default)]
struct Slot(Rc<Cell<Option<Continuation>>>);

/// Has `then` called with the socket once `request` is answered with 101; false if it is no upgrade.
pub(crate) fn on_upgrade(request: &HttpRequest, then: impl FnOnce(Upgraded) + 'static) -> bool {
    let extensions = request.extensions();
    let slot = extensions.get::<Slot>();
    slot.inspect(|slot| slot.0.set(Some(Box::new(then)))).is_some()
}

async fn upgrade<S, B>(app: Rc<S>, request: Request, framed: Framed<Stream, Codec>) -> Result<(), Error>
where
    S: Service<Request, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody + 'static,
{
    let slot = Slot::default();
    request.extensions_mut().insert(slot.clone());
    let response = match app.call(request).await {
        Ok(response) => Response::from(response).map_into_boxed_body(),
        Err(error) => Response::from(error),
    };
    match slot.0.take() {
        Some(then) if response.status() == StatusCode::SWITCHING_PROTOCOLS => {
            let FramedParts { io, mut codec, read_buf, mut write_buf, .. } = framed.into_parts();
            let (head, _) = response.into_parts();
            codec.encode(Message::Item((head, BodySize::None)), &mut write_buf)?;
            then(Upgraded { stream: io.into_inner(), received: read_buf, head: write_buf.freeze() });
        }
        _ => send(framed, response).await?,
    }
    Ok(())
}

/// Sends a response that is none to an upgrade, and ends the connection.
async fn send(mut framed: Framed<Stream, Codec>, response: Response<BoxBody>) -> Result<(), Error> {
    let (mut head, mut body) = response.into_parts();
    head.head_mut().set_connection_type(ConnectionType::Close);
    framed.feed(Message::Item((head, body.size()))).await?;
    while let Some(chunk) = poll_fn(|cx| Pin::new(&mut body).poll_next(cx)).await {
        framed.feed(Message::Chunk(Some(chunk?))).await?;
    }
    framed.feed(Message::Chunk(None)).await?;
    framed.flush().await?;
    framed.close().await?;
    Ok(())
}
