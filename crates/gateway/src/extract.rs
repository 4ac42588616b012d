//! HTTP calls as handlers receive them; the user is authenticated before the rest is read.

use std::net::IpAddr;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, LazyLock};

use actix_web::dev::Payload;
use actix_web::http::header::{AUTHORIZATION, CONTENT_TYPE, USER_AGENT};
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest};
use bytes::{Bytes, BytesMut};
use chat::accounts;
pub(crate) use chat::accounts::AuthUser;
use chat::context::Chat;
use chat::error::Error;
use futures_util::StreamExt as _;
use futures_util::future::LocalBoxFuture;
use serde_json::{Map, Value};

use crate::origin::{Addresses, COOKIE};
use crate::problem::Problem;
use crate::validation::ValidationError;
use crate::wire::input::{Input, Request};

/// The longest body that is read into memory, in bytes.
pub(crate) const BODY_MAX: usize = 256 * 1024;

/// What handlers work with.
pub(crate) struct Services {
    pub(crate) chat: Arc<Chat>,
    pub(crate) addresses: Addresses,
    pub(crate) stopping: Arc<AtomicBool>,
    pub(crate) documents: Documents,
}

/// The interfaces as JSON; each is written when it is first asked for.
pub(crate) struct Documents {
    pub(crate) openapi: &'static LazyLock<String>,
    pub(crate) asyncapi: &'static LazyLock<String>,
}

/// An HTTP call by an [`AuthUser`], or by [`Anyone`].
pub(crate) struct Call<U> {
    pub(crate) user: U,
    pub(crate) services: Data<Services>,
    pub(crate) request: HttpRequest,
    payload: Payload,
}

/// A caller who need not have signed in.
pub(crate) struct Anyone;

/// Who may make a call.
pub(crate) trait Caller: Sized + 'static {
    /// Whether a sign-in is required.
    const SIGNED_IN: bool;

    /// Proves who makes a call.
    async fn prove(call: &Call<Anyone>) -> Result<Self, Problem>;
}

impl Caller for Anyone {
    const SIGNED_IN: bool = false;

    async fn prove(_: &Call<Anyone>) -> Result<Self, Problem> {
        Ok(Self)
    }
}

impl Caller for AuthUser {
    const SIGNED_IN: bool = true;

    /// By the bearer token (RFC 6750), else by the cookie: on unsafe methods only from a page of this server.
    async fn prove(call: &Call<Anyone>) -> Result<Self, Problem> {
        let header = call.request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        if let Some(token) = header.and_then(bearer) {
            return Ok(accounts::authenticate(call.chat(), token).await?);
        }
        let safe = call.request.method().is_safe();
        match call.cookie() {
            Some(secret) if safe || call.services.addresses.is_own(&call.request) => {
                Ok(accounts::authenticate_cookie(call.chat(), &secret).await?)
            }
            _ => Err(Problem::NotSignedIn),
        }
    }
}

impl<U: Caller> FromRequest for Call<U> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let services = request.app_data::<Data<Services>>().cloned();
            let services =
                services.ok_or_else(|| Problem::Refused(Error::Internal("no services were added".into())))?;
            let call = Call { user: Anyone, services, request, payload };
            let user = U::prove(&call).await?;
            let Call { services, request, payload, .. } = call;
            Ok(Self { user, services, request, payload })
        })
    }
}

impl<U> Call<U> {
    pub(crate) fn chat(&self) -> &Chat {
        &self.services.chat
    }

    /// Parses what the call came with.
    pub(crate) fn parse<T: Request>(&self, input: Input) -> Result<T, Problem> {
        T::parse(&input.with_path(self.path()), self.chat().limits())
    }

    fn path(&self) -> Map<String, Value> {
        self.request.match_info().iter().map(|(name, value)| (name.to_owned(), value.into())).collect()
    }

    /// The fields of the query.
    pub(crate) fn query(&self) -> Input {
        let pairs = serde_urlencoded::from_str(self.request.query_string()).unwrap_or_default();
        Input::pairs("query", pairs)
    }

