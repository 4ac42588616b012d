//! Accounts, sessions and profiles.

use actix_web::cookie::Cookie;
use actix_web::cookie::time::Duration;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{HttpResponse, ResponseError as _};
use chat::account_deletions;
use chat::accounts::{self, Client, SignedIn};
use chat::error::Error;
use chat::profiles;
use domain::session::SessionSummary;
use domain::time::Time;
use domain::user::User;
use schemars::JsonSchema;
use serde::Serialize;

use super::cookies::{SignedOut, WithCookies, cookie_for, cookie_named, with_cookies};
use crate::extract::{Anyone, AuthUser, Call};
use crate::http::endpoint::{
    Answer, Body, Created, Endpoint, Json, NoContent, Path, Reply, delete, get, patch, post,
};
use crate::origin::COOKIE;
use crate::problem::Problem;
use crate::rates::Action;
use crate::socket::answer::{Accepted, Nothing};
use crate::socket::context::Context;
use crate::socket::events::{ClientEvent, on};
use crate::wire::accounts::{
    ChangePassword, ClaimedId, DeleteAccount, Login, Logout, NamedSession, NamedUser, Refresh, Register,
    UpdateProfile,
};

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        post("/auth/register", register).does("Make an account.").refuses(&[
            "username_taken",
            "email_taken",
            "registration_closed",
            "invite_required",
            "rate_limited",
        ]),
        post("/auth/token", token).does("Sign in.").refuses(&[
            "wrong_login",
            "account_suspended",
            "forbidden",
            "rate_limited",
        ]),
        post("/auth/refresh", refresh)
            .does("Exchange a refresh token, or the cookie, for new tokens.")
            .refuses(&["unauthorized"]),
        post("/auth/logout", logout).does("End the session, or all sessions of the user."),
        post("/auth/password", password)
            .does("Change one's password, and end all one's other sessions.")
            .refuses(&["wrong_password", "rate_limited"]),
        get("/auth/sessions", sessions).does("List one's sessions, the last used first."),
        delete("/auth/sessions/{session_id}", end_session)
            .does("End one of one's sessions.")
            .refuses(&["not_found"]),
        get("/auth/users/me", me).does("Show one's account."),
        get("/user/me", me).does("Show one's account."),
        get("/user/{user_id}", see)
            .does("Show an account: one's own, a friend's, or one of a common room.")
            .refuses(&["forbidden"]),
        patch("/user/{user_id}", change)
            .does("Change one's profile.")
            .limited(Action::Profile)
            .refuses(&["forbidden", "not_found"]),
        delete("/user/{user_id}", remove)
            .does("Delete one's account; until `X-Restorable-Until` signing in restores it.")
            .refuses(&["forbidden", "wrong_password", "rate_limited"]),
    ]
}

pub(super) fn events() -> Vec<ClientEvent> {
    vec![
        on("set_user_id", set_user_id)
            .does("Says who one is, which the server knows: any other id than one's own is refused.")
            .refuses(&["forbidden"]),
    ]
}

/// The new tokens of a client.
#[derive(Debug, Serialize, JsonSchema)]
struct Tokens {
    /// A bearer token (RFC 6750).
    access_token: String,
    /// Always `bearer`.
    #[schemars(extend("const" = "bearer"))]
    token_type: &'static str,
    /// The seconds until the access token expires.
    expires_in: u64,
    /// Good for one exchange at `/auth/refresh`.
    refresh_token: String,
    /// Whether the user had deleted the account, which this sign-in has restored.
    restored: bool,
}

/// The end of a session.
#[derive(Debug, Serialize, JsonSchema)]
struct LoggedOut {
    /// Always the same.
    #[schemars(extend("const" = "Successfully logged out"))]
    msg: &'static str,
}

/// New tokens; or the end of a session, whose cookie goes with it.
enum Refreshed {
    Tokens(WithCookies<Json<Tokens>>),
    Ended(Cookie<'static>),
}

impl Reply for Refreshed {
    fn describe() -> Vec<Answer> {
        Json::<Tokens>::describe()
    }

    fn into_response(self) -> HttpResponse {
        match self {
            Self::Tokens(tokens) => tokens.into_response(),
            Self::Ended(cookie) => {
                with_cookies(Problem::Refused(Error::Unauthenticated).error_response(), &[cookie])
            }
        }
    }
}

/// The end of an account; the header says until when it can be restored, since the seed's clients want no body.
struct Closed(Option<Time>);

impl Reply for Closed {
    fn describe() -> Vec<Answer> {
        NoContent::describe()
    }

