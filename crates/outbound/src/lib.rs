//! HTTP requests to addresses that users name, kept off the networks that only this server reaches (SSRF).
//!
//! The address of a host is checked where it is resolved, and the connection goes to that address and no other: a name
//! that resolves to something else a moment later changes nothing. There are no proxies and no cookies, and redirects are
//! followed to pages alone, each checked as the first address is; all takes five seconds at most, and no more than 64 KiB
//! of an answer are read, and 512 KiB of a page.

mod address;
mod resolver;

mod client;

mod page;

pub use address::Networks;
pub use client::{Answer, Client, Request};
pub use page::Page;

use thiserror::Error;

/// Why a request was not answered.
#[derive(Debug, Error)]
pub enum Error {
    /// The address is none that requests may go to.
    #[error("The address must begin with http:// or https:// and name a host, without a name or a password")]
    Address,
    /// The host is in a network that is not public.
    #[error("The address is not a public one")]
    NotPublic,
    /// The host has no address.
    #[error("The host was not found")]
    Unresolved,
    /// The exchange took too long.
    #[error("There was no answer within 5 seconds")]
    TimedOut,
    /// The address redirects too often.
    #[error("The address redirects more than 3 times")]
    Redirects,
    /// What is there is no HTML page.
    #[error("There is no HTML page at the address")]
    NoPage,
    /// The connection could not be made, or broke.
    #[error("{0}")]
    Failed(String),
}
