//! HTTP requests of clients: what a session keeps of the one that opened it, and how one fails.

use std::net::SocketAddr;

use actix_web::{
    HttpRequest, HttpResponse, HttpResponseBuilder,
    http::{
        StatusCode,
        header::{
            ACCEPT_LANGUAGE, AUTHORIZATION, COOKIE, FORWARDED, HOST, HeaderMap, HeaderName, HeaderValue,
            ORIGIN, RETRY_AFTER, USER_AGENT, X_FORWARDED_FOR,
        },
    },
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::rand::{SecureRandom as _, SystemRandom};
use serde_json::value::RawValue;

/// The headers that identify a client; a session keeps them as long as it lives.
const IDENTIFYING_HEADERS: [HeaderName; 8] = [
    AUTHORIZATION,
    COOKIE,
    ORIGIN,
    USER_AGENT,
    ACCEPT_LANGUAGE,
    FORWARDED,
    X_FORWARDED_FOR,
    HeaderName::from_static("x-real-ip"),
];

/// The content type of an error that is not JSON.
const TEXT: &str = "text/plain; charset=UTF-8";

/// Seconds after which a client may try again when the server drains or is busy.
const RETRY_SECONDS: &str = "2";

/// The request of a client to connect to a namespace.
#[derive(Debug, Clone)]
pub struct Handshake {
    /// The namespace.
    pub namespace: String,
    /// The JSON object of the CONNECT packet.
    pub auth: Option<Box<RawValue>>,
    /// The headers of its HTTP request that identify it: credentials, origin, software, language, proxies.
    pub headers: HeaderMap,
    /// The query of its HTTP request.
    pub query: Vec<(String, String)>,
    /// The host of its HTTP request, as seen through proxies.
    pub host: String,
    /// The scheme of its HTTP request, as seen through proxies.
    pub scheme: String,
    /// Whether its HTTP request has the origin of this host; only then may a cookie authenticate it.
    pub same_origin: bool,
    /// The other end of the TCP connection.
    pub peer: Option<SocketAddr>,
}

/// The request that opened a session.
#[derive(Debug)]
pub(crate) struct ClientRequest {
    headers: Vec<(HeaderName, HeaderValue)>,
    query: Vec<(String, String)>,
    host: String,
    scheme: String,
    same_origin: bool,
    peer: Option<SocketAddr>,
}

impl ClientRequest {
    pub(crate) fn new(request: &HttpRequest, query: Vec<(String, String)>) -> Self {
        let connection = request.connection_info();
        let headers = IDENTIFYING_HEADERS
            .into_iter()
            .filter_map(|name| Some((name.clone(), detached(request.headers().get(&name)?)?)));
        Self {
            headers: headers.collect(),
            query,
            host: connection.host().to_owned(),
            scheme: connection.scheme().to_owned(),
            same_origin: origin(request).is_some_and(|origin| is_same_origin(request, origin)),
            peer: request.peer_addr(),
        }
    }

    /// Takes over the headers of a later request of the same client, if that has an origin.
    ///
    /// Browsers send one with the POST that joins, but not with the GET that opens the session.
    pub(crate) fn renew(&mut self, later: Self) {
        if later.headers.iter().any(|(name, _)| *name == ORIGIN) {
            self.headers = later.headers;
            self.same_origin = later.same_origin;
        }
    }

    /// The handshake of a namespace.
    pub(crate) fn handshake(&self, namespace: &str, auth: Option<&RawValue>) -> Handshake {
        let mut headers = HeaderMap::with_capacity(self.headers.len());
        for (name, value) in &self.headers {
            headers.append(name.clone(), value.clone());
        }
        Handshake {
            namespace: namespace.to_owned(),
            auth: auth.map(ToOwned::to_owned),
            headers,
            query: self.query.clone(),
            host: self.host.clone(),
            scheme: self.scheme.clone(),
            same_origin: self.same_origin,
            peer: self.peer,
        }
    }
}

/// A copy, which does not keep the read buffer of its request alive.
fn detached(value: &HeaderValue) -> Option<HeaderValue> {
    let mut copy = HeaderValue::from_bytes(value.as_bytes()).ok()?;
    copy.set_sensitive(true);
    Some(copy)
}

/// The origin of a request, if it has one; empty if it is not text.
pub fn origin(request: &HttpRequest) -> Option<&str> {
    request.headers().get(ORIGIN).map(|origin| origin.to_str().unwrap_or_default())
}

/// Whether `origin` has the host and port of the request.
pub fn is_same_origin(request: &HttpRequest, origin: &str) -> bool {
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok());
    let page = origin.split_once("://").map(|(_, host)| host);
    matches!((host, page), (Some(host), Some(page)) if host.eq_ignore_ascii_case(page))
}

/// An id that cannot be guessed: 144 random bits; nothing when the system has no randomness to give.
pub(crate) fn secret() -> Option<String> {
    let mut bytes = [0; 18];
    SystemRandom::new().fill(&mut bytes).ok()?;
    Some(URL_SAFE_NO_PAD.encode(bytes))
}

