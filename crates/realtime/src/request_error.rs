//! Errors of requests (Engine.IO protocol; `engine.io/lib/server.ts`, `errors`).

use actix_web::{
    HttpResponse,
    http::{StatusCode, header::RETRY_AFTER},
};

/// The content type of an error that is not JSON.
const TEXT: &str = "text/plain; charset=UTF-8";

/// Seconds after which a client may try again when the server drains.
const RETRY_SECONDS: &str = "2";

/// Why a request fails.
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
            Self::Draining => {
                let mut response = HttpResponse::ServiceUnavailable();
                response.force_close().insert_header((RETRY_AFTER, RETRY_SECONDS));
                return response.content_type(TEXT).body("shutting down");
            }
            Self::Internal => return text(StatusCode::INTERNAL_SERVER_ERROR, "no randomness".to_owned()),
        };
        json(StatusCode::BAD_REQUEST, code, message)
    }
}

fn json(status: StatusCode, code: u8, message: &str) -> HttpResponse {
    let body = serde_json::json!({ "code": code, "message": message });
    HttpResponse::build(status).content_type("application/json").body(body.to_string())
}

fn text(status: StatusCode, body: String) -> HttpResponse {
    HttpResponse::build(status).content_type(TEXT).body(body)
}
