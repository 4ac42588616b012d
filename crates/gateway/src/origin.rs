//! The origin of a request, and the server's address as its client has it.

use actix_web::HttpRequest;
use realtime::request;

/// The configured addresses.
#[derive(Debug, Clone, Default)]
pub(crate) struct Addresses {
    /// The address that users see, without a slash at its end.
    pub(crate) public_url: Option<String>,
}

impl Addresses {
    /// Returns the address of this server as the client of `request` knows it.
    pub(crate) fn base(&self, request: &HttpRequest) -> String {
        if let Some(address) = &self.public_url {
            return address.clone();
        }
        let connection = request.connection_info();
        format!("{}://{}", connection.scheme(), connection.host())
    }

    /// Returns whether a page of this very server made the request; a cookie is accepted for an unsafe request only then.
    pub(crate) fn is_own(&self, request: &HttpRequest) -> bool {
        request::origin(request)
            .is_some_and(|origin| request::is_same_origin(request, origin) || self.is_public(origin))
    }

    /// Returns whether an origin is the address that users see.
    pub(crate) fn is_public(&self, origin: &str) -> bool {
        self.public_url.as_deref().is_some_and(|address| address.eq_ignore_ascii_case(origin))
    }
}
