//! How a request is refused, in the words of the protocol.

use actix_web::{
    HttpResponse,
    http::{StatusCode, header::RETRY_AFTER},
};

/// The type of a refusal that is not JSON.
const TEXT: &str = "text/plain; charset=UTF-8";

/// How many seconds a client is asked to stay away from a server that stops.
const RETRY_SECONDS: &str = "2";

/// Why a request is refused.
#[derive(Debug)]
pub(crate) enum Refused {
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

impl Refused {
    pub(crate) fn answer(self) -> HttpResponse {
        let (code, message) = match self {
            Self::Transport => (0, "Transport unknown"),
            Self::Session => (1, "Session ID unknown"),
            Self::Method => (2, "Bad handshake method"),
            Self::Request => (3, "Bad request"),
            Self::Forbidden(reason) => return error(StatusCode::FORBIDDEN, 4, &reason),
            Self::Version => (5, "Unsupported protocol version"),
            Self::Origin(origin) => {
                return text(StatusCode::BAD_REQUEST, format!("{origin} is not an accepted origin."));
            }
            Self::TooLarge => {
                // The rest of it is not read.
                return HttpResponse::PayloadTooLarge().force_close().content_type(TEXT).body("too large");
            }
            Self::Draining => {
                let mut response = HttpResponse::ServiceUnavailable();
                response.force_close().insert_header((RETRY_AFTER, RETRY_SECONDS));
                return response.content_type(TEXT).body("shutting down");
            }
            Self::Internal => return text(StatusCode::INTERNAL_SERVER_ERROR, "no randomness".to_owned()),
        };
        error(StatusCode::BAD_REQUEST, code, message)
    }
}

fn error(status: StatusCode, code: u8, message: &str) -> HttpResponse {
    let body = serde_json::json!({ "code": code, "message": message });
    HttpResponse::build(status).content_type("application/json").body(body.to_string())
}

fn text(status: StatusCode, body: String) -> HttpResponse {
    HttpResponse::build(status).content_type(TEXT).body(body)
}
