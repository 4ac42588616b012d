//! Every request: its id, how it is counted, and its line in the log.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{HttpMessage as _, HttpRequest};
use metrics::{Family, Histogram};
use tracing::Instrument as _;

use crate::refusals::Refusals;

/// The header that names a request, of requests and of answers.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The most characters of an id that a client gives.
const ID_MAX: usize = 128;

/// The methods that are counted by name.
const METHODS: [Method; 7] =
    [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::HEAD, Method::OPTIONS];

/// The statuses that the server answers with.
const STATUSES: [u16; 24] = [
    101, 200, 201, 204, 206, 301, 302, 304, 400, 401, 403, 404, 405, 408, 409, 413, 415, 416, 422, 429, 500,
    501, 503, 507,
];

/// The names of what is neither.
const OTHER: &str = "other";

/// The requests under the path of Socket.IO.
const SOCKETS: &str = "/socket.io";

/// The name of a request, by which its answer, its lines in the log and the audit log can be found.
#[derive(Debug, Clone)]
pub(crate) struct RequestId(Arc<str>);

impl RequestId {
    fn span(&self) -> tracing::Span {
        tracing::info_span!("request", id = &*self.0)
    }

    fn add_to(&self, headers: &mut HeaderMap) {
        if let Ok(value) = HeaderValue::from_str(&self.0) {
            headers.insert(REQUEST_ID, value);
        }
    }

    /// Takes the client's, if it is up to 128 letters, digits, `-`, `_`, `.`, `:` and `/`, or makes one.
    fn of(headers: &HeaderMap) -> Self {
        let is_good = |id: &&str| {
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:/".contains(&byte);
            !id.is_empty() && id.len() <= ID_MAX && id.bytes().all(plain)
        };
        let given = headers.get(REQUEST_ID).and_then(|id| id.to_str().ok()).filter(is_good);
        Self(given.map_or_else(|| uuid::Uuid::new_v4().to_string().into(), Into::into))
    }

    /// Returns the name of a request that [`note`] has seen.
    pub(crate) fn of_request(request: &HttpRequest) -> Option<Arc<str>> {
        request.extensions().get::<Self>().map(|id| Arc::clone(&id.0))
    }
}

/// The requests of one path, by method and status.
#[derive(Debug)]
pub(crate) struct Route {
    path: &'static str,
    answers: [[AtomicU64; STATUSES.len() + 1]; METHODS.len() + 1],
    /// Until the answer begins.
    time: Histogram,
}

impl Route {
    fn new(path: &'static str) -> Arc<Self> {
        let none = || std::array::from_fn(|_| AtomicU64::new(0));
        Arc::new(Self { path, answers: std::array::from_fn(|_| none()), time: Histogram::default() })
    }

    fn count(&self, method: &Method, status: StatusCode) {
        let method = METHODS.iter().position(|known| known == method).unwrap_or(METHODS.len());
        let status = STATUSES.iter().position(|known| *known == status.as_u16()).unwrap_or(STATUSES.len());
        if let Some(number) = self.answers.get(method).and_then(|statuses| statuses.get(status)) {
            number.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// The requests of all paths; a copy counts the same.
#[derive(Debug, Clone)]
pub(crate) struct Requests(Arc<Routes>);

#[derive(Debug)]
struct Routes {
    by_path: HashMap<&'static str, Arc<Route>>,
    sockets: Arc<Route>,
    other: Arc<Route>,
}

impl Requests {
    /// Counts the requests of these paths of endpoints, and of everything else together.
    pub(crate) fn new(paths: impl IntoIterator<Item = &'static str>) -> Self {
        let by_path = paths.into_iter().map(|path| (path, Route::new(path))).collect();
        Self(Arc::new(Routes { by_path, sockets: Route::new(SOCKETS), other: Route::new(OTHER) }))
    }

    /// Returns what the requests of a path are counted by; its resource carries it.
    pub(crate) fn route(&self, path: &str) -> Arc<Route> {
        Arc::clone(self.0.by_path.get(path).unwrap_or(&self.0.other))
    }

    fn count<B>(&self, answer: &ServiceResponse<B>, took: Duration) {
        let (request, status) = (answer.request(), answer.status());
        let is_of_sockets = |path: &str| path.strip_prefix("/ws").unwrap_or(path).starts_with(SOCKETS);
        match request.app_data::<Arc<Route>>() {
            Some(route) => {
                route.count(request.method(), status);
                route.time.observe(took);
            }
            // How long a poll waits says nothing.
            None if is_of_sockets(request.path()) => self.0.sockets.count(request.method(), status),
            None => self.0.other.count(request.method(), status),
        }
    }

    fn routes(&self) -> impl Iterator<Item = &Arc<Route>> {
        let mut routes: Vec<_> = self.0.by_path.values().collect();
        routes.sort_by_key(|route| route.path);
        routes.into_iter().chain([&self.0.sockets, &self.0.other])
    }

    /// Writes how many requests were answered, those that there were.
    pub(crate) fn write_numbers(&self, family: &mut Family<'_>) {
        let methods = METHODS.iter().map(Method::as_str).chain([OTHER]).collect::<Vec<_>>();
        let statuses: Vec<String> =
            STATUSES.iter().map(ToString::to_string).chain([OTHER.to_owned()]).collect();
        for route in self.routes() {
            for (method, answers) in methods.iter().zip(&route.answers) {
                for (status, number) in statuses.iter().zip(answers) {
                    let number = number.load(Ordering::Relaxed);
                    if number > 0 {
                        let labels = [("route", route.path), ("method", method), ("status", status)];
                        family.sample(&labels, number);
                    }
                }
            }
        }
    }

    /// Writes how long requests took, of those paths that were asked for.
    pub(crate) fn write_times(&self, family: &mut Family<'_>) {
        for route in self.routes().filter(|route| route.time.count() > 0) {
            family.histogram(&[("route", route.path)], &route.time);
        }
    }
}

/// Names each request, counts it and what refused it, and logs it; what is logged meanwhile carries its name.
pub(crate) async fn note(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let (id, begun) = (RequestId::of(request.headers()), Instant::now());
    request.extensions_mut().insert(id.clone());
    let (method, path) = (request.method().clone(), request.path().to_owned());
    let mut response = next.call(request).instrument(id.span()).await?;
    count(&response, begun.elapsed());
    tracing::debug!(id = &*id.0, %method, path, status = response.status().as_u16(), "request");
    id.add_to(response.headers_mut());
    Ok(response)
}

fn count(response: &ServiceResponse<impl MessageBody>, took: Duration) {
    if let Some(refusals) = response.request().app_data::<Data<Refusals>>() {
        refusals.count_answer(response.response());
    }
    if let Some(requests) = response.request().app_data::<Data<Requests>>() {
        requests.count(response, took);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id_of(given: &str) -> String {
        let mut headers = HeaderMap::new();
        headers.insert(REQUEST_ID, HeaderValue::from_str(given).unwrap());
        RequestId::of(&headers).0.as_ref().to_owned()
    }

    #[test]
    fn the_name_of_a_request_is_the_clients_if_it_can_be_one() {
        for good in ["a", "00-4bf92f3577b34da6-01", "Root.1", &"x".repeat(ID_MAX)] {
            assert_eq!(id_of(good), good);
        }
        for bad in ["", "a b", "a\"b", "{}", &"x".repeat(ID_MAX + 1)] {
            assert_eq!(id_of(bad).len(), 36, "{bad}");
        }
    }
}
