//! Copies of all that is a user's own.

use chat::exports;
use domain::export::Export;
use schemars::JsonSchema;
use serde::Serialize;

use super::files::{File, Reader, Readers, serve};
use crate::extract::{AuthUser, Call};
use crate::http::endpoint::{Created, Endpoint, Json, Path, get, post};
use crate::problem::Problem;
use crate::rates::Action;
use crate::wire::files::ExportName;

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        get("/user/me/export", see)
            .does("Show the copy of all that is one's own, with an address to fetch it when it is ready.")
            .refuses(&["not_found"]),
        post("/user/me/export", request)
            .does("Ask for a copy of all that is one's own, which is made in the background.")
            .limited(Action::Export),
        get("/static/exports/{name}", fetch)
            .does("Serve such a copy to the user whose it is.")
            .refuses(&["not_found"]),
    ]
}

/// A copy of all that is one's own, and where it is.
#[derive(Serialize, JsonSchema)]
struct ShownExport {
    #[serde(flatten)]
    export: Export,
    /// The address that opens it without a token, as long as this session lasts; null until it is ready.
    url: Option<String>,
}

async fn see(call: Call<AuthUser>, (): ()) -> Result<Json<ShownExport>, Problem> {
    let (export, address) = exports::see(call.chat(), &call.user).await?;
    let base = call.services.addresses.base(&call.request);
    let url = address.map(|address| format!("{base}{}", address.path));
    Ok(Json(ShownExport { export, url }))
}

async fn request(call: Call<AuthUser>, (): ()) -> Result<Created<Export>, Problem> {
    Ok(Created(exports::request(call.chat(), &call.user).await?))
}

async fn fetch(call: Call<Reader>, Path(ExportName { name }): Path<ExportName>) -> Result<File, Problem> {
    let opened = exports::open(call.chat(), &call.user.user, &name).await?;
    let readers = Readers { cache: "private, no-store", pages: "same-origin" };
    serve(&call, "chatroom-export.zip", opened, readers).await
}