    /// Reads the body: JSON or a form, as its type says; an empty one has no fields.
    pub(crate) async fn body(&mut self) -> Result<Input, Problem> {
        let kind = self.request.headers().get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match kind.as_str() {
            "application/x-www-form-urlencoded" => {
                let pairs = serde_urlencoded::from_bytes(&self.bytes().await?);
                Ok(Input::pairs("body", pairs.map_err(|error| unreadable(0, &error))?))
            }
            "multipart/form-data" => Ok(Input::pairs("body", self.multipart_fields().await?)),
            "" | "application/json" | "text/plain" => json(&self.bytes().await?),
            other if other.ends_with("+json") => json(&self.bytes().await?),
            // Some clients (aiohttp) give a type to an empty body.
            _ if self.bytes().await?.is_empty() => Ok(Input::pairs("body", Vec::new())),
            _ => Err(Problem::MediaType),
        }
    }

    /// Takes the body as a stream.
    pub(crate) fn take_payload(&mut self) -> Payload {
        Payload::take(&mut self.payload)
    }

    /// The name of the session's cookie.
    pub(crate) fn cookie_name(&self) -> String {
        self.services.addresses.cookie_name(self.request.connection_info().host())
    }

    /// The secret in the session's cookie; in the one that had no port in its name, if there is no other.
    pub(crate) fn cookie(&self) -> Option<String> {
        let named = self.request.cookie(&self.cookie_name());
        named.or_else(|| self.request.cookie(COOKIE)).map(|cookie| cookie.value().to_owned())
    }

    /// The address of the client, behind trusted proxies.
    pub(crate) fn address(&self) -> Option<IpAddr> {
        self.services.addresses.client(&self.request)
    }

    pub(crate) fn user_agent(&self) -> Option<String> {
        let agent = self.request.headers().get(USER_AGENT)?;
        Some(String::from_utf8_lossy(agent.as_bytes()).into_owned())
    }

    async fn bytes(&mut self) -> Result<Bytes, Problem> {
        let mut body = BytesMut::new();
        while let Some(chunk) = self.payload.next().await {
            let chunk = chunk.map_err(|error| broken_off(&error))?;
            if body.len() + chunk.len() > BODY_MAX {
                return Err(Problem::BodyTooLarge(BODY_MAX));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body.freeze())
    }

    async fn multipart_fields(&mut self) -> Result<Vec<(String, String)>, Problem> {
        let payload = self.take_payload();
        let mut parts = actix_multipart::Multipart::new(self.request.headers(), payload);
        let mut fields = Vec::new();
        let mut size = 0;
        while let Some(part) = parts.next().await {
            let mut part = part.map_err(|error| broken_off(&error))?;
            let name = part.name().unwrap_or_default().to_owned();
            let mut text = Vec::new();
            while let Some(chunk) = part.next().await {
                let chunk = chunk.map_err(|error| broken_off(&error))?;
                size += chunk.len();
                if size > BODY_MAX {
                    return Err(Problem::BodyTooLarge(BODY_MAX));
                }
                text.extend_from_slice(&chunk);
            }
            fields.push((name, String::from_utf8_lossy(&text).into_owned()));
        }
        Ok(fields)
    }
}

fn bearer(header: &str) -> Option<&str> {
    let (scheme, token) = header.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

fn json(bytes: &[u8]) -> Result<Input, Problem> {
    if bytes.is_empty() {
        return Ok(Input::pairs("body", Vec::new()));
    }
    let value = serde_json::from_slice(bytes).map_err(|error| unreadable(error.column(), &error))?;
    Ok(Input::json(value))
}

/// The body is not what its type says, from this offset on.
pub(crate) fn unreadable(at: usize, error: &impl std::fmt::Display) -> Problem {
    Problem::Invalid(vec![ValidationError::not_json(at, &error.to_string())])
}

/// The body ended before its end.
pub(crate) fn broken_off(error: &impl std::fmt::Display) -> Problem {
    unreadable(0, &format!("The body broke off: {error}"))
}