    fn into_response(self) -> HttpResponse {
        let mut response = NoContent.into_response();
        if let Some(until) = self.0.and_then(|until| HeaderValue::try_from(until.to_string()).ok()) {
            response.headers_mut().insert(HeaderName::from_static("x-restorable-until"), until);
        }
        response
    }
}

async fn register(call: Call<Anyone>, Body(register): Body<Register>) -> Result<Created<User>, Problem> {
    Ok(Created(accounts::register(call.chat(), register.into(), call.address()).await?))
}

async fn token(
    call: Call<Anyone>,
    Body(Login { username, password, refresh_token, .. }): Body<Login>,
) -> Result<WithCookies<Json<Tokens>>, Problem> {
    if !call.services.addresses.is_allowed(&call.request) {
        return Err(Error::Forbidden.into());
    }
    let client = Client {
        source: call.source(),
        user_agent: call.user_agent(),
        secrets: refresh_token.into_iter().chain(call.cookie()).collect(),
    };
    let signed_in = accounts::sign_in(call.chat(), username, password, client).await?;
    Ok(tokens(&call, signed_in))
}

async fn refresh(
    call: Call<Anyone>,
    Body(Refresh { refresh_token }): Body<Refresh>,
) -> Result<Refreshed, Problem> {
    let cookie = call.cookie().filter(|_| call.services.addresses.is_own(&call.request));
    let is_unnamed = refresh_token.is_none() && call.request.cookie(&call.cookie_name()).is_none();
    let secret = refresh_token.or(cookie).ok_or(Problem::NotSignedIn)?;
    match accounts::refresh(call.chat(), &secret, call.source()).await {
        Ok(signed_in) => {
            let mut tokens = tokens(&call, signed_in);
            if is_unnamed {
                // It was this server's, from before its name had the port.
                tokens.cookies.push(cookie_named(&call, COOKIE.to_owned(), String::new(), Duration::ZERO));
            }
            Ok(Refreshed::Tokens(tokens))
        }
        Err(Error::Unauthenticated) => Ok(Refreshed::Ended(cookie_for(&call, String::new(), Duration::ZERO))),
        Err(other) => Err(other.into()),
    }
}

async fn logout(
    call: Call<AuthUser>,
    Body(Logout { all }): Body<Logout>,
) -> Result<SignedOut<Json<LoggedOut>>, Problem> {
    accounts::sign_out(call.chat(), &call.user, all.is_some_and(|all| all.0)).await?;
    let cookie = cookie_for(&call, String::new(), Duration::ZERO);
    Ok(SignedOut { reply: Json(LoggedOut { msg: "Successfully logged out" }), cookie })
}

async fn password(
    call: Call<AuthUser>,
    Body(ChangePassword { current_password, new_password }): Body<ChangePassword>,
) -> Result<NoContent, Problem> {
    accounts::change_password(call.chat(), &call.user, current_password, new_password).await?;
    Ok(NoContent)
}

async fn sessions(call: Call<AuthUser>, (): ()) -> Result<Json<Vec<SessionSummary>>, Problem> {
    Ok(Json(accounts::list(call.chat(), &call.user).await?))
}

async fn end_session(
    call: Call<AuthUser>,
    Path(NamedSession { session_id }): Path<NamedSession>,
) -> Result<NoContent, Problem> {
    accounts::end_one(call.chat(), &call.user, session_id).await?;
    Ok(NoContent)
}

fn tokens(call: &Call<Anyone>, signed_in: SignedIn) -> WithCookies<Json<Tokens>> {
    let SignedIn { access_token, expires_in, secret, session_seconds, restored } = signed_in;
    let life = Duration::seconds(i64::try_from(session_seconds).unwrap_or(i64::MAX));
    let cookies = vec![cookie_for(call, secret.clone(), life)];
    WithCookies {
        reply: Json(Tokens {
            access_token,
            token_type: "bearer",
            expires_in,
            refresh_token: secret,
            restored,
        }),
        cookies,
    }
}

async fn me(call: Call<AuthUser>, (): ()) -> Result<Json<User>, Problem> {
    Ok(Json(accounts::own(call.chat(), &call.user).await?))
}

async fn see(
    call: Call<AuthUser>,
    Path(NamedUser { user_id }): Path<NamedUser>,
) -> Result<Json<User>, Problem> {
    Ok(Json(profiles::see(call.chat(), &call.user, user_id).await?))
}

async fn change(call: Call<AuthUser>, Body(update): Body<UpdateProfile>) -> Result<Json<User>, Problem> {
    Ok(Json(profiles::change(call.chat(), &call.user, update.user_id, update.into()).await?))
}

async fn remove(
    call: Call<AuthUser>,
    Body(DeleteAccount { user_id, password, messages }): Body<DeleteAccount>,
) -> Result<SignedOut<Closed>, Problem> {
    let how = (password, messages.unwrap_or_default());
    let restorable_until = account_deletions::delete(call.chat(), &call.user, user_id, how).await?;
    let cookie = cookie_for(&call, String::new(), Duration::ZERO);
    Ok(SignedOut { reply: Closed(restorable_until), cookie })
}

/// Checks the user id that the seed's client sends; any but the authenticated one is refused.
async fn set_user_id(context: Context, claimed: ClaimedId) -> Result<Accepted<Nothing>, Problem> {
    if claimed.0 == Some(context.user().id) {
        Ok(Accepted::with(Nothing {}))
    } else {
        Err(Error::Forbidden.into())
    }
}
