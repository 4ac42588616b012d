//! Requests as handlers receive them: [`Open`] for everybody, [`Signed`] only with a proof of who asks.
//!
//! Whoever has not signed in learns that first, whatever else is wrong with the request.

use std::future::{Ready, ready};
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use actix_web::dev::Payload;
use actix_web::http::header::{AUTHORIZATION, CONTENT_TYPE, USER_AGENT};
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest};
use bytes::{Bytes, BytesMut};
use chat::accounts::{self, AuthUser};
use chat::context::Chat;
use chat::error::{Error, Resource};
use domain::id::RoomId;
use futures_util::StreamExt as _;
use futures_util::future::LocalBoxFuture;
use serde_json::Value;

use crate::origin::Addresses;
use crate::problem::{Item, Problem};
use crate::wire::input::Input;

/// The cookie that a browser's sign-in lives in.
pub(crate) const COOKIE: &str = "chatroom_session";

/// The longest body that is read into memory.
pub(crate) const BODY_MAX: usize = 256 * 1024;

/// What the doors work with.
pub(crate) struct Doors {
    pub(crate) chat: Arc<Chat>,
    pub(crate) addresses: Addresses,
    pub(crate) stopping: Arc<AtomicBool>,
}

/// A request by anybody.
pub(crate) struct Open {
    pub(crate) doors: Data<Doors>,
    pub(crate) request: HttpRequest,
    payload: Payload,
}

/// A request by somebody who has signed in.
pub(crate) struct Signed {
    pub(crate) me: AuthUser,
    open: Open,
}

impl Deref for Signed {
    type Target = Open;

    fn deref(&self) -> &Open {
        &self.open
    }
}

impl FromRequest for Open {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let doors = request.app_data::<Data<Doors>>().cloned();
        let open = doors.map(|doors| Self { doors, request: request.clone(), payload: payload.take() });
        ready(open.ok_or_else(|| Problem::Refused(Error::Internal("the doors are not open".into()))))
    }
}

impl FromRequest for Signed {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let open = Open::from_request(request, payload).into_inner();
        Box::pin(async move {
            let open = open?;
            let me = open.me().await?;
            Ok(Self { me, open })
        })
    }
}

impl Open {
    pub(crate) fn chat(&self) -> &Chat {
        &self.doors.chat
    }

    /// Finds out who asks, by the bearer token (RFC 6750), else by the cookie if the request may be trusted with it.
    async fn me(&self) -> Result<AuthUser, Problem> {
        let header = self.request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        if let Some(token) = header.and_then(bearer) {
            return Ok(accounts::authenticate(self.chat(), token).await?);
        }
        let safe = self.request.method().is_safe();
        match self.request.cookie(COOKIE) {
            Some(cookie) if safe || self.doors.addresses.is_own(&self.request) => {
                Ok(accounts::authenticate_cookie(self.chat(), cookie.value()).await?)
            }
            _ => Err(Problem::NotSignedIn),
        }
    }

    /// Returns the room that the path names; what is no room's id is no room.
    pub(crate) fn room(&self) -> Result<RoomId, Problem> {
        let named = self.request.match_info().get("room").and_then(|text| text.parse().ok());
        named.ok_or(Problem::Refused(Error::NotFound(Resource::Room)))
    }

    /// Reads a number out of the path.
    pub(crate) fn path_number(&self, name: &str) -> Result<i64, Problem> {
        let text = self.request.match_info().get(name).unwrap_or_default().to_owned();
        let mut path = Input::of_pairs("path", vec![(name.to_owned(), text)]);
        let number = path.need_number(name);
        path.done(number)
    }

    /// Returns the fields of the query.
    pub(crate) fn query(&self) -> Input {
        let pairs = serde_urlencoded::from_str(self.request.query_string()).unwrap_or_default();
        Input::of_pairs("query", pairs)
    }

    /// Returns a query that has the field, or else the body, for clients that send it there.
    pub(crate) async fn query_or_body(&mut self, field: &str) -> Result<Input, Problem> {
        let query = self.query();
        if query.has(field) || !self.request.headers().contains_key(CONTENT_TYPE) {
            return Ok(query);
        }
        let body = self.body().await?;
        Ok(if body.has(field) { body } else { query })
    }

    /// Reads the body: JSON or a form, as its type says; no body is no fields.
    pub(crate) async fn body(&mut self) -> Result<Input, Problem> {
        let kind = self.request.headers().get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match kind.as_str() {
            "application/x-www-form-urlencoded" => {
                let pairs = serde_urlencoded::from_bytes(&self.bytes().await?);
                Ok(Input::of_pairs("body", pairs.map_err(|error| not_a_form(&error))?))
            }
            "multipart/form-data" => Ok(Input::of_pairs("body", self.multipart_fields().await?)),
            "" | "application/json" | "text/plain" => json(&self.bytes().await?),
            other if other.ends_with("+json") => json(&self.bytes().await?),
            // Some clients (aiohttp) give even no body a type.
            _ if self.bytes().await?.is_empty() => Ok(Input::of_pairs("body", Vec::new())),
            _ => Err(Problem::MediaType),
        }
    }

    /// Takes the body as a stream, for uploads.
    pub(crate) fn take_payload(&mut self) -> Payload {
        Payload::take(&mut self.payload)
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
        let mut parts =
            actix_multipart::Multipart::new(self.request.headers(), Payload::take(&mut self.payload));
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

impl Signed {
    /// Takes the proof apart from the request, for handlers that read the body.
    pub(crate) fn into_parts(self) -> (AuthUser, Open) {
        (self.me, self.open)
    }
}

fn bearer(header: &str) -> Option<&str> {
    let (scheme, token) = header.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

fn json(bytes: &[u8]) -> Result<Input, Problem> {
    if bytes.is_empty() {
        return Ok(Input::of_pairs("body", Vec::new()));
    }
    match serde_json::from_slice::<Value>(bytes) {
        Ok(value) => Input::of("body", value),
        Err(error) => Err(Problem::Invalid(vec![Item::not_json(error.column(), &error.to_string())])),
    }
}

fn not_a_form(error: &serde_urlencoded::de::Error) -> Problem {
    Problem::Invalid(vec![Item::not_json(0, &error.to_string())])
}

pub(crate) fn broken_off(error: &impl std::fmt::Display) -> Problem {
    Problem::Invalid(vec![Item::not_json(0, &format!("The body broke off: {error}"))])
}
