//! `/openapi.json` and `/asyncapi.json`: the interfaces, for programs.

use actix_web::HttpResponse;
use actix_web::http::header::ContentType;

use super::endpoint::{Answer, Content, Reply};
use crate::extract::{Anyone, Call};
use crate::problem::Problem;

/// A JSON document.
pub(super) struct Document(&'static str);

impl Reply for Document {
    fn describe() -> Vec<Answer> {
        vec![Answer { status: 200, content: Content::JsonDocument }]
    }

    fn into_response(self) -> HttpResponse {
        HttpResponse::Ok().content_type(ContentType::json()).body(self.0)
    }
}

pub(super) async fn openapi(call: Call<Anyone>, (): ()) -> Result<Document, Problem> {
    Ok(Document(call.services.documents.openapi))
}

pub(super) async fn asyncapi(call: Call<Anyone>, (): ()) -> Result<Document, Problem> {
    Ok(Document(call.services.documents.asyncapi))
}
