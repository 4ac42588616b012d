//! The HTTP side: opens sessions, and refuses those that may not be opened.

use std::{
    rc::{Rc, Weak},
    sync::Arc,
};

use actix::{Actor as _, StreamHandler as _};
use actix_web::{
    HttpRequest, HttpResponse,
    http::{Method, StatusCode},
    web,
};
use socketio::engine;

use crate::{
    dispatch::Dispatch,
    frame::Frame,
    hub::Hubs,
    line::Line,
    opening::{self, Opening, secret},
    seat::Seat,
    session::Session,
    websocket::{self, Messages, Outflow},
};

/// The Socket.IO endpoint; a copy is the same one.
#[derive(Debug)]
pub struct Realtime<D> {
    hubs: Hubs,
    dispatch: Arc<D>,
}

impl<D> Clone for Realtime<D> {
    fn clone(&self) -> Self {
        Self { hubs: self.hubs.clone(), dispatch: Arc::clone(&self.dispatch) }
    }
}

impl<D: Dispatch> Realtime<D> {
    /// An endpoint whose clients are answered by `dispatch` and reached through `hubs`.
    pub fn new(hubs: Hubs, dispatch: Arc<D>) -> Self {
        Self { hubs, dispatch }
    }

    /// Serves the endpoint under `path`, with and without a slash at its end.
    pub fn mount(&self, app: &mut web::ServiceConfig, path: &str) {
        let path = path.trim_end_matches('/');
        let realtime = self.clone();
        let open = move |request: HttpRequest, payload: web::Payload| {
            let answer = realtime.open(&request, payload);
            async move { answer }
        };
        app.service(web::resource([path.to_owned(), format!("{path}/")]).to(open));
    }

    /// Refuses new connections, ends all others politely, and returns when the last one is gone.
    pub async fn shutdown(&self) {
        self.hubs.shutdown().await;
    }

    fn open(&self, request: &HttpRequest, payload: web::Payload) -> HttpResponse {
        self.session(request, payload).unwrap_or_else(Refused::answer)
    }

    fn session(&self, request: &HttpRequest, payload: web::Payload) -> Result<HttpResponse, Refused> {
        let shared = &self.hubs.shared;
        let query = web::Query::<Vec<(String, String)>>::from_query(request.query_string())
            .or(Err(Refused::Request))?;
        let query = query.into_inner();
        check(request, &query, &shared.config.origins)?;
        let mut response = websocket::handshake(request).or(Err(Refused::Request))?;
        version(&query)?;
        if shared.draining() {
            return Err(Refused::Draining);
        }
        let sid = secret().ok_or(Refused::Internal)?;

        let table = self.hubs.here();
        let line = request.conn_data::<Rc<Line>>();
        line.inspect(|line| line.narrow());
        let line = line.map_or_else(Weak::new, Rc::downgrade);
        let seat = Rc::new(Seat::new(shared.next_socket(), &shared.config, line));
        let open = engine::Open {
            sid: &sid,
            upgrades: &[],
            ping_interval: shared.config.ping_interval,
            ping_timeout: shared.config.ping_timeout,
            max_payload: shared.config.max_payload,
        };
        seat.send(Frame::text(&open.packet()));
        table.seat(&seat);

        let messages = Messages::new(payload.into_inner(), Rc::clone(&table), Rc::clone(&seat));
        let outflow = Outflow::new(Rc::clone(&table), Rc::clone(&seat));
        let session = Session::new(Arc::clone(&self.dispatch), table, seat, Opening::new(request, query));
        Session::create(move |ctx| {
            Session::<D>::add_stream(messages, ctx);
            session
        });
        Ok(response.body(outflow))
    }
}

/// The checks of the reference server, in its order.
fn check(request: &HttpRequest, query: &[(String, String)], origins: &[String]) -> Result<(), Refused> {
    if value(query, "transport") != Some("websocket") {
        return Err(Refused::Transport);
    }
    if let Some(origin) = opening::origin(request) {
        let listed = origins.iter().any(|listed| listed.eq_ignore_ascii_case(origin));
        if !listed && !opening::is_same_origin(request, origin) {
            return Err(Refused::Origin(origin.to_owned()));
        }
    }
    if value(query, "sid").is_some() {
        return Err(Refused::Session);
    }
    if request.method() == Method::GET { Ok(()) } else { Err(Refused::Method) }
}

fn version(query: &[(String, String)]) -> Result<(), Refused> {
    if value(query, "EIO") == Some(engine::VERSION) { Ok(()) } else { Err(Refused::Version) }
}

fn value<'a>(query: &'a [(String, String)], key: &str) -> Option<&'a str> {
    query.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
}

/// Why a session is not opened.
#[derive(Debug)]
enum Refused {
    Transport,
    Session,
    Method,
    Request,
    Version,
    Origin(String),
    Draining,
    Internal,
}

impl Refused {
    fn answer(self) -> HttpResponse {
        let (code, message) = match self {
            Self::Transport => (0, "Transport unknown"),
            Self::Session => (1, "Session ID unknown"),
            Self::Method => (2, "Bad handshake method"),
            Self::Request => (3, "Bad request"),
            Self::Version => (5, "Unsupported protocol version"),
            Self::Origin(origin) => {
                return text(StatusCode::BAD_REQUEST, format!("{origin} is not an accepted origin."));
            }
            Self::Draining => return text(StatusCode::SERVICE_UNAVAILABLE, "shutting down".to_owned()),
            Self::Internal => return text(StatusCode::INTERNAL_SERVER_ERROR, "no randomness".to_owned()),
        };
        HttpResponse::BadRequest()
            .content_type("application/json")
            .body(format!(r#"{{"code":{code},"message":"{message}"}}"#))
    }
}

fn text(status: StatusCode, body: String) -> HttpResponse {
    HttpResponse::build(status).content_type("text/plain; charset=UTF-8").body(body)
}
