//! A refusal: as an HTTP answer, and as an acknowledgement.

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, ResponseError};
use chat::error::{Error, Refusal, seconds};
use domain::invalid::Invalid;
use schemars::JsonSchema;
use serde::Serialize;

use crate::socket::answer::{Always, Refused};
use crate::validation::{Detail, ValidationError};

/// Why a request or an event was refused.
#[derive(Debug)]
pub(crate) enum Problem {
    /// A use case refused it.
    Refused(Error),
    /// The input breaks these rules.
    Invalid(Vec<ValidationError>),
    /// It needs a sign-in and came without.
    NotSignedIn,
    /// There is no such path.
    NoRoute,
    /// The path has only these methods.
    Method(String),
    /// The body is longer than this many bytes.
    BodyTooLarge(usize),
    /// A part of a multipart body has more than this many bytes of headers.
    PartHeadersTooLarge(usize),
    /// A multipart body has more than this many parts.
    TooManyParts(usize),
    /// The body paused too long, or came too slowly.
    SlowBody,
    /// The body's room and the path's differ.
    RoomMismatch,
    /// The body is neither JSON nor a form.
    MediaType,
    /// There is no such event.
    UnknownEvent,
    /// The user has as many sockets as they may.
    TooManySockets,
}

/// The body of a refusal.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Error")]
pub(crate) struct Body {
    /// What is wrong.
    detail: Detail,
    /// The stable code of the reason, for programs.
    code: &'static str,
}

/// Returns the status that goes with a code; the seed's clients handle 422 where a name is taken.
pub(crate) fn status(code: &str) -> StatusCode {
    match code {
        "unauthorized" | "wrong_login" => StatusCode::UNAUTHORIZED,
        "forbidden"
        | "insufficient_scope"
        | "wrong_password"
        | "account_suspended"
        | "registration_closed"
        | "invite_required"
        | "blocked"
        | "cannot_send"
        | "request_pending" => StatusCode::FORBIDDEN,
        "rate_limited" => StatusCode::TOO_MANY_REQUESTS,
        "not_found" | "unknown_event" => StatusCode::NOT_FOUND,
        "method_not_allowed" => StatusCode::METHOD_NOT_ALLOWED,
        "request_timeout" => StatusCode::REQUEST_TIMEOUT,
        "client_msg_id_reused" | "idempotency_in_progress" => StatusCode::CONFLICT,
        "too_large" | "quota_exceeded" => StatusCode::PAYLOAD_TOO_LARGE,
        "unsupported_body" => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "validation" | "username_taken" | "email_taken" | "idempotency_mismatch" => {
            StatusCode::UNPROCESSABLE_ENTITY
        }
        "internal" => StatusCode::INTERNAL_SERVER_ERROR,
        "busy" | "unavailable" | "outcome_unknown" => StatusCode::SERVICE_UNAVAILABLE,
        "no_space" => StatusCode::INSUFFICIENT_STORAGE,
        _ => StatusCode::BAD_REQUEST,
    }
}

impl Problem {
    /// A part of the body that is required was not there.
    pub(crate) fn missing_part(name: &str) -> Self {
        Self::Invalid(vec![ValidationError::new(vec!["body".into(), name.into()], &Invalid::Missing)])
    }

