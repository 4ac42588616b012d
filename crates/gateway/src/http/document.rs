//! `/asyncapi.json`: for programs that want to know what is said over the socket.

use std::sync::LazyLock;

use actix_web::HttpResponse;
use actix_web::http::header::ContentType;

use super::answer::Answer;
use crate::asyncapi;

static TEXT: LazyLock<String> = LazyLock::new(asyncapi::text);

/// `GET /asyncapi.json`
pub(super) async fn asyncapi() -> Answer {
    Ok(HttpResponse::Ok().content_type(ContentType::json()).body(TEXT.as_str()))
}
