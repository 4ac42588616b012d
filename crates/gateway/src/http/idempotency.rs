//! `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header): a request that is repeated under its key is done once,
//! and answered as it was the first time.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::body::MessageBody as _;
use actix_web::http::StatusCode;
use actix_web::http::header::{ContentType, HeaderName, HeaderValue};
use actix_web::rt;
use auth::secret::fingerprint;
use chat::context::Chat;
use chat::error::Error;
use chat::kept_answers::{self, Answer, KeyedRequest};
use domain::invalid::Invalid;
use tracing::Instrument as _;

use crate::extract::{Call, Caller};
use crate::problem::Problem;
use crate::validation::ValidationError;

/// The header with the key.
pub(crate) const HEADER: &str = "Idempotency-Key";

/// The most characters of a key.
pub(crate) const KEY_MAX: usize = 255;

/// What an answer says that was given before.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// Handles a call, or returns the answer that its user got before under the same key.
///
/// What was begun is finished even if the client goes, so that its next try finds the answer. What is refused changes
/// nothing, and leaves the key free.
pub(crate) async fn once<U, F, Fut>(mut call: Call<U>, handle: F) -> Result<HttpResponse, Problem>
where
    U: Caller,
    F: FnOnce(Call<U>) -> Fut + 'static,
    Fut: Future<Output = Result<HttpResponse, Problem>> + 'static,
{
    let (Some(user), Some(key)) = (call.user.id(), key(&call)?) else { return handle(call).await };
    let body = call.buffer().await?;
    let request = &call.request;
    let (method, asked) = (request.method().as_str(), request.uri().to_string());
    let route = request.match_pattern().unwrap_or_default();
    let request = KeyedRequest {
        user,
        key: fingerprint(&[method, &route, &key]),
        fingerprint: fingerprint(&[&asked, &String::from_utf8_lossy(&body)]),
    };
    if let Some(answer) = kept_answers::begin(call.chat(), request.clone()).await? {
        return Ok(replayed(answer));
    }
    let chat = Arc::clone(&call.services.chat);
    let kept = async move { keep(&chat, request, handle(call).await).await };
    let handled = rt::spawn(kept.in_current_span());
    handled.await.unwrap_or_else(|panicked| Err(Error::Internal(panicked.into()).into()))
}

/// Returns the key of a call, if it has one.
pub(crate) fn key<U>(call: &Call<U>) -> Result<Option<String>, Problem> {
    let Some(key) = call.request.headers().get(HEADER) else { return Ok(None) };
    let rule = match key.to_str() {
        Ok("") => Invalid::TooShort(1),
        Ok(key) if key.len() <= KEY_MAX => return Ok(Some(key.to_owned())),
        Ok(_) => Invalid::TooLong(KEY_MAX),
        Err(_) => Invalid::Rule("A key has ASCII characters alone"),
    };
    Err(Problem::Invalid(vec![ValidationError::new(vec!["header".into(), HEADER.into()], &rule)]))
}

/// Keeps an answer, and returns it.
async fn keep(
    chat: &Chat,
    request: KeyedRequest,
    outcome: Result<HttpResponse, Problem>,
) -> Result<HttpResponse, Problem> {
    let kept = match outcome {
        Ok(response) => {
            let (head, body) = response.into_parts();
            let status = head.status().as_u16();
            let body = body.try_into_bytes().unwrap_or_default();
            let answer = Answer { status, body: String::from_utf8_lossy(&body).into_owned() };
            let kept = kept_answers::finish(chat, request, answer).await;
            kept.map(|()| Ok(head.set_body(body).map_into_boxed_body()))
        }
        // Nobody knows whether it was done.
        Err(problem @ Problem::Refused(Error::Unknown)) => return Err(problem),
        Err(problem) => kept_answers::forget(chat, request).await.map(|()| Err(problem)),
    };
    kept?
}

fn replayed(answer: Answer) -> HttpResponse {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    let mut response = HttpResponse::build(status);
    response.insert_header((REPLAYED, HeaderValue::from_static("true")));
    if answer.body.is_empty() {
        response.finish()
    } else {
        response.content_type(ContentType::json()).body(answer.body)
    }
}
