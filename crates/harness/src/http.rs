//! The HTTP client of tests and benchmarks.

use reqwest::ClientBuilder;

/// Begins a client that goes through no proxy.
pub fn client() -> ClientBuilder {
    // The client wants a provider of cryptography for plain HTTP, too; another one that is there is as good.
    drop(rustls::crypto::ring::default_provider().install_default());
    reqwest::Client::builder().no_proxy()
}
