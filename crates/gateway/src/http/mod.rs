//! HTTP: what an endpoint is, and what is served beside the endpoints.

pub(crate) mod body;
pub(crate) mod docs;
pub(crate) mod endpoint;
pub(crate) mod form;
pub(crate) mod idempotency;
pub(crate) mod object;
pub(crate) mod pages;
mod precompressed;
pub(crate) mod reply;
pub(crate) mod requests;
