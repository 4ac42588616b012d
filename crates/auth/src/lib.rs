//! Secrets: signing keys, passwords, access tokens and session secrets, all on one cryptographic provider.

pub mod error;
pub mod keys;
pub mod password;
pub mod secret;
pub mod token;

mod pool;
mod provider;
