//! Whose pages may use the server.

use std::sync::Arc;

use actix_cors::Cors;

use crate::config::Config;
use crate::origin::Addresses;

/// Returns the origins whose pages may use the server: its own address, and those that the operator named.
pub(super) fn origins(config: &Config) -> Vec<String> {
    config
        .allowed_origins
        .iter()
        .chain(config.public_url.as_ref())
        .map(|o| o.trim_end_matches('/').to_owned())
        .collect()
}

/// Returns what addresses of clients and origins of pages are judged by.
pub(super) fn addresses(config: &Config) -> Addresses {
    Addresses {
        public_url: config.public_url.as_ref().map(|url| url.trim_end_matches('/').to_owned()),
        trusted_proxies: config.trusted_proxies.clone(),
        allowed_origins: config.allowed_origins.clone(),
    }
}

/// The pages of the origins that the operator named may use the server with credentials; no others may.
pub(super) fn cors(origins: &Arc<Vec<String>>) -> Cors {
    let origins = Arc::clone(origins);
    Cors::default()
        .allowed_origin_fn(move |origin, _| {
            origin.to_str().is_ok_and(|origin| origins.iter().any(|known| known.eq_ignore_ascii_case(origin)))
        })
        .allow_any_method()
        .allow_any_header()
        .supports_credentials()
        .block_on_origin_mismatch(false)
        .max_age(3600)
}
