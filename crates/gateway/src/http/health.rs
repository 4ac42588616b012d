//! `/livez` and `/readyz`: for those who watch over the server.

use std::sync::atomic::Ordering;

use actix_web::HttpResponse;
use serde_json::json;

use super::answer::{Answer, ok};
use crate::extract::Open;

/// `GET /livez`: the process runs.
pub(super) async fn live() -> Answer {
    ok(&json!({ "status": "ok" }))
}

/// `GET /readyz`: the database answers, too, and the server is not about to stop.
pub(super) async fn ready(open: Open) -> Answer {
    if open.doors.stopping.load(Ordering::Relaxed) {
        return Ok(HttpResponse::ServiceUnavailable().json(json!({ "status": "stopping" })));
    }
    if open.chat().ready().await {
        return ok(&json!({ "status": "ok", "database": "ok" }));
    }
    Ok(HttpResponse::ServiceUnavailable().json(json!({ "status": "unavailable", "database": "unavailable" })))
}
