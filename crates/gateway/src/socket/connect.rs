//! Who may connect: by a token in the payload of CONNECT, the header or the query, or by the cookie of a page of this server.

use actix_web::ResponseError as _;
use actix_web::cookie::Cookie;
use actix_web::http::header::{AUTHORIZATION, COOKIE as COOKIES, ORIGIN};
use chat::accounts::{self, AuthUser};
use chat::context::Chat;
use chat::error::Error;
use realtime::{ConnectError, Handshake};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use crate::origin::{Addresses, COOKIE};
use crate::problem::Problem;
use crate::refusals::Refusals;

/// The token in the payload of CONNECT.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct Auth {
    /// An access token; without it the header, the query or the cookie counts.
    token: Option<String>,
}

/// Proves who connects.
pub(super) async fn authenticate(
    chat: &Chat,
    addresses: &Addresses,
    handshake: &Handshake,
) -> Result<AuthUser, Error> {
    let origin = handshake.headers.get(ORIGIN).and_then(|origin| origin.to_str().ok());
    let own = handshake.same_origin || origin.is_some_and(|origin| addresses.is_public(origin));
    match token(handshake) {
        Some(token) => accounts::authenticate(chat, &token).await,
        None => match cookie(addresses, handshake).filter(|_| own) {
            Some(secret) => accounts::authenticate_cookie(chat, &secret).await,
            None => Err(Error::Unauthenticated),
        },
    }
}

fn token(handshake: &Handshake) -> Option<String> {
    let given = handshake.auth.as_ref().and_then(|auth| serde_json::from_str::<Auth>(auth.get()).ok()?.token);
    let header = || {
        let text = handshake.headers.get(AUTHORIZATION)?.to_str().ok()?;
        let (scheme, token) = text.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
    };
    let query = || handshake.query.iter().find(|(name, _)| name == "token").map(|(_, token)| token.clone());
    let bare = |token: String| token.strip_prefix("Bearer ").map_or(token.clone(), ToOwned::to_owned);
    given.or_else(header).or_else(query).filter(|token| !token.is_empty()).map(bare)
}

/// The secret in the session's cookie; in the one that had no port in its name, if there is no other.
fn cookie(addresses: &Addresses, handshake: &Handshake) -> Option<String> {
    let lines = handshake.headers.get_all(COOKIES).filter_map(|value| value.to_str().ok());
    let cookies: Vec<Cookie<'_>> =
        lines.flat_map(|line| line.split(';')).filter_map(|part| Cookie::parse(part.trim()).ok()).collect();
    let named = |name: &str| cookies.iter().find(|cookie| cookie.name() == name);
    let cookie = named(&addresses.cookie_name(&handshake.host)).or_else(|| named(COOKIE))?;
    Some(cookie.value().to_owned())
}

/// Refuses a client for good only if it is not authenticated: whatever else is wrong is the server's, and may pass.
pub(super) fn refusal(error: Error, refusals: &Refusals) -> ConnectError {
    if let Error::Unauthenticated = error {
        let data = Some(json!({ "code": error.code() }));
        return ConnectError::Refused { message: "Not authenticated".to_owned(), data };
    }
    let problem = Problem::from(error);
    problem.log();
    refusals.count(problem.status_code());
    ConnectError::Unavailable
}
