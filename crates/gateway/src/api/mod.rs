//! What clients may ask: each noun's file lists its endpoints of REST and its events of Socket.IO, and handles them.
//!
//! A handler is one small function over one use case; the types of requests and answers, and who may call, follow from it.

mod accounts;
mod files;
mod friends;
mod groups;
mod invites;
mod messages;
mod room_settings;
mod rooms;
mod search;
mod server;
mod sync;
mod uploads;

use actix_web::web::{self, ServiceConfig};

use crate::http::endpoint::{Endpoint, mount};
use crate::http::requests::Requests;
use crate::http::{docs, pages};
use crate::socket::events::ClientEvent;

/// Returns the table of all endpoints, by section of the document; those of one path are neighbours.
pub(crate) fn endpoints() -> Vec<Endpoint> {
    let sections = [
        ("accounts", accounts::endpoints()),
        ("friends", friends::endpoints()),
        ("rooms", rooms::endpoints()),
        ("rooms", room_settings::endpoints()),
        ("groups", groups::endpoints()),
        ("groups", invites::endpoints()),
        ("messages", messages::endpoints()),
        ("messages", search::endpoints()),
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
    let sections = [
        messages::events(),
        search::events(),
        rooms::events(),
        room_settings::events(),
        groups::events(),
        sync::events(),
        accounts::events(),
    ];
    sections.into_iter().flatten().collect()
}

/// Adds everything that is served over HTTP, and counts its requests.
pub(crate) fn add(app: &mut ServiceConfig, requests: &Requests) {
    mount(app, endpoints(), requests);
    docs::add(app);
    app.default_service(web::to(pages::elsewhere));
}
