//! Composes the parts into a running server.

use std::net::{SocketAddr, TcpListener};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use ::metrics::Counters;
use actix_multipart::MultipartConfig;
use actix_web::App;
use actix_web::dev::ServerHandle;
use actix_web::middleware::{Compress, from_fn};
use actix_web::web::{self, Data};
use cluster::{ClusterEvent, Node};
use domain::payload::Restart;
use live::cluster::Cluster;
use live::{Live, frames};
use realtime::Drain;
use realtime::endpoint::Realtime;
use realtime::hub::Hubs;
use realtime::server::{self, Settings};
use tokio::sync::mpsc;

use crate::api;
use crate::config::Config;
use crate::connections::Connections;
use crate::extract::{Documents, Services};
use crate::headers::{self, Protection};
use crate::http::body::{self, BodyLimits};
use crate::http::pages::Pages;
use crate::http::requests::{self, Requests};
use crate::metrics::{self, Metrics};
use crate::rates::{self, RateLimits};
use crate::receive;
use crate::refill;
use crate::refusals::Refusals;
use crate::socket::events::{Events, UNKNOWN};
use crate::{asyncapi, openapi};

mod error;
mod origins;
mod product;
mod tasks;

pub use error::Error;
use origins::{addresses, cors, origins};
use product::{chat, load_key, open_database};

/// How long sockets may take to go when the server stops.
const DRAINING: Duration = Duration::from_secs(8);

/// Time for requests in flight after that.
const STOPPING: Duration = Duration::from_secs(6);

static OPENAPI: LazyLock<String> = LazyLock::new(openapi::text);
static ASYNCAPI: LazyLock<String> = LazyLock::new(asyncapi::text);
const DOCUMENTS: Documents = Documents { openapi: &OPENAPI, asyncapi: &ASYNCAPI };

/// A running server.
pub struct Server {
    address: SocketAddr,
    handle: ServerHandle,
    realtime: Realtime<Events>,
    stopping: Arc<AtomicBool>,
    drain: Duration,
    live: Arc<Live>,
    refusals: Refusals,
    metrics: Option<(SocketAddr, ServerHandle)>,
}

impl Server {
    /// Starts serving; returns when connections are accepted. Must be called on an Actix system.
    pub async fn start(config: Config) -> Result<Self, Error> {
        let hubs = hubs(&config);
        // Before the database, which must not be dropped on this thread.
        let key = load_key(&config)?;
        let (node, cluster_events) = cluster(&config)?.unzip();
        let (db, head) = open_database(&config).await?;
        let (live, presence_changes) = Live::new(hubs.clone(), node, config.limits.user_sockets_max, head);
        let live = Arc::new(live);
        let chat = Arc::new(chat(&config, key, db, &live)?);
        actix_web::rt::spawn(refill::watch(Arc::clone(&chat), Arc::clone(&live)));
        let pause = Duration::from_millis(config.sockets.heads_ms);
        actix_web::rt::spawn(send_positions(Arc::clone(&live), pause));
        if let Some(events) = cluster_events {
            actix_web::rt::spawn(receive::receive(events, Arc::clone(&chat), Arc::clone(&live)));
        }
        tasks::start(&config, &chat);
        actix_web::rt::spawn(chat::presence::publish(Arc::clone(&chat), presence_changes));
        let addresses = addresses(&config);
        let refusals = Refusals::default();
        let rates = Arc::new(RateLimits::new(&config.rates, refusals.clone()));
        actix_web::rt::spawn(rates::forget(Arc::clone(&rates)));
        let table = api::events();
        let received = Counters::new(table.iter().map(|event| event.name).chain([UNKNOWN]));
        let requests = Requests::new(api::endpoints().iter().map(|endpoint| endpoint.path));
        let metrics = Metrics {
            chat: Arc::clone(&chat),
            live: Arc::clone(&live),
            requests: requests.clone(),
            refusals: refusals.clone(),
            received: received.clone(),
        };
        let events = Events {
            chat: Arc::clone(&chat),
            addresses: addresses.clone(),
            live: Arc::clone(&live),
            connections: Connections::new(&config.limits, refusals.clone()),
            rates: Arc::clone(&rates),
            refusals: refusals.clone(),
            table,
            received,
        };
        let realtime = Realtime::new(hubs, Arc::new(events));
        let bodies = BodyLimits::from(&config.limits);
        let (stopping, documents) = (Arc::default(), DOCUMENTS);
        let services = Services { chat, addresses, bodies, rates, refusals, stopping, documents };
        let mut server = serve(&config, services, realtime, (live, requests))?;
        server.metrics = serve_metrics(&config, metrics)?;
        Ok(server)
    }

    /// Returns the address that the server listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the address that `/metrics` is served on, if it is.
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.metrics.as_ref().map(|(address, _)| *address)
    }

    /// Returns the counters of what was refused.
    pub fn refusals(&self) -> &Refusals {
        &self.refusals
    }

    /// Drains the connections, finishes the requests in flight, and returns, after 15 seconds at the latest.
    ///
    /// From now on `/readyz` answers 503, and each socket is sent `restart` with the time to reconnect after.
    pub async fn stop(self) {
        self.stopping.store(true, Ordering::Relaxed);
        let gone = tokio::time::timeout(DRAINING, self.realtime.drain(drain(self.drain))).await;
        gone.unwrap_or_else(|_late| complain("some connections did not close in time"));
        self.handle.stop(true).await;
        if let Some((_, metrics)) = self.metrics {
            metrics.stop(true).await;
        }
        drop(tokio::task::spawn_blocking(move || self.live.cluster().map(Cluster::stop)).await);
    }
}

