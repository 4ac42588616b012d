//! `/openapi.json` and `/asyncapi.json`: the interfaces, for programs.

use std::sync::LazyLock;

use actix_web::HttpResponse;
use actix_web::http::header::ContentType;

use super::endpoint::{Answer, Content, Reply};
use crate::extract::{Anyone, Call};
use crate::problem::Problem;
use crate::{asyncapi, openapi};

static OPENAPI: LazyLock<String> = LazyLock::new(openapi::text);
static ASYNCAPI: LazyLock<String> = LazyLock::new(asyncapi::text);

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

pub(super) async fn openapi(_: Call<Anyone>, (): ()) -> Result<Document, Problem> {
    Ok(Document(&OPENAPI))
}

pub(super) async fn asyncapi(_: Call<Anyone>, (): ()) -> Result<Document, Problem> {
    Ok(Document(&ASYNCAPI))
}
