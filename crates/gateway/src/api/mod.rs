//! What clients may ask: each noun's file lists its endpoints of REST and its events of Socket.IO, and handles them.
//!
//! A handler is one small function over one use case; the types of requests and answers, and who may call, follow from it.

mod accounts;
mod admin;
mod api_tokens;
mod blocks;
mod bots;
mod cookies;
mod exports;
mod files;
mod friends;
mod groups;
mod incoming_webhooks;
mod invites;
mod message_requests;
mod messages;
mod outgoing_webhooks;
mod push;
mod reports;
mod room_settings;
mod rooms;
mod scheduled_messages;
mod search;
mod server;
mod settings;
mod sync;
mod uploads;

use actix_web::web::{self, ServiceConfig};

use self::api_tokens::needed;
use crate::http::endpoint::{Endpoint, mount};
use crate::http::requests::Requests;
use crate::http::{docs, pages};
use crate::socket::events::ClientEvent;

/// Returns the table of all endpoints, by section of the document; those of one path are neighbours.
pub(crate) fn endpoints() -> Vec<Endpoint> {
    let sections = [
        ("accounts", accounts::endpoints()),
        ("accounts", settings::endpoints()),
        ("accounts", api_tokens::endpoints()),
        ("bots", bots::endpoints()),
        ("accounts", exports::endpoints()),
        ("friends", friends::endpoints()),
        ("friends", blocks::endpoints()),
        ("friends", reports::endpoints()),
        ("rooms", rooms::endpoints()),
        ("rooms", message_requests::endpoints()),
        ("rooms", room_settings::endpoints()),
        ("groups", groups::endpoints()),
        ("groups", invites::endpoints()),
        ("webhooks", incoming_webhooks::endpoints()),
        ("webhooks", outgoing_webhooks::endpoints()),
        ("messages", messages::endpoints()),
        ("messages", scheduled_messages::endpoints()),
        ("messages", search::endpoints()),
        ("messages", sync::endpoints()),
        ("push", push::endpoints()),
        ("files", uploads::endpoints()),
        ("files", files::endpoints()),
        ("admin", admin::endpoints()),
        ("server", server::endpoints()),
    ];
    let tagged = |(tag, endpoints): (&'static str, Vec<Endpoint>)| {
        endpoints.into_iter().map(move |endpoint| {
            let scopes = needed(tag, endpoint.method.is_safe(), endpoint.path);
            endpoint.tagged(tag, scopes)
        })
    };
    sections.into_iter().flat_map(tagged).collect()
}

/// Returns the table of all events that clients send.
pub(crate) fn events() -> Vec<ClientEvent> {
    let sections = [
        ("messages", messages::events()),
        ("messages", search::events()),
        ("rooms", rooms::events()),
        ("rooms", message_requests::events()),
        ("rooms", room_settings::events()),
        ("groups", groups::events()),
        ("messages", sync::events()),
        ("accounts", accounts::events()),
        ("friends", blocks::events()),
    ];
    let scoped = |(section, events): (&'static str, Vec<ClientEvent>)| {
        events.into_iter().map(move |event| {
            let scopes = needed(section, event.name.starts_with("search"), event.name);
            event.needing(scopes)
        })
    };
    sections.into_iter().flat_map(scoped).collect()
}

/// Adds everything that is served over HTTP, and counts its requests.
pub(crate) fn add(app: &mut ServiceConfig, requests: &Requests) {
    mount(app, endpoints(), requests);
    docs::add(app);
    app.default_service(web::to(pages::elsewhere));
}
