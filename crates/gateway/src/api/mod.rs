//! What clients may ask: each noun's file lists its endpoints of REST and its events of Socket.IO, and handles them.
//!
//! A handler is one small function over one use case; the types of requests and answers, and who may call, follow from it.

mod accounts;
mod blocks;
mod files;
mod friends;
mod message_requests;
mod messages;
mod reports;
mod rooms;
mod server;
mod settings;
mod sync;
mod uploads;

use std::sync::LazyLock;

use actix_web::web::{self, ServiceConfig};
use chat::accounts::still;
use serde_json::value::RawValue;

use crate::http::body::unreadable;
use crate::http::endpoint::{Endpoint, mount};
use crate::http::{docs, pages};
use crate::problem::Problem;
use crate::socket::client_event::ClientEvent;
use crate::socket::context::Context;
use crate::wire::input::Input;

/// Returns the table of all endpoints, by section of the document; those of one path are neighbours.
pub(crate) fn endpoints() -> Vec<Endpoint> {
    let sections = [
        ("accounts", accounts::endpoints()),
        ("accounts", settings::endpoints()),
        ("friends", friends::endpoints()),
        ("friends", blocks::endpoints()),
        ("friends", reports::endpoints()),
        ("rooms", rooms::endpoints()),
        ("rooms", message_requests::endpoints()),
        ("messages", messages::endpoints()),
        ("messages", sync::endpoints()),
        ("files", uploads::endpoints()),
        ("files", files::endpoints()),
        ("server", server::endpoints()),
    ];
    let tagged = |(tag, endpoints): (&'static str, Vec<Endpoint>)| {
        endpoints.into_iter().map(move |endpoint| endpoint.tagged(tag))
    };
    sections.into_iter().flat_map(tagged).collect()
}

/// Returns the table of all events that clients send.
pub(crate) fn events() -> Vec<ClientEvent> {
    let nouns = [
        messages::events(),
        rooms::events(),
        message_requests::events(),
        sync::events(),
        accounts::events(),
        blocks::events(),
    ];
    nouns.into_iter().flatten().collect()
}

static EVENTS: LazyLock<Vec<ClientEvent>> = LazyLock::new(events);

/// Adds everything that is served over HTTP.
pub(crate) fn add(app: &mut ServiceConfig) {
    mount(app, endpoints());
    docs::add(app);
    app.default_service(web::to(pages::elsewhere));
}

/// Handles an event of a client, and returns the one argument of its acknowledgement.
pub(crate) async fn handle(
    context: Context,
    name: &str,
    argument: Option<&RawValue>,
) -> Result<String, Problem> {
    still(&context.chat, context.user())?;
    let event = EVENTS.iter().find(|event| event.name == name).ok_or(Problem::UnknownEvent)?;
    let argument = serde_json::from_str(argument.map_or("null", RawValue::get));
    let argument = argument.map_err(|error| unreadable(error.column(), &error))?;
    event.handle(context, Input::json(argument)).await
}
