//! The Socket.IO endpoint: opens sessions, and brings requests to them.

use std::{fmt, sync::Arc};

use actix::Actor as _;
use actix_web::{HttpRequest, HttpResponse, http::Method, web};
use socketio::engine;

use crate::{
    Config, Dispatch, Drain,
    frame::Packet,
    hub::Hubs,
    request::{RequestError, is_same_origin, origin, secret},
    server::{Upgraded, on_upgrade},
    session::{self, Session, SessionAddr, Sessions, namespaces::Namespaces, polling, post},
    transport,
};

/// The Socket.IO endpoint; a copy is the same one.
pub struct Realtime<D: Dispatch> {
    hubs: Hubs,
    dispatch: Arc<D>,
    sessions: Arc<Sessions<D>>,
}

impl<D: Dispatch> Clone for Realtime<D> {
    fn clone(&self) -> Self {
        let (dispatch, sessions) = (Arc::clone(&self.dispatch), Arc::clone(&self.sessions));
        Self { hubs: self.hubs.clone(), dispatch, sessions }
    }
}

impl<D: Dispatch> fmt::Debug for Realtime<D> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Realtime").field("hubs", &self.hubs).finish_non_exhaustive()
    }
}

/// The transport that a request names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum RequestedTransport {
    Polling,
    WebSocket,
}

/// The query of a request.
type Query = Vec<(String, String)>;

impl<D: Dispatch> Realtime<D> {
    /// An endpoint whose clients are handled by `dispatch` and reached through `hubs`.
    pub fn new(hubs: Hubs, dispatch: Arc<D>) -> Self {
        Self { hubs, dispatch, sessions: Arc::default() }
    }

    /// Serves the endpoint under `path`, with and without a slash at its end.
    pub fn mount(&self, app: &mut web::ServiceConfig, path: &str) {
        let path = path.trim_end_matches('/');
        let endpoint = self.clone();
        let handler = move |request: HttpRequest, payload: web::Payload| {
            let endpoint = endpoint.clone();
            async move { endpoint.respond(&request, payload).await }
        };
        app.service(web::resource([path.to_owned(), format!("{path}/")]).to(handler));
    }

    /// Refuses new sessions, ends all others at once, and returns when the last one is gone.
    pub async fn shutdown(&self) {
        self.drain(Drain::at_once()).await;
    }

    /// Refuses new sessions, ends all others as `drain` says, and returns when the last one is gone.
    ///
    /// Only transports are closed, without a DISCONNECT packet, so that stock clients reconnect.
    pub async fn drain(&self, drain: Drain) {
        self.hubs.drain(drain).await;
    }

    fn config(&self) -> &Config {
        &self.hubs.process.config
    }

    async fn respond(&self, request: &HttpRequest, payload: web::Payload) -> HttpResponse {
        self.handle(request, payload).await.unwrap_or_else(RequestError::response)
    }

    /// Checks a request as the reference server does, in its order (`engine.io/lib/server.ts`, `verify`).
    async fn handle(
        &self,
        request: &HttpRequest,
        payload: web::Payload,
    ) -> Result<HttpResponse, RequestError> {
        let query = web::Query::<Query>::from_query(request.query_string()).or(Err(RequestError::Request))?;
        let query = query.into_inner();
        let transport = transport(&query)?;
        check_origin(request, &self.config().origins)?;
        let Some(sid) = value(&query, "sid") else {
            return self.handshake(request, transport, &query);
        };
        let found = self.sessions.get(sid).ok_or(RequestError::Session)?;
        let SessionAddr { session, max_payload } = found.clone();
        drop(found);
        match (transport, request.method()) {
            (RequestedTransport::Polling, &Method::GET) => polling::get(session).await,
            (RequestedTransport::Polling, &Method::POST) => {
                let renewed = origin(request).map(|_| self.dispatch.credentials(request));
                post::post(session, request, payload, max_payload.get(), renewed).await
            }
            (RequestedTransport::WebSocket, _) => session::websocket::open(session, request),
            (RequestedTransport::Polling, _) => Err(RequestError::Request),
        }
    }

    /// Opens a session.
    fn handshake(
        &self,
        request: &HttpRequest,
        transport: RequestedTransport,
        query: &Query,
    ) -> Result<HttpResponse, RequestError> {
        if request.method() != Method::GET {
            return Err(RequestError::Method);
        }
        let upgrade = match transport {
            RequestedTransport::Polling => None,
            RequestedTransport::WebSocket => {
                Some(transport::handshake(request).or(Err(RequestError::Request))?)
            }
        };
        let permit = self.dispatch.admit(request)?;
        if value(query, "EIO") != Some(engine::VERSION) {
            return Err(RequestError::Version);
        }
        if self.hubs.process.draining().is_some() {
            return Err(RequestError::Draining);
        }
        let sid = secret().ok_or(RequestError::Internal)?;
        let (dispatch, credentials) = (Arc::clone(&self.dispatch), self.dispatch.credentials(request));
        let namespaces = Namespaces::new(dispatch, credentials, permit, self.config());
        let Some(mut response) = upgrade else { return Ok(self.open_polling(&sid, namespaces)) };
        let endpoint = self.clone();
        let open = move |upgraded| endpoint.open_websocket(&sid, namespaces, upgraded);
        if on_upgrade(request, open) { Ok(response.finish()) } else { Err(RequestError::Request) }
    }

    fn open_polling(&self, sid: &str, namespaces: Namespaces<D>) -> HttpResponse {
        let session = self.session(sid, namespaces);
        let max_payload = session.handle.max_payload.clone();
        self.sessions.insert(sid.into(), SessionAddr { session: session.start(), max_payload });
        polling::payload(open_packet(sid, &["websocket"], self.config()))
    }

    fn open_websocket(&self, sid: &str, namespaces: Namespaces<D>, upgraded: Upgraded) {
        let session = self.session(sid, namespaces);
        let max_payload = session.handle.max_payload.clone();
        session.handle.send(Packet::text(&open_packet(sid, &[], self.config())));
        let session = Session::create(move |ctx| {
            let socket = session.open_websocket(upgraded, ctx);
            session.carry(socket);
            session
        });
        self.sessions.insert(sid.into(), SessionAddr { session, max_payload });
    }

    fn session(&self, sid: &str, namespaces: Namespaces<D>) -> Session<D> {
        Session::new(sid.into(), namespaces, self.hubs.local(), &self.sessions)
    }
}

fn open_packet(sid: &str, upgrades: &[&str], config: &Config) -> String {
    let open = engine::Open {
        sid,
        upgrades,
        ping_interval: config.ping_interval,
        ping_timeout: config.ping_timeout,
        max_payload: config.max_payload,
    };
    open.packet()
}

fn transport(query: &[(String, String)]) -> Result<RequestedTransport, RequestError> {
    match value(query, "transport") {
        Some("polling") => Ok(RequestedTransport::Polling),
        Some("websocket") => Ok(RequestedTransport::WebSocket),
        _ => Err(RequestError::Transport),
    }
}

fn check_origin(request: &HttpRequest, origins: &[String]) -> Result<(), RequestError> {
    match origin(request) {
        Some(origin)
            if !origins.iter().any(|listed| listed.eq_ignore_ascii_case(origin))
                && !is_same_origin(request, origin) =>
        {
            Err(RequestError::Origin(origin.to_owned()))
        }
        _ => Ok(()),
    }
}

fn value<'a>(query: &'a [(String, String)], key: &str) -> Option<&'a str> {
    query.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
}
