//! The web client: its pages at its own addresses, and what they are built from.

use std::path::{Path, PathBuf};

use actix_web::http::Method;
use actix_web::http::header::{ACCEPT, CACHE_CONTROL, ContentType, HeaderValue};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use schemars::JsonSchema;
use serde::Serialize;

use super::endpoint::{Answer, Json, Reply};
use super::precompressed;
use crate::extract::{Anyone, Call};
use crate::problem::Problem;

/// Where the built client and the plain files are.
#[derive(Debug, Clone)]
pub(crate) struct Pages {
    pub(crate) web: PathBuf,
    pub(crate) plain: PathBuf,
}

/// The first parts of the addresses of the client's own routes.
const CLIENT: [&str; 9] =
    ["login", "register", "chats", "people", "settings", "u", "join", "invite", "share"];

const NOT_BUILT: &str = "<!doctype html><meta charset=\"utf-8\"><title>Chatroom</title>\
     <p>The server runs, but its web client is not built. Run <code>./justw web</code> and load this page again.";

/// The server's name and version; for a browser, the web client.
pub(crate) enum Root {
    Page(HttpResponse),
    About(Json<About>),
}

/// The pages and their folder.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct About {
    /// Always `chatroom`.
    #[schemars(extend("const" = "chatroom"))]
    name: &'static str,
    /// The version of the server.
    version: &'static str,
}

impl Reply for Root {
    fn describe() -> Vec<Answer> {
        Json::<About>::describe()
    }

    fn into_response(self) -> HttpResponse {
        match self {
            Self::Page(page) => page,
            Self::About(about) => about.into_response(),
        }
    }
}

pub(crate) async fn root(call: Call<Anyone>, (): ()) -> Result<Root, Problem> {
    if let Some(pages) = call.request.app_data::<Data<Pages>>()
        && wants_page(&call.request)
    {
        return Ok(Root::Page(page(&call.request, pages)));
    }
    Ok(Root::About(Json(About { name: "chatroom", version: env!("CARGO_PKG_VERSION") })))
}

/// What no endpoint answers: the client's files and pages, or 404.
pub(crate) async fn elsewhere(request: HttpRequest, pages: Data<Pages>) -> Result<HttpResponse, Problem> {
    if request.method() != Method::GET && request.method() != Method::HEAD {
        return Err(Problem::NoRoute);
    }
    let path = request.path().trim_start_matches('/');
    if let Some(plain) = path.strip_prefix("static/") {
        return file(&request, &pages.plain, plain, "public, max-age=3600").ok_or(Problem::NoRoute);
    }
    // Built files carry a hash in their names, so that a name never changes its content.
    let cache = if path.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    if let Some(found) = file(&request, &pages.web, path, cache) {
        return Ok(found);
    }
    let first = path.split('/').next().unwrap_or_default();
    if wants_page(&request) && CLIENT.contains(&first) {
        Ok(page(&request, &pages))
    } else {
        Err(Problem::NoRoute)
    }
}

fn wants_page(request: &HttpRequest) -> bool {
    let accept = request.headers().get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    accept.contains("text/html")
}

fn page(request: &HttpRequest, pages: &Pages) -> HttpResponse {
    file(request, &pages.web, "index.html", "no-cache").unwrap_or_else(|| {
        HttpResponse::ServiceUnavailable().content_type(ContentType::html()).body(NOT_BUILT)
    })
}

/// Returns a file below `folder`; nothing for a path that would lead out of it or to a hidden file.
fn file(request: &HttpRequest, folder: &Path, path: &str, cache: &'static str) -> Option<HttpResponse> {
    let plain = |part: &str| !part.is_empty() && !part.starts_with('.') && !part.contains(['\\', '\0', '%']);
    if !path.split('/').all(plain) {
        return None;
    }
    let path = folder.join(path);
    if !path.is_file() {
        return None;
    }
    let mut response = precompressed::respond(request, &path).ok()?;
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static(cache));
    Some(response)
}
