//! The answers that handlers give.

use actix_web::HttpResponse;
use serde::Serialize;

use crate::problem::Problem;

/// What every handler returns.
pub(super) type Answer = Result<HttpResponse, Problem>;

/// Answers 200 with JSON.
#[expect(clippy::unnecessary_wraps, reason = "the last expression of handlers, which can fail before it")]
pub(super) fn ok(value: &impl Serialize) -> Answer {
    Ok(HttpResponse::Ok().json(value))
}

/// Answers 204 with nothing.
#[expect(clippy::unnecessary_wraps, reason = "the last expression of handlers, which can fail before it")]
pub(super) fn nothing() -> Answer {
    Ok(HttpResponse::NoContent().finish())
}
