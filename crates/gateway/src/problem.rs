//! A refusal as an HTTP answer and as an acknowledgement.

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, ResponseError};
use chat::error::{Error, Refusal};
use domain::fault::Fault;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::socket::answer::{Always, Refused};

/// Why a request or an event was refused.
#[derive(Debug)]
pub(crate) enum Problem {
    /// A use case said no.
    Refused(Error),
    /// The input has these faults.
    Invalid(Vec<Item>),
    /// Nobody has signed in.
    NotSignedIn,
    /// There is no such address.
    NoRoute,
    /// The address does not know this method.
    Method(&'static str),
    /// The body is longer than is read.
    BodyTooLarge(usize),
    /// The body's room and the path's differ.
    RoomMismatch,
    /// The body is not in a form that is read here.
    MediaType,
    /// There is no such event.
    UnknownEvent,
}

/// One fault of the input, in the seed's shape.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Fault", description = "One fault of the input.")]
pub(crate) struct Item {
    /// Which rule was broken, for programs.
    r#type: &'static str,
    /// Where: `body`, then names and indices.
    #[schemars(with = "Vec<Step>")]
    loc: Vec<Value>,
    /// What is wrong, for people.
    msg: String,
    /// What was given.
    input: Value,
    /// The rule's numbers and words.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Map<String, Value>")]
    ctx: Option<Value>,
}

/// A name, or an index.
#[derive(JsonSchema)]
#[serde(untagged)]
#[schemars(inline)]
#[expect(dead_code, reason = "it is there for its schema")]
enum Step {
    Name(String),
    Index(u64),
}

/// What is wrong: a sentence for people, or all faults of the input.
#[derive(JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "it is there for its schema")]
pub(crate) enum Detail {
    /// A sentence.
    Sentence(String),
    /// All faults.
    Faults(Vec<Item>),
}

impl Item {
    /// Says what is wrong with the value `input` at `loc`.
    pub(crate) fn new(loc: Vec<Value>, fault: &Fault, input: Value) -> Self {
        let (r#type, ctx) = match fault {
            Fault::Missing => ("missing", None),
            Fault::Type("string") => ("string_type", None),
            Fault::Type("integer") => ("int_type", None),
            Fault::Type("list") => ("list_type", None),
            Fault::Type("boolean") => ("bool_type", None),
            Fault::Type(_) => ("model_attributes_type", None),
            Fault::NotAnInteger => ("int_parsing", None),
            Fault::TooShort(min) => ("string_too_short", Some(json!({ "min_length": min }))),
            Fault::TooLong(max) => ("string_too_long", Some(json!({ "max_length": max }))),
            Fault::TooSmall(min) => ("greater_than_equal", Some(json!({ "ge": min }))),
            Fault::NotOneOf(expected) => ("enum", Some(json!({ "expected": expected }))),
            Fault::NotATime => ("datetime_from_date_parsing", None),
            Fault::Rule(why) => ("value_error", Some(json!({ "error": why }))),
        };
        let msg = match fault {
            Fault::Type("dictionary") => {
                "Input should be a valid dictionary or object to extract fields from".into()
            }
            other => other.to_string(),
        };
        Self { r#type, loc, msg, input, ctx }
    }

    /// Says that the body is not JSON, from `at` on.
    pub(crate) fn not_json(at: usize, error: &str) -> Self {
        Self {
            r#type: "json_invalid",
            loc: vec!["body".into(), at.into()],
            msg: "JSON decode error".into(),
            input: json!({}),
            ctx: Some(json!({ "error": error })),
        }
    }

    /// Tells whether the fault is one of the top-level field `field`.
    pub(crate) fn is_about(&self, field: &str) -> bool {
        self.loc.get(1).is_some_and(|at| at == field)
    }

    fn rule(&self) -> Option<&str> {
        (self.r#type == "value_error").then_some(self.msg.as_str())
    }
}

impl Problem {
    fn status(&self) -> StatusCode {
        match self {
            Self::Refused(error) => status_of(error),
            Self::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::NotSignedIn => StatusCode::UNAUTHORIZED,
            Self::NoRoute | Self::UnknownEvent => StatusCode::NOT_FOUND,
            Self::Method(_) => StatusCode::METHOD_NOT_ALLOWED,
            Self::BodyTooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::RoomMismatch => StatusCode::BAD_REQUEST,
            Self::MediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Refused(error) => error.code(),
            Self::Invalid(_) => "validation",
            Self::NotSignedIn => "unauthorized",
            Self::NoRoute => "not_found",
            Self::Method(_) => "method_not_allowed",
            Self::BodyTooLarge(_) => "too_large",
            Self::RoomMismatch => "room_mismatch",
            Self::MediaType => "unsupported_body",
            Self::UnknownEvent => "unknown_event",
        }
    }

    /// A rule of ours is a sentence for people; what a schema could say is a list for programs, as the seed has it.
    fn detail(&self) -> Value {
        match self {
            Self::Invalid(items) => match items.as_slice() {
                [first, rest @ ..] if first.rule().is_some() && rest.iter().all(|i| i.rule().is_some()) => {
                    json!(first.rule())
                }
                items => json!(items),
            },
            other => json!(other.to_string()),
        }
    }

    /// Returns the arguments of the acknowledgement that tells of it, as JSON.
    pub(crate) fn acknowledgement(&self) -> String {
        self.note();
        json!([Refused { ok: Always, code: self.code(), detail: self.detail() }]).to_string()
    }

    /// Writes faults of ours to the log, once, with their causes.
    pub(crate) fn note(&self) {
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

fn status_of(error: &Error) -> StatusCode {
    match error {
        Error::Unauthenticated | Error::WrongLogin => StatusCode::UNAUTHORIZED,
        Error::Forbidden => StatusCode::FORBIDDEN,
        Error::NotFound(_) => StatusCode::NOT_FOUND,
        // The seed's clients handle 422 where a name is taken (contract, endpoint 1).
        Error::Invalid { .. } | Error::Refused(Refusal::UsernameTaken(_) | Refusal::EmailTaken) => {
            StatusCode::UNPROCESSABLE_ENTITY
        }
        Error::Refused(Refusal::KeyReused) => StatusCode::CONFLICT,
        Error::Refused(_) | Error::Unsupported => StatusCode::BAD_REQUEST,
        Error::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
        Error::Busy | Error::Away | Error::Unknown => StatusCode::SERVICE_UNAVAILABLE,
        Error::NoSpace => StatusCode::INSUFFICIENT_STORAGE,
        Error::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(error) => error.fmt(f),
            Self::Invalid(_) => f.write_str("The input has faults"),
            Self::NotSignedIn => f.write_str("Not authenticated"),
            Self::NoRoute => f.write_str("Not Found"),
            Self::Method(_) => f.write_str("Method Not Allowed"),
            Self::BodyTooLarge(max) => write!(f, "The body is larger than {max} bytes"),
            Self::RoomMismatch => f.write_str("chatroom_id of the body is not the one of the path"),
            Self::MediaType => f.write_str("The body must be JSON or a form"),
            Self::UnknownEvent => f.write_str("Unknown event"),
        }
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.status()
    }

    fn error_response(&self) -> HttpResponse {
        self.note();
        let status = self.status();
        let mut response = HttpResponse::build(status);
        match (self, status) {
            (_, StatusCode::UNAUTHORIZED) => drop(response.insert_header((WWW_AUTHENTICATE, "Bearer"))),
            (_, StatusCode::SERVICE_UNAVAILABLE) => drop(response.insert_header((RETRY_AFTER, "1"))),
            (Self::Method(allowed), _) => drop(response.insert_header((ALLOW, *allowed))),
            _ => {}
        }
        response.json(json!({ "detail": self.detail(), "code": self.code() }))
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::Invalid { field, fault } => {
                Self::Invalid(vec![Item::new(vec!["body".into(), field.into()], &fault, Value::Null)])
            }
            other => Self::Refused(other),
        }
    }
}
