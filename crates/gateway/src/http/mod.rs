//! REST: each endpoint is one small function over one use case; `routes` is the table of them all.

pub(crate) mod endpoint;

mod auth;
mod chatrooms;
mod docs;
mod document;
mod files;
mod friends;
mod health;
mod messages;
mod pages;
mod sync;
mod uploads;
mod users;

pub(crate) mod routes;

pub(crate) use pages::Pages;