    /// Joins two problems of one request: errors of the input are listed together, any other refusal wins over them.
    pub(crate) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Invalid(mut errors), Self::Invalid(more)) => {
                errors.extend(more);
                Self::Invalid(ValidationError::shortened(errors))
            }
            (Self::Invalid(_), refusal) | (refusal, _) => refusal,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Refused(error) => error.code(),
            Self::Invalid(_) => "validation",
            Self::NotSignedIn => "unauthorized",
            Self::NoRoute => "not_found",
            Self::Method(_) => "method_not_allowed",
            Self::BodyTooLarge(_) | Self::PartHeadersTooLarge(_) | Self::TooManyParts(_) => "too_large",
            Self::SlowBody => "request_timeout",
            Self::RoomMismatch => "room_mismatch",
            Self::MediaType => "unsupported_body",
            Self::UnknownEvent => "unknown_event",
            Self::TooManySockets => "busy",
        }
    }

    /// Returns the limit that refused it, if one did that is not counted where it refuses.
    pub(crate) fn limit(&self) -> Option<&'static str> {
        match self {
            Self::BodyTooLarge(_) => Some("limits.body_max_bytes"),
            Self::PartHeadersTooLarge(_) => Some("limits.part_header_max_bytes"),
            Self::TooManyParts(_) => Some("limits.form_parts_max"),
            Self::SlowBody => Some("limits.body_idle_ms"),
            Self::TooManySockets => Some("limits.user_sockets_max"),
            Self::Refused(error) => match error {
                Error::TooLarge(_) => Some("limits.upload_max_bytes"),
                Error::QuotaExceeded(_) => Some("limits.upload_quota_bytes"),
                Error::Refused(Refusal::TooManyFriendRequests(_)) => Some("limits.friend_requests_max"),
                Error::NoSpace => Some("disk"),
                Error::FilesAway => Some("files"),
                Error::Busy => Some("queues"),
                Error::Away | Error::Corrupt | Error::Unknown => Some("database"),
                _ => None,
            },
            _ => None,
        }
    }

    /// A sentence if no error has a code; else a list, in the seed's form.
    fn detail(&self) -> Detail {
        let Self::Invalid(errors) = self else { return Detail::Sentence(self.to_string()) };
        let sentences: Option<Vec<&str>> = errors.iter().map(ValidationError::sentence).collect();
        match sentences.as_deref() {
            Some([first, ..]) => Detail::Sentence((*first).to_owned()),
            _ => Detail::Errors(errors.clone()),
        }
    }

    /// Returns the arguments of the acknowledgement, as JSON.
    pub(crate) fn acknowledgement(&self) -> String {
        self.log();
        let retry_after_ms = match self {
            Self::Refused(Error::RateLimited(wait)) => {
                Some(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX).saturating_add(1))
            }
            _ => None,
        };
        let refused = Refused { ok: Always, code: self.code(), detail: self.detail(), retry_after_ms };
        serde_json::to_string(&[refused]).unwrap_or_else(|error| {
            tracing::error!(%error, "a refusal cannot be written");
            "[]".to_owned()
        })
    }

    /// The seconds after which the same request may succeed.
    fn retry_after(&self) -> Option<u64> {
        match self {
            Self::Refused(Error::RateLimited(wait)) => Some(seconds(*wait)),
            _ if self.status_code() == StatusCode::SERVICE_UNAVAILABLE => Some(1),
            _ => None,
        }
    }

    /// Logs an internal error with its causes.
    pub(crate) fn log(&self) {
        let Self::Refused(Error::Internal(source)) = self else { return };
        let mut causes = source.to_string();
        let mut next = source.source();
        while let Some(cause) = next {
            causes = format!("{causes}: {cause}");
            next = cause.source();
        }
        tracing::error!(%causes, "a request failed");
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(error) => error.fmt(f),
            Self::Invalid(_) => f.write_str("The input is not valid"),
            Self::NotSignedIn => f.write_str("Not authenticated"),
            Self::NoRoute => f.write_str("Not Found"),
            Self::Method(_) => f.write_str("Method Not Allowed"),
            Self::BodyTooLarge(max) => write!(f, "The body is larger than {max} bytes"),
            Self::PartHeadersTooLarge(max) => write!(f, "The headers of a part are larger than {max} bytes"),
            Self::TooManyParts(max) => write!(f, "The form has more than {max} parts"),
            Self::SlowBody => f.write_str("The body came too slowly"),
            Self::RoomMismatch => f.write_str("chatroom_id of the body is not the one of the path"),
            Self::MediaType => f.write_str("The body must be JSON or a form"),
            Self::UnknownEvent => f.write_str("Unknown event"),
            Self::TooManySockets => f.write_str("Too many connections, try again in a moment"),
        }
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        status(self.code())
    }

    fn error_response(&self) -> HttpResponse {
        self.log();
        let mut response = HttpResponse::build(self.status_code());
        match (self, self.status_code()) {
            (_, StatusCode::UNAUTHORIZED) => drop(response.insert_header((WWW_AUTHENTICATE, "Bearer"))),
            (Self::Method(allowed), _) => drop(response.insert_header((ALLOW, allowed.as_str()))),
            _ => {}
        }
        if let Some(wait) = self.retry_after() {
            response.insert_header((RETRY_AFTER, wait));
        }
        response.json(Body { detail: self.detail(), code: self.code() })
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::Invalid { field, reason } => {
                Self::Invalid(vec![ValidationError::new(vec!["body".into(), field.into()], &reason)])
            }
            other => Self::Refused(other),
        }
    }
}
