//! `/docs`: Swagger UI over `/openapi.json`; every file of it is in this program.

use std::borrow::Cow;
use std::io::{Cursor, Read};
use std::sync::LazyLock;

use actix_web::HttpResponse;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY};
use actix_web::web::{self, ServiceConfig};
use utoipa_swagger_ui_vendored::SWAGGER_UI_VENDORED;
use zip::ZipArchive;

use crate::problem::Problem;

/// What the page may do: nothing from another origin; the icons of Swagger UI are `data:` addresses.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
     connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

const PAGE: &str = include_str!("docs/page.html");
const START: &str = include_str!("docs/start.js");

static SCRIPT: LazyLock<Option<Vec<u8>>> = LazyLock::new(|| vendored("swagger-ui-bundle.js"));
static STYLE: LazyLock<Option<Vec<u8>>> = LazyLock::new(|| vendored("swagger-ui.css"));

/// Adds the page and its three files.
pub(crate) fn add(app: &mut ServiceConfig) {
    app.service(web::resource(["/docs", "/docs/"]).route(web::get().to(page)));
    app.route("/docs/start.js", web::get().to(async || served("text/javascript", Some(START.as_bytes()))));
    app.route(
        "/docs/swagger-ui-bundle.js",
        web::get().to(async || served("text/javascript", SCRIPT.as_deref())),
    );
    app.route("/docs/swagger-ui.css", web::get().to(async || served("text/css", STYLE.as_deref())));
}

async fn page() -> HttpResponse {
    let mut page = HttpResponse::Ok();
    page.insert_header((CONTENT_SECURITY_POLICY, POLICY)).insert_header((CACHE_CONTROL, "no-cache"));
    page.content_type("text/html; charset=utf-8").body(PAGE)
}

fn served(kind: &'static str, file: Option<&'static [u8]>) -> Result<HttpResponse, Problem> {
    let file = file.ok_or(Problem::NoRoute)?;
    let mut response = HttpResponse::Ok();
    response.insert_header((CACHE_CONTROL, "public, max-age=3600"));
    Ok(response.content_type(format!("{kind}; charset=utf-8")).body(file))
}

/// Unpacks a file of Swagger UI's distribution.
fn vendored(name: &str) -> Option<Vec<u8>> {
    let mut archive = ZipArchive::new(Cursor::new(SWAGGER_UI_VENDORED)).ok()?;
    let is_it = |path: &Cow<'_, str>| path.ends_with(&format!("/dist/{name}"));
    let path = archive.file_names().filter_map(Result::ok).find(is_it)?.into_owned();
    let mut file = Vec::new();
    archive.by_name(&path).ok()?.read_to_end(&mut file).ok()?;
    Some(file)
}
