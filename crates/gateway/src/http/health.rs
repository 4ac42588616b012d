//! `/livez` and `/readyz`, for what watches over the server.

use std::sync::atomic::Ordering;

use actix_web::HttpResponse;
use schemars::JsonSchema;
use serde::Serialize;

use super::endpoint::{Answer, Content, Json, Reply};
use crate::extract::{Anyone, Call};
use crate::problem::Problem;
use crate::schemas::of;

/// That the process runs.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Liveness {
    /// Always `ok`.
    #[schemars(extend("const" = "ok"))]
    status: &'static str,
}

/// Whether the server takes requests.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Readiness {
    /// Of the server.
    status: State,
    /// Of the database; absent while the server stops.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "State")]
    database: Option<State>,
}

/// The state of the server or of a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
enum State {
    Ok,
    Unavailable,
    Stopping,
}

impl Reply for Readiness {
    fn describe() -> Vec<Answer> {
        [200, 503].map(|status| Answer { status, content: Content::Json(of::<Self>) }).into()
    }

    fn into_response(self) -> HttpResponse {
        match self.status {
            State::Ok => HttpResponse::Ok().json(self),
            State::Unavailable | State::Stopping => HttpResponse::ServiceUnavailable().json(self),
        }
    }
}

pub(super) async fn live(_: Call<Anyone>, (): ()) -> Result<Json<Liveness>, Problem> {
    Ok(Json(Liveness { status: "ok" }))
}

pub(super) async fn ready(call: Call<Anyone>, (): ()) -> Result<Readiness, Problem> {
    if call.services.stopping.load(Ordering::Relaxed) {
        return Ok(Readiness { status: State::Stopping, database: None });
    }
    let state = if call.chat().ready().await { State::Ok } else { State::Unavailable };
    Ok(Readiness { status: state, database: Some(state) })
}
