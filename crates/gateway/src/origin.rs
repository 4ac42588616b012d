//! Where a request comes from, and the server's address as its client has it.

use std::net::IpAddr;

use actix_web::HttpRequest;
use actix_web::http::header::{HOST, HeaderName, X_FORWARDED_FOR, X_FORWARDED_HOST, X_FORWARDED_PROTO};
use realtime::request;

use crate::network::Network;

/// The cookie that holds a browser's session; where the address has a port, that is part of the name.
pub(crate) const COOKIE: &str = "chatroom_session";

/// The configured addresses.
#[derive(Debug, Clone, Default)]
pub(crate) struct Addresses {
    /// The address that users see, without a slash at its end.
    pub(crate) public_url: Option<String>,
    /// The proxies whose `X-Forwarded-..` headers are believed.
    pub(crate) trusted_proxies: Vec<Network>,
    /// The other origins whose pages may use this server.
    pub(crate) allowed_origins: Vec<String>,
}

impl Addresses {
    /// Returns the address of this server as the client of `request` knows it.
    pub(crate) fn base(&self, request: &HttpRequest) -> String {
        if let Some(address) = &self.public_url {
            return address.clone();
        }
        let forwarded = |name| self.is_forwarded(request).then(|| last(request, &name)).flatten();
        let scheme = forwarded(X_FORWARDED_PROTO).unwrap_or("http");
        let host = || request.headers().get(HOST).and_then(|host| host.to_str().ok());
        let host = forwarded(X_FORWARDED_HOST).or_else(host).unwrap_or_else(|| request.app_config().host());
        format!("{scheme}://{host}")
    }

    /// Returns the address of the client: of the last hop that is no trusted proxy.
    pub(crate) fn client(&self, request: &HttpRequest) -> Option<IpAddr> {
        let mut client = request.peer_addr()?.ip();
        let lines = request.headers().get_all(X_FORWARDED_FOR).filter_map(|line| line.to_str().ok());
        let hops: Vec<&str> = lines.flat_map(|line| line.split(',')).collect();
        for hop in hops.iter().rev() {
            if !self.is_trusted(client) {
                break;
            }
            match hop.trim().parse() {
                Ok(address) => client = address,
                Err(_unreadable) => break,
            }
        }
        Some(client.to_canonical())
    }

    /// Returns whether a page of this very server made the request; a cookie is accepted for an unsafe request only then.
    pub(crate) fn is_own(&self, request: &HttpRequest) -> bool {
        request::origin(request)
            .is_some_and(|origin| request::is_same_origin(request, origin) || self.is_public(origin))
    }

    /// Returns whether a page of an origin that the operator allows made the request, or no page at all.
    ///
    /// Else a page of another site could sign its visitors in to an account of its own.
    pub(crate) fn is_allowed(&self, request: &HttpRequest) -> bool {
        request::origin(request).is_none_or(|origin| {
            self.is_own(request)
                || self.allowed_origins.iter().any(|known| known.eq_ignore_ascii_case(origin))
        })
    }

    /// Returns the name of the session's cookie where this server is `host`.
    ///
    /// Cookies do not tell ports apart, so that two servers on one host would take each other's.
    pub(crate) fn cookie_name(&self, host: &str) -> String {
        let public = self.public_url.as_deref().and_then(|url| url.split_once("://"));
        let host = public.map_or(host, |(_, host)| host);
        match host.rsplit_once(':') {
            Some((_, port)) if port.parse::<u16>().is_ok() => format!("{COOKIE}_{port}"),
            _ => COOKIE.to_owned(),
        }
    }

    /// Returns the secret in the session's cookie; in the one that had no port in its name, if there is no other.
    pub(crate) fn cookie(&self, request: &HttpRequest) -> Option<String> {
        let name = self.cookie_name(request.connection_info().host());
        request.cookie(&name).or_else(|| request.cookie(COOKIE)).map(|cookie| cookie.value().to_owned())
    }

    /// Returns whether an origin is the address that users see.
    fn is_public(&self, origin: &str) -> bool {
        self.public_url.as_deref().is_some_and(|address| address.eq_ignore_ascii_case(origin))
    }

    fn is_forwarded(&self, request: &HttpRequest) -> bool {
        request.peer_addr().is_some_and(|peer| self.is_trusted(peer.ip()))
    }

    fn is_trusted(&self, address: IpAddr) -> bool {
        self.trusted_proxies.iter().any(|network| network.contains(address))
    }
}

/// The last value of a header, which the nearest proxy has set.
fn last<'a>(request: &'a HttpRequest, name: &HeaderName) -> Option<&'a str> {
    let line = request.headers().get_all(name).last()?.to_str().ok()?;
    Some(line.rsplit(',').next()?.trim()).filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn addresses() -> Addresses {
        Addresses { trusted_proxies: vec!["10.0.0.0/8".parse().unwrap()], ..Addresses::default() }
    }

    fn request(peer: &str, headers: &[(HeaderName, &str)]) -> HttpRequest {
        let request = TestRequest::default().peer_addr(format!("{peer}:9").parse().unwrap());
        let request = request.insert_header((HOST, "chat.example:8000"));
        headers
            .iter()
            .fold(request, |request, header| request.append_header(header.clone()))
            .to_http_request()
    }

    #[test]
    fn only_a_trusted_proxy_says_who_the_client_is() {
        for (peer, forwarded, client) in [
            ("192.0.2.1", "198.51.100.1", "192.0.2.1"),
            ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
            ("10.0.0.1", "203.0.113.9, 198.51.100.1, 10.0.0.2", "198.51.100.1"),
            ("10.0.0.1", "nonsense", "10.0.0.1"),
            ("10.0.0.1", "198.51.100.1, nonsense, 10.0.0.2", "10.0.0.2"),
            ("10.0.0.1", "10.0.0.3", "10.0.0.3"),
        ] {
            let found = addresses().client(&request(peer, &[(X_FORWARDED_FOR, forwarded)]));
            assert_eq!(found, Some(client.parse().unwrap()), "{peer} {forwarded}");
        }
        assert_eq!(addresses().client(&request("10.0.0.1", &[])), Some("10.0.0.1".parse().unwrap()));
    }

    #[test]
    fn the_cookie_is_named_after_the_port_that_users_see() {
        for (public_url, host, name) in [
            (None, "127.0.0.1:8000", "chatroom_session_8000"),
            (None, "[::1]:8001", "chatroom_session_8001"),
            (None, "[::1]", "chatroom_session"),
            (None, "chat.example", "chatroom_session"),
            (Some("https://chat.example"), "127.0.0.1:8000", "chatroom_session"),
            (Some("http://chat.example:81"), "127.0.0.1:8000", "chatroom_session_81"),
        ] {
            let addresses = Addresses { public_url: public_url.map(str::to_owned), ..Addresses::default() };
            assert_eq!(addresses.cookie_name(host), name);
        }
    }

    #[test]
    fn only_a_trusted_proxy_says_how_the_client_calls_the_server() {
        let forwarded = [(X_FORWARDED_PROTO, "https"), (X_FORWARDED_HOST, "talk.example")];
        let base = |peer: &str| addresses().base(&request(peer, &forwarded));
        assert_eq!(base("10.0.0.1"), "https://talk.example");
        assert_eq!(base("192.0.2.1"), "http://chat.example:8000");
    }
}
