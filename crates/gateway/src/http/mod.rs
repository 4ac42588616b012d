//! REST: each endpoint is one small function over one use case; `routes` is the table of them all.

mod answer;

mod auth;
mod chatrooms;
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
