//! `/auth`: accounts and sessions.

use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::{HttpResponse, ResponseError as _};
use chat::accounts::{self, SignedIn};
use chat::error::Error;
use domain::user::User;
use schemars::JsonSchema;
use serde::Serialize;

use super::endpoint::{Answer, Body, Content, Created, Reply};
use crate::extract::{Anyone, AuthUser, COOKIE, Call};
use crate::problem::Problem;
use crate::schemas::of;
use crate::wire::accounts::{Login, Logout, Refresh, Register};

/// The new tokens of a client.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Tokens {
    /// A bearer token (RFC 6750).
    access_token: String,
    /// Always `bearer`.
    #[schemars(extend("const" = "bearer"))]
    token_type: &'static str,
    /// The seconds until the access token expires.
    expires_in: u64,
    /// Good for one exchange at `/auth/refresh`.
    refresh_token: String,
}

/// The end of a session.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct LoggedOut {
    /// Always the same.
    #[schemars(extend("const" = "Successfully logged out"))]
    msg: &'static str,
}

/// 200 with JSON, and the session's cookie.
pub(super) struct WithCookie<T> {
    value: T,
    cookie: Cookie<'static>,
}

impl<T: Serialize + JsonSchema + 'static> Reply for WithCookie<T> {
    fn describe() -> Vec<Answer> {
        vec![Answer { status: 200, content: Content::Json(of::<T>) }]
    }

    fn into_response(self) -> HttpResponse {
        HttpResponse::Ok().cookie(self.cookie).json(self.value)
    }
}

/// New tokens; or the end of a session, whose cookie goes with it.
pub(super) enum Refreshed {
    Tokens(WithCookie<Tokens>),
    Ended(Cookie<'static>),
}

impl Reply for Refreshed {
    fn describe() -> Vec<Answer> {
        WithCookie::<Tokens>::describe()
    }

    fn into_response(self) -> HttpResponse {
        let cookie = match self {
            Self::Tokens(tokens) => return tokens.into_response(),
            Self::Ended(cookie) => cookie,
        };
        let mut response = Problem::Refused(Error::Unauthenticated).error_response();
        if let Err(error) = response.add_cookie(&cookie) {
            tracing::error!(%error, "a cookie cannot be written");
        }
        response
    }
}

pub(super) async fn register(
    call: Call<Anyone>,
    Body(register): Body<Register>,
) -> Result<Created<User>, Problem> {
    Ok(Created(accounts::register(call.chat(), register.into()).await?))
}

pub(super) async fn token(
    call: Call<Anyone>,
    Body(Login { username, password, .. }): Body<Login>,
) -> Result<WithCookie<Tokens>, Problem> {
    let signed_in = accounts::sign_in(call.chat(), username, password, call.user_agent()).await?;
    Ok(tokens(&call, signed_in))
}

pub(super) async fn refresh(
    call: Call<Anyone>,
    Body(Refresh { refresh_token }): Body<Refresh>,
) -> Result<Refreshed, Problem> {
    let cookie = call.request.cookie(COOKIE).filter(|_| call.services.addresses.is_own(&call.request));
    let secret = refresh_token
        .or_else(|| cookie.map(|cookie| cookie.value().to_owned()))
        .ok_or(Problem::NotSignedIn)?;
    match accounts::refresh(call.chat(), &secret).await {
        Ok(signed_in) => Ok(Refreshed::Tokens(tokens(&call, signed_in))),
        Err(Error::Unauthenticated) => Ok(Refreshed::Ended(cookie_for(&call, String::new(), Duration::ZERO))),
        Err(other) => Err(other.into()),
    }
}

pub(super) async fn logout(
    call: Call<AuthUser>,
    Body(Logout { all }): Body<Logout>,
) -> Result<WithCookie<LoggedOut>, Problem> {
    accounts::sign_out(call.chat(), &call.user, all.is_some_and(|all| all.0)).await?;
    let cookie = cookie_for(&call, String::new(), Duration::ZERO);
    Ok(WithCookie { value: LoggedOut { msg: "Successfully logged out" }, cookie })
}

fn tokens(call: &Call<Anyone>, signed_in: SignedIn) -> WithCookie<Tokens> {
    let SignedIn { access_token, expires_in, secret, session_seconds } = signed_in;
    let life = Duration::seconds(i64::try_from(session_seconds).unwrap_or(i64::MAX));
    let cookie = cookie_for(call, secret.clone(), life);
    WithCookie {
        value: Tokens { access_token, token_type: "bearer", expires_in, refresh_token: secret },
        cookie,
    }
}

/// The cookie that scripts cannot read, and that other sites cannot send with unsafe methods.
fn cookie_for<U>(call: &Call<U>, value: String, life: Duration) -> Cookie<'static> {
    let secure = call.services.addresses.base(&call.request).starts_with("https://");
    Cookie::build(COOKIE, value)
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(secure)
        .max_age(life)
        .finish()
}
