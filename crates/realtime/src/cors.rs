//! CORS headers for long-polling; a WebSocket needs none.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{
        Method,
        header::{
            ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
            ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS,
            ACCESS_CONTROL_REQUEST_METHOD, HeaderValue, ORIGIN, VARY,
        },
    },
};

use crate::config::Config;

/// Seconds for which a browser may cache a preflight response.
const MAX_AGE: &str = "3600";

/// The response to a preflight request; nothing if the request is none.
pub(crate) fn preflight(request: &HttpRequest, config: &Config) -> Option<HttpResponse> {
    let headers = request.headers();
    let asks = request.method() == Method::OPTIONS && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD);
    if !asks || !config.cors || !headers.contains_key(ORIGIN) {
        return None;
    }
    let mut response = HttpResponse::NoContent();
    response.insert_header((VARY, "Origin"));
    if let Some(origin) = listed(request, config) {
        response
            .insert_header((ACCESS_CONTROL_ALLOW_ORIGIN, origin))
            .insert_header((ACCESS_CONTROL_ALLOW_CREDENTIALS, "true"))
            .insert_header((ACCESS_CONTROL_ALLOW_METHODS, "GET, POST"))
            .insert_header((ACCESS_CONTROL_MAX_AGE, MAX_AGE));
        if let Some(wanted) = headers.get(ACCESS_CONTROL_REQUEST_HEADERS) {
            response.insert_header((ACCESS_CONTROL_ALLOW_HEADERS, wanted.clone()));
        }
    }
    Some(response.finish())
}

/// Allows the page of the request to read the response.
pub(crate) fn allow(request: &HttpRequest, config: &Config, response: &mut HttpResponse) {
    if !config.cors || config.origins.is_empty() {
        return;
    }
    let headers = response.headers_mut();
    headers.insert(VARY, HeaderValue::from_static("Origin"));
    if let Some(origin) = listed(request, config) {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
    }
}

/// The origin of the request, if it is a listed one.
fn listed(request: &HttpRequest, config: &Config) -> Option<HeaderValue> {
    let origin = request.headers().get(ORIGIN)?;
    let text = origin.to_str().ok()?;
    config.origins.iter().any(|listed| listed.eq_ignore_ascii_case(text)).then(|| origin.clone())
}
