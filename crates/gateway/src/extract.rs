//! HTTP calls as handlers receive them; the user is authenticated before the rest is read.

use std::net::IpAddr;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, LazyLock};

use actix_web::dev::Payload;
use actix_web::http::header::{AUTHORIZATION, CONTENT_TYPE, USER_AGENT};
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest};
use bytes::Bytes;
use chat::accounts;
pub(crate) use chat::accounts::AuthUser;
use chat::admins::{self, AdminUser};
use chat::context::Chat;
use chat::error::Error;
use domain::api_token::Scopes;
use domain::audit::Source;
use domain::id::UserId;
use futures_util::future::LocalBoxFuture;
use futures_util::{StreamExt as _, stream};
use serde_json::{Map, Value};

use crate::http::body::{self, BodyLimits, unreadable};
use crate::http::form::Form;
use crate::http::requests::RequestId;
use crate::origin::Addresses;
use crate::problem::Problem;
use crate::rates::{Action, RateLimits};
use crate::refusals::Refusals;
use crate::wire::input::{Input, Request};

/// What handlers work with.
pub(crate) struct Services {
    pub(crate) chat: Arc<Chat>,
    pub(crate) addresses: Addresses,
    pub(crate) bodies: BodyLimits,
    pub(crate) rates: Arc<RateLimits>,
    pub(crate) refusals: Refusals,
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

    /// Returns the user, if one is known.
    fn id(&self) -> Option<UserId>;

    /// Refuses what the proof does not let the caller do.
    fn permit(&self, needed: Scopes) -> Result<(), Problem>;

    /// Proves who makes a call.
    async fn prove(call: &Call<Anyone>) -> Result<Self, Problem>;
}

impl Caller for Anyone {
    const SIGNED_IN: bool = false;

    fn id(&self) -> Option<UserId> {
        None
    }

    fn permit(&self, _: Scopes) -> Result<(), Problem> {
        Ok(())
    }

    async fn prove(_: &Call<Anyone>) -> Result<Self, Problem> {
        Ok(Self)
    }
}

impl Caller for AuthUser {
    const SIGNED_IN: bool = true;

    fn id(&self) -> Option<UserId> {
        Some(self.id)
    }

    fn permit(&self, needed: Scopes) -> Result<(), Problem> {
        Ok(Self::permit(self, needed)?)
    }

    /// By the bearer token (RFC 6750), else by the cookie: on unsafe methods only from a page of this server.
    async fn prove(call: &Call<Anyone>) -> Result<Self, Problem> {
        if let Some(token) = bearer(&call.request) {
            return Ok(accounts::authenticate(call.chat(), token).await?.sending_from(call.source()));
        }
        let safe = call.request.method().is_safe();
        match call.cookie() {
            Some(secret) if safe || call.services.addresses.is_own(&call.request) => {
                Ok(accounts::authenticate_cookie(call.chat(), &secret).await?.sending_from(call.source()))
            }
            _ => Err(Problem::NotSignedIn),
        }
    }
}

impl Caller for AdminUser {
    const SIGNED_IN: bool = true;

    fn id(&self) -> Option<UserId> {
        Some(Self::id(self))
    }

    fn permit(&self, _: Scopes) -> Result<(), Problem> {
        // Who is one has signed in.
        Ok(())
    }

    /// As a user, who is then asked for; a page elsewhere makes an administrator read nothing, as that is audited.
    async fn prove(call: &Call<Anyone>) -> Result<Self, Problem> {
        let user = AuthUser::prove(call).await?;
        let admin = admins::admit(call.chat(), user).await?;
        if call.is_intended() { Ok(admin) } else { Err(Error::Forbidden.into()) }
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

impl<U: Caller> Call<U> {
    /// Counts an action of the user, or refuses it.
    pub(crate) fn count(&self, action: Option<Action>) -> Result<(), Problem> {
        self.user.id().map_or(Ok(()), |user| self.services.rates.check(action, user))
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
            "multipart/form-data" => {
                let payload = self.take_payload();
                let form = Form::of_fields(&self.request, payload, self.services.bodies).await;
                Ok(Input::pairs("body", form.fields().await?))
            }
            "" | "application/json" | "text/plain" => json(&self.bytes().await?),
            other if other.ends_with("+json") => json(&self.bytes().await?),
            // Some clients (aiohttp) give a type to an empty body.
            _ if self.bytes().await?.is_empty() => Ok(Input::pairs("body", Vec::new())),
            _ => Err(Problem::MediaType),
        }
    }

    /// Reads the body, and leaves it to be read again.
    pub(crate) async fn buffer(&mut self) -> Result<Bytes, Problem> {
        let body = self.bytes().await?;
        let again = stream::iter([Ok(body.clone())]);
        self.payload = Payload::Stream { payload: again.boxed_local() };
        Ok(body)
    }

    /// Takes the body as a stream.
    pub(crate) fn take_payload(&mut self) -> Payload {
        Payload::take(&mut self.payload)
    }

    /// The name of the session's cookie.
    pub(crate) fn cookie_name(&self) -> String {
        self.services.addresses.cookie_name(self.request.connection_info().host())
    }

    /// The secret in the session's cookie.
    pub(crate) fn cookie(&self) -> Option<String> {
        self.services.addresses.cookie(&self.request)
    }

    /// Whether no page of another origin can have made the call: it shows a token, or comes from a page of this server.
    ///
    /// A link or a picture elsewhere makes a GET with the cookie as well; nothing is written for one.
    pub(crate) fn is_intended(&self) -> bool {
        let site = self.request.headers().get("sec-fetch-site");
        bearer(&self.request).is_some()
            || site.is_some_and(|site| site == "same-origin")
            || self.services.addresses.is_own(&self.request)
    }

    /// The address of the client, behind trusted proxies.
    pub(crate) fn address(&self) -> Option<IpAddr> {
        self.services.addresses.client(&self.request)
    }

    /// Where the call comes from.
    pub(crate) fn source(&self) -> Source {
        source(&self.request, &self.services.addresses)
    }

    pub(crate) fn user_agent(&self) -> Option<String> {
        let agent = self.request.headers().get(USER_AGENT)?;
        Some(String::from_utf8_lossy(agent.as_bytes()).into_owned())
    }

    async fn bytes(&mut self) -> Result<Bytes, Problem> {
        body::read(&mut self.payload, self.services.bodies.max).await
    }
}

/// Where a request comes from.
pub(crate) fn source(request: &HttpRequest, addresses: &Addresses) -> Source {
    Source { address: addresses.client(request), request: RequestId::of_request(request) }
}

/// The bearer token of a request (RFC 6750).
pub(crate) fn bearer(request: &HttpRequest) -> Option<&str> {
    let header = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok())?;
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
