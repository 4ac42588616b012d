//! What handlers answer, and what the OpenAPI document says of it.

use actix_web::HttpResponse;
use actix_web::http::header::ContentType;
use schemars::JsonSchema;
use serde::Serialize;

use crate::schemas::{Make, of};

/// What an endpoint may answer when it does not refuse.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) content: Content,
}

/// The body of an answer.
pub(crate) enum Content {
    Nothing,
    Json(Make),
    /// Any object.
    JsonDocument,
    /// Plain text.
    Text,
    /// Bytes of any type.
    File,
}

/// What a handler answers.
pub(crate) trait Reply: 'static {
    fn describe() -> Vec<Answer>;

    fn into_response(self) -> HttpResponse;
}

/// 200 with JSON.
pub(crate) struct Json<T>(pub(crate) T);

/// 201 with JSON.
pub(crate) struct Created<T>(pub(crate) T);

/// 200 with plain text.
pub(crate) struct Text(pub(crate) &'static str);

/// 204.
pub(crate) struct NoContent;

impl<T: Serialize + JsonSchema + 'static> Reply for Json<T> {
    fn describe() -> Vec<Answer> {
        vec![Answer { status: 200, content: Content::Json(of::<T>) }]
    }

    fn into_response(self) -> HttpResponse {
        HttpResponse::Ok().json(self.0)
    }
}

impl<T: Serialize + JsonSchema + 'static> Reply for Created<T> {
    fn describe() -> Vec<Answer> {
        vec![Answer { status: 201, content: Content::Json(of::<T>) }]
    }

    fn into_response(self) -> HttpResponse {
        HttpResponse::Created().json(self.0)
    }
}

impl Reply for Text {
    fn describe() -> Vec<Answer> {
        vec![Answer { status: 200, content: Content::Text }]
    }

    fn into_response(self) -> HttpResponse {
        HttpResponse::Ok().content_type(ContentType::plaintext()).body(self.0)
    }
}

impl Reply for NoContent {
    fn describe() -> Vec<Answer> {
        vec![Answer { status: 204, content: Content::Nothing }]
    }

    fn into_response(self) -> HttpResponse {
        HttpResponse::NoContent().finish()
    }
}
