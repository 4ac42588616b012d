//! The table of all endpoints: method, path, handler, and the codes that it may be refused with.
//!
//! Types of requests and answers, and who may call, follow from the handlers.

use actix_web::http::Method;
use actix_web::web::{self, ServiceConfig};

use super::endpoint::{Endpoint, endpoint as on, mount};
use super::{auth, chatrooms, docs, document, files, friends, health, messages, pages, sync, uploads, users};

const GET: Method = Method::GET;
const POST: Method = Method::POST;
const PUT: Method = Method::PUT;
const PATCH: Method = Method::PATCH;
const DELETE: Method = Method::DELETE;

/// Adds everything that is served over HTTP.
pub(crate) fn add(app: &mut ServiceConfig) {
    mount(app, endpoints());
    docs::add(app);
    app.default_service(web::to(pages::elsewhere));
}

/// Every endpoint; those of one path are neighbours.
pub(crate) fn endpoints() -> Vec<Endpoint> {
    let sections = [
        ("accounts", accounts()),
        ("friends", people()),
        ("rooms", rooms()),
        ("messages", conversation()),
        ("files", uploaded()),
        ("server", server()),
    ];
    let tagged = |(tag, endpoints): (&'static str, Vec<Endpoint>)| {
        endpoints.into_iter().map(move |endpoint| endpoint.tagged(tag))
    };
    sections.into_iter().flat_map(tagged).collect()
}

fn accounts() -> Vec<Endpoint> {
    vec![
        on(POST, "/auth/register", auth::register)
            .does("Make an account.")
            .refuses(&["username_taken", "email_taken"]),
        on(POST, "/auth/token", auth::token).does("Sign in.").refuses(&["wrong_login"]),
        on(POST, "/auth/refresh", auth::refresh)
            .does("Exchange a refresh token, or the cookie, for new tokens.")
            .refuses(&["unauthorized"]),
        on(POST, "/auth/logout", auth::logout).does("End the session, or all sessions of the user."),
        on(GET, "/auth/users/me", users::me).does("Show one's account."),
        on(GET, "/user/me", users::me).does("Show one's account."),
        on(GET, "/user/{user_id}", users::see)
            .does("Show an account: one's own, a friend's, or one of a common room.")
            .refuses(&["forbidden"]),
        on(PATCH, "/user/{user_id}", users::change)
            .does("Change one's profile.")
            .refuses(&["forbidden", "not_found"]),
        on(DELETE, "/user/{user_id}", users::remove).does("Delete one's account.").refuses(&["forbidden"]),
    ]
}

fn people() -> Vec<Endpoint> {
    vec![
        on(GET, "/friends", friends::list).does("List one's friends, by name."),
        on(DELETE, "/friends", friends::remove).does("End a friendship, if there is one."),
        on(POST, "/friends/request", friends::ask)
            .does("Ask a user to be a friend; accepts if they have asked.")
            .refuses(&["oneself", "already_friends", "already_requested", "not_found"]),
        on(DELETE, "/friends/request", friends::cancel)
            .does("Take one's friend request back, if there is one."),
        on(GET, "/friends/requests/pending", friends::received).does("List the users who ask."),
        on(GET, "/friends/requests/sent", friends::sent).does("List the users who were asked."),
        on(POST, "/friends/requests/accepted", friends::accept)
            .does("Accept a friend request.")
            .refuses(&["not_found"]),
        on(DELETE, "/friends/requests/reject", friends::reject)
            .does("Reject a friend request, if there is one."),
        on(GET, "/friends/search", friends::search)
            .does("Find a user by exact address or name.")
            .refuses(&["not_found"]),
    ]
}

