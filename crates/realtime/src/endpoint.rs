//! The HTTP side: opens sessions, brings requests to them, and refuses those that may not be answered.

use std::sync::Arc;

use actix::Actor as _;
use actix_web::{HttpRequest, HttpResponse, http::Method, web};
use socketio::engine;

use crate::{
    config::Config,
    cors,
    frame::Packet,
    hub::Hubs,
    opening::{self, Opening, secret},
    refused::Refused,
    registry::Registry,
    serve::{Upgraded, on_upgrade},
    session::{Session, layer::Layer, poll, push, upgrade},
    websocket,
};

/// An Engine.IO endpoint with a layer above it; a copy is the same one.
pub(crate) struct Endpoint<L: Layer> {
    pub(crate) hubs: Hubs,
    layer: Arc<L>,
    sessions: Arc<Registry<Session<L::Upper>>>,
}

impl<L: Layer> Clone for Endpoint<L> {
    fn clone(&self) -> Self {
        Self { hubs: self.hubs.clone(), layer: Arc::clone(&self.layer), sessions: Arc::clone(&self.sessions) }
    }
}

/// The transport that a request names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Transport {
    Polling,
    WebSocket,
}

/// The query of a request.
type Query = Vec<(String, String)>;

impl<L: Layer> Endpoint<L> {
    pub(crate) fn new(hubs: Hubs, layer: Arc<L>) -> Self {
        Self { hubs, layer, sessions: Arc::default() }
    }

    pub(crate) fn mount(&self, app: &mut web::ServiceConfig, path: &str) {
        let path = path.trim_end_matches('/');
        let endpoint = self.clone();
        let answer = move |request: HttpRequest, payload: web::Payload| {
            let endpoint = endpoint.clone();
            async move { endpoint.answer(&request, payload).await }
        };
        app.service(web::resource([path.to_owned(), format!("{path}/")]).to(answer));
    }

    async fn answer(&self, request: &HttpRequest, payload: web::Payload) -> HttpResponse {
        let config = &self.hubs.shared.config;
        if let Some(response) = cors::preflight(request, config) {
            return response;
        }
        let mut response = self.dispatch(request, payload).await.unwrap_or_else(Refused::answer);
        cors::allow(request, config, &mut response);
        response
    }

    /// The checks of the reference server, in its order.
    async fn dispatch(&self, request: &HttpRequest, payload: web::Payload) -> Result<HttpResponse, Refused> {
        let config = &self.hubs.shared.config;
        let query = web::Query::<Query>::from_query(request.query_string()).or(Err(Refused::Request))?;
        let query = query.into_inner();
        let transport = transport(&query)?;
        check_origin(request, &config.origins)?;
        let Some(sid) = value(&query, "sid") else {
            return self.handshake(request, transport, query);
        };
        let session = self.sessions.get(sid).ok_or(Refused::Session)?;
        match (transport, request.method()) {
            (Transport::Polling, &Method::GET) => poll::get(session).await,
            (Transport::Polling, &Method::POST) => {
                push::post(session, request, payload, config.max_payload).await
            }
            (Transport::WebSocket, _) => upgrade::open(session, request),
            (Transport::Polling, _) => Err(Refused::Request),
        }
    }

    fn handshake(
        &self,
        request: &HttpRequest,
        transport: Transport,
        query: Query,
    ) -> Result<HttpResponse, Refused> {
        if request.method() != Method::GET {
            return Err(Refused::Method);
        }
        let response = match transport {
            Transport::Polling => None,
            Transport::WebSocket => Some(websocket::handshake(request).or(Err(Refused::Request))?),
        };
        self.layer.admits(request).map_err(Refused::Forbidden)?;
        if value(&query, "EIO") != Some(engine::VERSION) {
            return Err(Refused::Version);
        }
        if self.hubs.shared.draining() {
            return Err(Refused::Draining);
        }
        let sid = secret().ok_or(Refused::Internal)?;
        let opening = Opening::new(request, query);
        let Some(mut response) = response else { return Ok(self.open_polling(&sid, opening)) };
        let endpoint = self.clone();
        let open = move |upgraded| endpoint.open_websocket(&sid, opening, upgraded);
        if on_upgrade(request, open) { Ok(response.finish()) } else { Err(Refused::Request) }
    }

    fn open_polling(&self, sid: &str, opening: Opening) -> HttpResponse {
        let session = self.session(sid, opening);
        self.sessions.add(sid, session.start());
        poll::payload(open(sid, &["websocket"], &self.hubs.shared.config))
    }

    fn open_websocket(&self, sid: &str, opening: Opening, upgraded: Upgraded) {
        let session = self.session(sid, opening);
        session.seat.send_packet(Packet::text(&open(sid, &[], &self.hubs.shared.config)));
        let session = Session::create(move |ctx| {
            let socket = session.open_websocket(upgraded, ctx);
            session.carry(socket);
            session
        });
        self.sessions.add(sid, session);
    }

    fn session(&self, sid: &str, opening: Opening) -> Session<L::Upper> {
        let table = self.hubs.here();
        let seat = table.seat();
        let upper = self.layer.upper(opening, &self.hubs.shared.config);
        Session::new(upper, table, seat, sid.to_owned(), Arc::clone(&self.sessions))
    }
}

fn open(sid: &str, upgrades: &[&str], config: &Config) -> String {
    let open = engine::Open {
        sid,
        upgrades,
        ping_interval: config.ping_interval,
        ping_timeout: config.ping_timeout,
        max_payload: config.max_payload,
    };
    open.packet()
}

fn transport(query: &[(String, String)]) -> Result<Transport, Refused> {
    match value(query, "transport") {
        Some("polling") => Ok(Transport::Polling),
        Some("websocket") => Ok(Transport::WebSocket),
        _ => Err(Refused::Transport),
    }
}

fn check_origin(request: &HttpRequest, origins: &[String]) -> Result<(), Refused> {
    match opening::origin(request) {
        Some(origin)
            if !origins.iter().any(|listed| listed.eq_ignore_ascii_case(origin))
                && !opening::is_same_origin(request, origin) =>
        {
            Err(Refused::Origin(origin.to_owned()))
        }
        _ => Ok(()),
    }
}

fn value<'a>(query: &'a [(String, String)], key: &str) -> Option<&'a str> {
    query.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
}