/// Why a request fails (Engine.IO protocol; `engine.io/lib/server.ts`, `errors`).
#[derive(Debug)]
pub(crate) enum RequestError {
    Transport,
    Session,
    Method,
    Request,
    Forbidden(String),
    Version,
    Origin(String),
    TooLarge,
    Draining,
    /// The server cannot now, and why.
    Unavailable(&'static str),
    Internal,
}

impl RequestError {
    pub(crate) fn response(self) -> HttpResponse {
        let (code, message) = match self {
            Self::Transport => (0, "Transport unknown"),
            Self::Session => (1, "Session ID unknown"),
            Self::Method => (2, "Bad handshake method"),
            Self::Request => (3, "Bad request"),
            Self::Forbidden(reason) => return json(StatusCode::FORBIDDEN, 4, &reason),
            Self::Version => (5, "Unsupported protocol version"),
            Self::Origin(origin) => {
                return text(StatusCode::BAD_REQUEST, format!("{origin} is not an accepted origin."));
            }
            Self::TooLarge => {
                // The rest of the body is not read.
                return HttpResponse::PayloadTooLarge().force_close().content_type(TEXT).body("too large");
            }
            Self::Draining => return unavailable().force_close().body("shutting down"),
            Self::Unavailable(why) => return unavailable().body(why),
            Self::Internal => return text(StatusCode::INTERNAL_SERVER_ERROR, "no randomness".to_owned()),
        };
        json(StatusCode::BAD_REQUEST, code, message)
    }
}

fn unavailable() -> HttpResponseBuilder {
    let mut response = HttpResponse::ServiceUnavailable();
    response.content_type(TEXT).insert_header((RETRY_AFTER, RETRY_SECONDS));
    response
}

fn json(status: StatusCode, code: u8, message: &str) -> HttpResponse {
    let body = serde_json::json!({ "code": code, "message": message });
    HttpResponse::build(status).content_type("application/json").body(body.to_string())
}

fn text(status: StatusCode, body: String) -> HttpResponse {
    HttpResponse::build(status).content_type(TEXT).body(body)
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn same(host: &str, origin: &str) -> bool {
        let request = TestRequest::default().insert_header((HOST, host)).to_http_request();
        is_same_origin(&request, origin)
    }

    #[test]
    fn compares_origin_and_host_with_their_ports() {
        assert!(same("chat.example", "https://chat.example"));
        assert!(same("Chat.Example:8000", "http://chat.example:8000"));
        assert!(same("[::1]:8000", "http://[::1]:8000"));
        for origin in [
            "https://chat.example.evil",
            "https://evil",
            "http://chat.example:81",
            "null",
            "",
            "chat.example",
        ] {
            assert!(!same("chat.example", origin), "{origin}");
        }
    }

    #[test]
    fn secrets_are_long_and_never_the_same() {
        let (one, other) = (secret().unwrap(), secret().unwrap());
        assert_eq!(one.len(), 24);
        assert_ne!(one, other);
    }

    #[test]
    fn takes_the_origin_from_a_later_request() {
        let request = |headers: &[(HeaderName, &str)]| {
            let request = TestRequest::default().insert_header((HOST, "chat.example"));
            let all = headers
                .iter()
                .fold(request, |request, (name, value)| request.insert_header((name.clone(), *value)));
            ClientRequest::new(&all.to_http_request(), vec![("token".into(), "t".into())])
        };
        let mut client = request(&[(COOKIE, "a=b")]);
        assert!(!client.handshake("/", None).same_origin, "it does not say");
        client.renew(request(&[(COOKIE, "c=d")]));
        assert_eq!(client.handshake("/", None).headers.get(COOKIE).unwrap(), "a=b");
        client.renew(request(&[(COOKIE, "c=d"), (ORIGIN, "https://chat.example")]));
        let handshake = client.handshake("/", None);
        assert!(handshake.same_origin);
        assert_eq!(handshake.headers.get(COOKIE).unwrap(), "c=d");
        client.renew(request(&[(ORIGIN, "https://evil.example")]));
        let handshake = client.handshake("/", None);
        assert!(!handshake.same_origin && handshake.headers.get(COOKIE).is_none());
        assert_eq!(handshake.query, [("token".to_owned(), "t".to_owned())]);
    }

    #[test]
    fn keeps_identifying_headers_only() {
        let request = TestRequest::default()
            .insert_header((COOKIE, "a=b"))
            .insert_header((HOST, "chat.example"))
            .insert_header((ORIGIN, "https://chat.example"))
            .insert_header((actix_web::http::header::CACHE_CONTROL, "no-cache"))
            .to_http_request();
        let handshake = ClientRequest::new(&request, vec![("token".into(), "t".into())]).handshake("/", None);
        let names: Vec<_> = handshake.headers.keys().map(HeaderName::as_str).collect();
        assert_eq!(names.len(), 2, "{names:?}");
        assert_eq!(handshake.headers.get(COOKIE).unwrap(), "a=b");
        assert!(handshake.same_origin);
        assert_eq!(handshake.query, [("token".to_owned(), "t".to_owned())]);
    }
}