fn complain(of: &str) {
    tracing::warn!("{of}");
}

/// Closes the connections over this time, each after a `restart` with the time to reconnect after.
fn drain(over: Duration) -> Drain {
    let over = over.min(DRAINING / 2);
    let notice = |pause: Duration| {
        frames::unlogged(&Restart { retry_after_ms: u64::try_from(pause.as_millis()).unwrap_or(u64::MAX) })
    };
    Drain { over, patience: DRAINING / 4, pause: over / 4..over, notice: Some(Arc::new(notice)) }
}

fn hubs(config: &Config) -> Hubs {
    Hubs::new(realtime::Config {
        origins: origins(config),
        ping_interval: Duration::from_millis(config.sockets.ping_interval_ms),
        ping_timeout: Duration::from_millis(config.sockets.ping_timeout_ms),
        stall_timeout: Duration::from_millis(config.sockets.stall_timeout_ms),
        max_payload_unjoined: config.limits.unauthenticated_message_max_bytes,
        ..realtime::Config::default()
    })
}

/// This node of the cluster, and its events.
type ClusterParts = (Arc<Node>, mpsc::UnboundedReceiver<ClusterEvent>);

/// Joins the cluster, if Redis is configured.
fn cluster(config: &Config) -> Result<Option<ClusterParts>, Error> {
    let Some(url) = &config.redis_url else { return Ok(None) };
    let (sender, events) = mpsc::unbounded_channel();
    let heartbeat = Duration::from_millis(config.cluster.beat_ms);
    let settings = cluster::Config {
        heartbeat,
        ttl: heartbeat * 3,
        linger: heartbeat / 2,
        prefix: config.cluster.prefix.clone(),
        ..cluster::Config::new(url.clone())
    };
    // The receiver is gone when the server has stopped.
    let node = Node::start(settings, Arc::new(move |event| drop(sender.send(event))))?;
    Ok(Some((Arc::new(node), events)))
}

fn serve(
    config: &Config,
    services: Services,
    realtime: Realtime<Events>,
    (live, requests): (Arc<Live>, Requests),
) -> Result<Server, Error> {
    let stopping = Arc::clone(&services.stopping);
    let bodies = services.bodies;
    let refusals = services.refusals.clone();
    let counted = Data::new(refusals.clone());
    let services = Data::new(services);
    let pages = Data::new(Pages { web: config.web_dir.clone(), plain: config.static_dir.clone() });
    let protection = Data::new(Protection::new(config));
    let origins = Arc::new(origins(config));
    let sockets = realtime.clone();
    let settings = settings(config, &refusals, &protection);
    let app = move || {
        let (sockets, requests) = (sockets.clone(), requests.clone());
        App::new()
            .app_data(services.clone())
            .app_data(pages.clone())
            .app_data(protection.clone())
            .app_data(Data::new(bodies))
            .app_data(counted.clone())
            .app_data(Data::new(requests.clone()))
            .app_data(MultipartConfig::new().buffer_limit(bodies.part_headers))
            .wrap(from_fn(body::pace))
            .wrap(Compress::default())
            .wrap(cors(&origins))
            // Around the answers to preflights, too.
            .wrap(from_fn(headers::protect))
            .wrap(from_fn(requests::note))
            .configure(move |app: &mut web::ServiceConfig| {
                sockets.mount(app, "/socket.io");
                sockets.mount(app, "/ws/socket.io");
                api::add(app, &requests);
            })
    };
    let address = format!("{}:{}", bracketed(&config.host), config.port);
    let listeners = server::bind(&address).map_err(|source| Error::Listen { address, source })?;
    let bound = listeners.first().map(TcpListener::local_addr).transpose()?;
    let bound = bound.ok_or_else(|| std::io::Error::other("nothing is listened on"))?;
    let server = server::serve(app, listeners, &settings)?;
    let handle = server.handle();
    actix_web::rt::spawn(async move {
        if let Err(error) = server.await {
            tracing::error!(%error, "the server stopped");
        }
    });
    let drain = Duration::from_millis(config.sockets.drain_ms);
    Ok(Server { address: bound, handle, realtime, stopping, drain, live, refusals, metrics: None })
}

fn settings(config: &Config, refusals: &Refusals, protection: &Protection) -> Settings {
    Settings {
        workers: config.workers.max(1),
        shutdown_timeout: STOPPING,
        write_timeout: Duration::from_millis(config.limits.answer_unread_ms),
        unread: refusals.unread(),
        error_headers: protection.lines(),
        ..Settings::default()
    }
}

/// Serves the metrics, if they have an address.
fn serve_metrics(config: &Config, metrics: Metrics) -> Result<Option<(SocketAddr, ServerHandle)>, Error> {
    let Some(address) = config.metrics.address else { return Ok(None) };
    let listening = metrics::serve(metrics, address);
    let (bound, handle) =
        listening.map_err(|source| Error::Metrics { address: address.to_string(), source })?;
    tracing::info!("metrics are at http://{}/metrics", bound.unwrap_or(address));
    Ok(Some((bound.unwrap_or(address), handle)))
}

/// Sends the positions of rooms at intervals, for as long as the server runs.
async fn send_positions(live: Arc<Live>, pause: Duration) {
    loop {
        tokio::time::sleep(pause).await;
        live.send_positions();
    }
}

/// An IPv6 address is bracketed before a port.
fn bracketed(host: &str) -> String {
    if host.contains(':') && !host.starts_with('[') { format!("[{host}]") } else { host.to_owned() }
}
