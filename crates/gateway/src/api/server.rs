//! The server itself: whether it runs, and its documents.

use std::sync::atomic::Ordering;

use actix_web::HttpResponse;
use actix_web::http::header::ContentType;
use schemars::JsonSchema;
use serde::Serialize;

use crate::extract::{Anyone, Call};
use crate::http::endpoint::{Answer, Content, Endpoint, Json, Reply, get};
use crate::http::pages;
use crate::problem::Problem;
use crate::schemas::of;

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        get("/livez", live).does("Whether the process runs."),
        get("/readyz", ready).does("Whether the database answers and the server is not about to stop."),
        get("/openapi.json", openapi).does("This document."),
        get("/asyncapi.json", asyncapi).does("The Socket.IO interface as an AsyncAPI 3 document."),
        get("/", pages::root).does("The server's name and version; for a browser, the web client."),
    ]
}

/// That the process runs.
#[derive(Debug, Serialize, JsonSchema)]
struct Liveness {
    /// Always `ok`.
    #[schemars(extend("const" = "ok"))]
    status: &'static str,
}

/// Whether the server takes requests.
#[derive(Debug, Serialize, JsonSchema)]
struct Readiness {
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

async fn live(_: Call<Anyone>, (): ()) -> Result<Json<Liveness>, Problem> {
    Ok(Json(Liveness { status: "ok" }))
}

async fn ready(call: Call<Anyone>, (): ()) -> Result<Readiness, Problem> {
    if call.services.stopping.load(Ordering::Relaxed) {
        return Ok(Readiness { status: State::Stopping, database: None });
    }
    let state = if call.chat().ready().await { State::Ok } else { State::Unavailable };
    Ok(Readiness { status: state, database: Some(state) })
}

/// A JSON document.
struct Document(&'static str);

impl Reply for Document {
    fn describe() -> Vec<Answer> {
        vec![Answer { status: 200, content: Content::JsonDocument }]
    }

    fn into_response(self) -> HttpResponse {
        HttpResponse::Ok().content_type(ContentType::json()).body(self.0)
    }
}

async fn openapi(call: Call<Anyone>, (): ()) -> Result<Document, Problem> {
    Ok(Document(call.services.documents.openapi))
}

async fn asyncapi(call: Call<Anyone>, (): ()) -> Result<Document, Problem> {
    Ok(Document(call.services.documents.asyncapi))
}