fn rooms() -> Vec<Endpoint> {
    vec![
        on(GET, "/chatrooms", chatrooms::list).does("List one's rooms, the last changed first."),
        on(POST, "/chatrooms", chatrooms::open).does("Make a group, or get the room of two.").refuses(&[
            "too_few_members",
            "too_many_members",
            "not_found",
        ]),
        on(GET, "/chatrooms/{chatroom_id}", chatrooms::view)
            .does("Show a room and its members.")
            .refuses(&["not_found"]),
        on(POST, "/chatrooms/{chatroom_id}/read", chatrooms::read)
            .does("Mark a room read, up to a message or the newest.")
            .refuses(&["not_found"]),
        on(POST, "/chatrooms/{chatroom_id}/delivered", chatrooms::delivered)
            .does("Mark a room delivered, up to a message or the newest.")
            .refuses(&["not_found"]),
        on(POST, "/chatrooms/{chatroom_id}/typing", chatrooms::typing)
            .does("Show the other members that one types, or no longer does.")
            .refuses(&["not_found"]),
    ]
}

fn conversation() -> Vec<Endpoint> {
    let one = "/chatrooms/{chatroom_id}/messages/{message_id}";
    let reaction = "/chatrooms/{chatroom_id}/messages/{message_id}/reactions/{emoji}";
    vec![
        on(GET, "/chatrooms/{chatroom_id}/messages", chatrooms::history)
            .does("List a page of messages, the oldest first; it is marked delivered.")
            .refuses(&["not_found"]),
        on(POST, "/chatrooms/{chatroom_id}/messages", chatrooms::send).does("Send a message.").refuses(&[
            "room_mismatch",
            "not_found",
            "client_msg_id_reused",
        ]),
        on(POST, "/chatrooms/{chatroom_id}/message", chatrooms::send).does("Send a message.").refuses(&[
            "room_mismatch",
            "not_found",
            "client_msg_id_reused",
        ]),
        on(PATCH, one, messages::edit).does("Edit one's message.").refuses(&[
            "too_late",
            "message_unsent",
            "too_many_edits",
            "forbidden",
            "not_found",
        ]),
        on(DELETE, one, messages::remove)
            .does("Unsend one's message, or hide any message from oneself.")
            .refuses(&["too_late", "forbidden", "not_found"]),
        on(GET, "/chatrooms/{chatroom_id}/messages/{message_id}/history", messages::versions)
            .does("List what a message said, the oldest first.")
            .refuses(&["not_found"]),
        on(PUT, reaction, messages::react).does("Put a reaction on a message.").refuses(&[
            "message_unsent",
            "too_many_reactions",
            "not_found",
        ]),
        on(DELETE, reaction, messages::unreact)
            .does("Take one's reaction off a message.")
            .refuses(&["not_found"]),
        on(GET, "/sync", sync::since).does("List what happened since a cursor."),
    ]
}

fn uploaded() -> Vec<Endpoint> {
    vec![
        on(POST, "/upload/upload-avatar", uploads::avatar)
            .does("Store a picture, and make it one's own.")
            .refuses(&["unsupported_type"]),
        on(POST, "/upload/upload-message-file", uploads::message_file)
            .does("Store a file for a message.")
            .refuses(&["unsupported_type"]),
        on(GET, "/static/avatars/{name}", files::avatar)
            .does("Serve a user's picture.")
            .refuses(&["not_found"]),
        on(GET, "/static/message/{name}", files::message_file)
            .does("Serve a file, to its owner and to members of rooms that it was sent to.")
            .refuses(&["not_found"]),
    ]
}

fn server() -> Vec<Endpoint> {
    vec![
        on(GET, "/livez", health::live).does("Whether the process runs."),
        on(GET, "/readyz", health::ready)
            .does("Whether the database answers and the server is not about to stop."),
        on(GET, "/openapi.json", document::openapi).does("This document."),
        on(GET, "/asyncapi.json", document::asyncapi)
            .does("The Socket.IO interface as an AsyncAPI 3 document."),
        on(GET, "/", pages::root).does("The server's name and version; for a browser, the web client."),
    ]
}
