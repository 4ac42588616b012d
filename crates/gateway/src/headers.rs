//! The headers that every answer carries (OWASP Secure Headers Project).

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue,
    PERMISSIONS_POLICY, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use actix_web::middleware::Next;
use actix_web::web::Data;

use crate::config::Config;
use crate::ranges;

/// What the pages of the web client may do; nothing comes from another origin.
const OWN_PAGES: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; \
     media-src 'self' blob:; font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; \
     base-uri 'none'; form-action 'self'; frame-ancestors 'none'; \
     require-trusted-types-for 'script'; trusted-types vue chatroom";

/// What the pages of another client may do: what bundlers and component libraries need, and no foreign script.
const OTHER_PAGES: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' blob: data: https:; \
     media-src 'self' blob: https:; font-src 'self' data:; worker-src 'self' blob:; object-src 'none'; \
     base-uri 'self'; form-action 'self'; frame-ancestors 'none'";

/// What the page of the web client says of itself in `web/index.html`.
const OWN_MARK: &str = r#"<meta name="generator" content="Chatroom""#;

/// One year, in seconds.
const TRANSPORT_SECURITY: &str = "max-age=31536000";

/// What pages ask the browser for: microphone and camera for messages, and nothing else.
const PERMISSIONS: &str =
    "camera=(self), microphone=(self), geolocation=(), payment=(), usb=(), serial=(), browsing-topics=()";

/// Those headers that depend on the settings.
#[derive(Debug, Clone)]
pub(crate) struct Protection {
    /// The policy of each page that has none of its own.
    page_policy: HeaderValue,
    /// Whether users see an address with https.
    is_secure: bool,
}

impl Protection {
    /// Reads the settings, and by its page whether the web client is the server's own.
    pub(crate) fn new(config: &Config) -> Self {
        let page = std::fs::read_to_string(config.web_dir.join("index.html")).ok();
        let is_own = page.is_none_or(|page| page.contains(OWN_MARK));
        let default = HeaderValue::from_static(if is_own { OWN_PAGES } else { OTHER_PAGES });
        let configured = config.content_security_policy.as_deref().map(HeaderValue::from_str);
        Self {
            page_policy: configured.and_then(Result::ok).unwrap_or(default),
            is_secure: config.public_url.as_ref().is_some_and(|url| url.starts_with("https://")),
        }
    }

    /// Returns the lines for the head of an answer that no handler makes.
    pub(crate) fn lines(&self) -> String {
        let mut headers = HeaderMap::new();
        self.add(&mut headers);
        let line = |(name, value): (&HeaderName, &HeaderValue)| {
            format!("{name}: {}\r\n", value.to_str().unwrap_or_default())
        };
        headers.iter().map(line).collect()
    }

    fn add(&self, headers: &mut HeaderMap) {
        for (name, value) in [
            (X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (REFERRER_POLICY, "no-referrer"),
            (X_FRAME_OPTIONS, "DENY"),
            (PERMISSIONS_POLICY, PERMISSIONS),
            (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        if self.is_secure {
            headers.insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(TRANSPORT_SECURITY));
        }
        if !headers.contains_key(CACHE_CONTROL) {
            headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        }
        let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if kind.starts_with("text/html") && !headers.contains_key(CONTENT_SECURITY_POLICY) {
            headers.insert(CONTENT_SECURITY_POLICY, self.page_policy.clone());
        }
    }
}

/// Drops a range that is to be ignored, and adds what protects the answer in a browser.
pub(crate) async fn protect(
    mut request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    ranges::keep_one(request.headers_mut());
    let protection = request.app_data::<Data<Protection>>().cloned();
    let mut response = next.call(request).await?;
    if let Some(protection) = protection {
        protection.add(response.headers_mut());
    }
    Ok(response)
}
