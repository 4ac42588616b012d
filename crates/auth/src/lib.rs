//! Secrets: signing keys, passwords, access tokens and session secrets, all on one cryptographic provider.
//!
//! A file uses only those listed above it.

pub mod error;

mod pool;
mod provider;
mod random;

pub mod keys;

pub mod address;

pub mod password;
pub mod push;
pub mod secret;
pub mod throttle;
pub mod token;
pub mod webhook;
