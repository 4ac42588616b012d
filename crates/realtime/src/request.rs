//! HTTP requests of clients: where they come from, what follows from them, and how one fails.

use std::fmt;

use actix_web::{
    HttpRequest, HttpResponse, HttpResponseBuilder,
    http::{
        StatusCode,
        header::{HOST, ORIGIN, RETRY_AFTER},
    },
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::rand::{SecureRandom as _, SystemRandom};
use serde_json::value::RawValue;

use crate::{AdmitError, Dispatch};

/// The content type of an error that is not JSON.
const TEXT: &str = "text/plain; charset=UTF-8";

/// Seconds after which a client may try again when the server drains or is busy.
const RETRY_SECONDS: &str = "2";

/// The request of a client to connect to a namespace.
pub struct Handshake<D: Dispatch> {
    /// The namespace.
    pub namespace: String,
    /// The JSON object of the CONNECT packet.
    pub auth: Option<Box<RawValue>>,
    /// What is known of who sends it.
    pub credentials: D::Credentials,
    /// What its session holds.
    pub permit: D::Permit,
}

impl<D: Dispatch> fmt::Debug for Handshake<D> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Without the secrets.
        formatter.debug_struct("Handshake").field("namespace", &self.namespace).finish_non_exhaustive()
    }
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

impl From<AdmitError> for RequestError {
    fn from(error: AdmitError) -> Self {
        match error {
            AdmitError::Forbidden(why) => Self::Forbidden(why),
            AdmitError::Unavailable(why) => Self::Unavailable(why),
        }
    }
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
}
