//! CORS headers for pages of the listed origins that poll; a WebSocket needs none.

use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS,
    ACCESS_CONTROL_REQUEST_METHOD, HeaderValue, ORIGIN, VARY,
};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpRequest, HttpResponse};

/// Seconds for which a browser may cache a preflight response.
const MAX_AGE: &str = "3600";

/// The origins whose pages may connect.
pub(crate) struct Origins(pub(crate) Vec<String>);

/// Answers preflight requests, and lets pages of listed origins read every other response.
pub(crate) async fn add_headers(
    origins: Data<Origins>,
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse, Error> {
    if let Some(response) = preflight(request.request(), &origins) {
        return Ok(request.into_response(response));
    }
    let allowed = listed(request.request(), &origins);
    let mut response = next.call(request).await?;
    if origins.0.is_empty() {
        return Ok(response);
    }
    let headers = response.headers_mut();
    headers.insert(VARY, HeaderValue::from_static("Origin"));
    if let Some(origin) = allowed {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
    }
    Ok(response)
}

/// The response to a preflight request; nothing if the request is none.
fn preflight(request: &HttpRequest, origins: &Origins) -> Option<HttpResponse> {
    let headers = request.headers();
    let asks = request.method() == Method::OPTIONS && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD);
    if !asks || !headers.contains_key(ORIGIN) {
        return None;
    }
    let mut response = HttpResponse::NoContent();
    response.insert_header((VARY, "Origin"));
    if let Some(origin) = listed(request, origins) {
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

/// The origin of the request, if it is a listed one.
fn listed(request: &HttpRequest, Origins(origins): &Origins) -> Option<HeaderValue> {
    let origin = request.headers().get(ORIGIN)?;
    let text = origin.to_str().ok()?;
    origins.iter().any(|listed| listed.eq_ignore_ascii_case(text)).then(|| origin.clone())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use actix_web::http::header::HOST;
    use actix_web::middleware::from_fn;
    use actix_web::{App, test};
    use realtime::Config;
    use realtime::endpoint::Realtime;
    use realtime::hub::Hubs;

    use super::*;
    use crate::application::Application;

    const PATH: &str = "/socket.io/?EIO=4&transport=polling";
    const LISTED: &str = "https://chat.example";

    struct Answer {
        status: u16,
        response: ServiceResponse,
    }

    impl Answer {
        fn header(&self, name: &str) -> Option<&str> {
            let mut values = self.response.headers().get_all(name);
            let value = values.next()?;
            assert!(values.next().is_none(), "{name} stands twice");
            Some(value.to_str().unwrap())
        }
    }

    struct Server {
        origins: Vec<String>,
        hubs: Hubs,
    }

    impl Server {
        fn new(origins: &[&str]) -> Self {
            let origins: Vec<String> = origins.iter().map(|&origin| origin.to_owned()).collect();
            let hubs = Hubs::new(Config { origins: origins.clone(), ..Config::default() });
            Self { origins, hubs }
        }

        async fn from(&self, method: &str, origin: &str) -> Answer {
            let realtime =
                Realtime::new(self.hubs.clone(), Arc::new(Application { hubs: self.hubs.clone() }));
            let app = App::new()
                .app_data(Data::new(Origins(self.origins.clone())))
                .wrap(from_fn(add_headers))
                .configure(|app| realtime.mount(app, "/socket.io"));
            let asks = [
                ("origin", origin),
                ("access-control-request-method", "POST"),
                ("access-control-request-headers", "content-type"),
            ];
            let headers = if method == "OPTIONS" { &asks[..] } else { &asks[..1] };
            let request = test::TestRequest::with_uri(PATH)
                .method(method.parse().unwrap())
                .insert_header((HOST, "localhost"));
            let request = headers.iter().fold(request, |request, header| request.insert_header(*header));
            let response = test::call_service(&test::init_service(app).await, request.to_request()).await;
            Answer { status: response.status().as_u16(), response }
        }
    }

    #[actix_web::test]
    async fn pages_of_listed_origins_may_ask_with_credentials() {
        let server = Server::new(&[LISTED]);
        for method in ["OPTIONS", "GET", "POST"] {
            let answer = server.from(method, LISTED).await;
            assert_eq!(
                answer.status,
                match method {
                    "OPTIONS" => 204,
                    "GET" => 200,
                    _ => 400,
                }
            );
            assert_eq!(answer.header("access-control-allow-origin"), Some(LISTED), "{method}");
            assert_eq!(answer.header("access-control-allow-credentials"), Some("true"), "{method}");
            assert_eq!(answer.header("vary"), Some("Origin"), "{method}");
        }
        let preflight = server.from("OPTIONS", LISTED).await;
        assert_eq!(preflight.header("access-control-allow-methods"), Some("GET, POST"));
        assert_eq!(preflight.header("access-control-allow-headers"), Some("content-type"));
    }

    #[actix_web::test]
    async fn pages_of_other_origins_may_not() {
        let server = Server::new(&[LISTED]);
        for origin in ["https://evil.example", "null", "https://chat.example.evil"] {
            let preflight = server.from("OPTIONS", origin).await;
            assert_eq!(preflight.header("access-control-allow-origin"), None);
            for method in ["GET", "POST"] {
                let answer = server.from(method, origin).await;
                assert_eq!(answer.status, 400);
                assert_eq!(answer.header("access-control-allow-origin"), None);
                let body = test::read_body(answer.response).await;
                assert_eq!(body, format!("{origin} is not an accepted origin."));
            }
        }
        assert_eq!(server.hubs.connections(), 0);
    }

    #[actix_web::test]
    async fn our_own_pages_need_none_of_it() {
        let server = Server::new(&[]);
        let answer = server.from("GET", "http://localhost").await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("access-control-allow-origin"), None);
        assert_eq!(answer.header("vary"), None);
    }
}
