//! The headers that every answer carries (OWASP Secure Headers Project).

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{
    CACHE_CONTROL, HeaderMap, HeaderName, HeaderValue, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use actix_web::middleware::Next;
use actix_web::web::Data;

use crate::refusals::Refusals;

use crate::ranges;

/// What the pages of the web client may do; nothing comes from another origin.
pub(crate) const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; \
     media-src 'self' blob:; font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; \
     base-uri 'none'; form-action 'self'; frame-ancestors 'none'; \
     require-trusted-types-for 'script'; trusted-types vue";

/// Names each request, drops a range that is to be ignored, counts its refusal, and adds what protects its answer in a
/// browser.
pub(crate) async fn protect(
    mut request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    ranges::keep_one(request.headers_mut());
    let id = uuid::Uuid::new_v4().to_string();
    let (method, path) = (request.method().clone(), request.path().to_owned());
    let refusals = request.app_data::<Data<Refusals>>().cloned();
    let mut response = next.call(request).await?;
    if let Some(refusals) = refusals {
        refusals.count(response.status());
    }
    tracing::debug!(%id, %method, path, status = response.status().as_u16(), "request");
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(&id) {
        headers.insert(HeaderName::from_static("x-request-id"), id);
    }
    add_protection(headers);
    Ok(response)
}

fn add_protection(headers: &mut HeaderMap) {
    for (name, value) in [
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
        (X_FRAME_OPTIONS, "DENY"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if !headers.contains_key(CACHE_CONTROL) {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}
