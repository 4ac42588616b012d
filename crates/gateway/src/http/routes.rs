//! The table of all addresses.

use actix_web::http::Method;
use actix_web::web::{self, ServiceConfig, delete, get, patch, post, put};
use actix_web::{HttpResponse, Route};

use super::{auth, chatrooms, document, files, friends, health, messages, pages, sync, uploads, users};
use crate::problem::Problem;

/// Adds every REST endpoint, each with and without a slash at its end.
pub(crate) fn add(app: &mut ServiceConfig) {
    at(app, "/auth/register", "POST", [post().to(auth::register)]);
    at(app, "/auth/token", "POST", [post().to(auth::token)]);
    at(app, "/auth/refresh", "POST", [post().to(auth::refresh)]);
    at(app, "/auth/logout", "POST", [post().to(auth::logout)]);
    at(app, "/auth/users/me", "GET", [get().to(users::me)]);

    at(app, "/user/me", "GET", [get().to(users::me)]);
    let one = [get().to(users::see), patch().to(users::change), delete().to(users::remove)];
    at(app, "/user/{user_id}", "GET, PATCH, DELETE", one);

    at(app, "/friends", "GET, DELETE", [get().to(friends::list), delete().to(friends::remove)]);
    at(app, "/friends/request", "POST, DELETE", [post().to(friends::ask), delete().to(friends::cancel)]);
    at(app, "/friends/requests/pending", "GET", [get().to(friends::received)]);
    at(app, "/friends/requests/sent", "GET", [get().to(friends::sent)]);
    at(app, "/friends/requests/accepted", "POST", [post().to(friends::accept)]);
    at(app, "/friends/requests/reject", "DELETE", [delete().to(friends::reject)]);
    at(app, "/friends/search", "GET", [get().to(friends::search)]);

    at(app, "/chatrooms", "GET, POST", [get().to(chatrooms::list), post().to(chatrooms::open)]);
    at(app, "/chatrooms/{room}", "GET", [get().to(chatrooms::view)]);
    let messages = [get().to(chatrooms::history), post().to(chatrooms::send)];
    at(app, "/chatrooms/{room}/messages", "GET, POST", messages);
    at(app, "/chatrooms/{room}/message", "POST", [post().to(chatrooms::send)]);
    let message = [patch().to(messages::edit), delete().to(messages::remove)];
    at(app, "/chatrooms/{room}/messages/{message_id}", "PATCH, DELETE", message);
    at(app, "/chatrooms/{room}/messages/{message_id}/history", "GET", [get().to(messages::versions)]);
    let reaction = [put().to(messages::react), delete().to(messages::unreact)];
    at(app, "/chatrooms/{room}/messages/{message_id}/reactions/{emoji}", "PUT, DELETE", reaction);
    at(app, "/chatrooms/{room}/read", "POST", [post().to(chatrooms::read)]);
    at(app, "/chatrooms/{room}/delivered", "POST", [post().to(chatrooms::delivered)]);
    at(app, "/chatrooms/{room}/typing", "POST", [post().to(chatrooms::typing)]);

    at(app, "/sync", "GET", [get().to(sync::since)]);

    at(app, "/upload/upload-avatar", "POST", [post().to(uploads::avatar)]);
    at(app, "/upload/upload-message-file", "POST", [post().to(uploads::message_file)]);
    at(app, "/static/avatars/{name}", "GET", [get().to(files::avatar), head().to(files::avatar)]);
    at(app, "/static/message/{name}", "GET", [get().to(files::message_file), head().to(files::message_file)]);

    at(app, "/livez", "GET", [get().to(health::live), head().to(health::live)]);
    at(app, "/readyz", "GET", [get().to(health::ready), head().to(health::ready)]);
    at(app, "/asyncapi.json", "GET", [get().to(document::asyncapi), head().to(document::asyncapi)]);
    app.route("/", get().to(pages::root)).route("/", head().to(pages::root));
    app.default_service(web::to(pages::elsewhere));
}

fn head() -> Route {
    web::method(Method::HEAD)
}

fn at<const N: usize>(app: &mut ServiceConfig, path: &str, allowed: &'static str, routes: [Route; N]) {
    let mut resource = web::resource([path.to_owned(), format!("{path}/")]);
    for route in routes {
        resource = resource.route(route);
    }
    let refuse = move || std::future::ready(Err::<HttpResponse, _>(Problem::Method(allowed)));
    app.service(resource.default_service(web::to(refuse)));
}
