//! `/auth`: registering, signing in and out.

use actix_web::HttpResponse;
use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, SameSite};
use chat::accounts::{self, SignedIn};
use chat::error::Error;
use serde_json::json;

use super::answer::Answer;
use crate::extract::{COOKIE, Open, Signed};
use crate::problem::Problem;
use crate::wire;

/// `POST /auth/register`
pub(super) async fn register(mut open: Open) -> Answer {
    let input = open.body().await?;
    let registration = wire::accounts::registration(input, open.chat().limits().password_min)?;
    let user = accounts::register(open.chat(), registration).await?;
    Ok(HttpResponse::Created().json(user))
}

/// `POST /auth/token`
pub(super) async fn token(mut open: Open) -> Answer {
    let (login, password) = wire::accounts::login(open.body().await?)?;
    let signed_in = accounts::sign_in(open.chat(), login, password, open.user_agent()).await?;
    Ok(tokens(&open, &signed_in))
}

/// `POST /auth/refresh`; with the cookie from a page of this server, or with `refresh_token` in the body.
pub(super) async fn refresh(mut open: Open) -> Answer {
    let mut input = open.body().await?;
    let given = input.text("refresh_token", |text| Ok(text.to_owned()));
    let given = input.done(Some(given))?;
    let kept = open.request.cookie(COOKIE).filter(|_| open.doors.addresses.is_own(&open.request));
    let secret =
        given.or_else(|| kept.map(|cookie| cookie.value().to_owned())).ok_or(Problem::NotSignedIn)?;
    match accounts::refresh(open.chat(), &secret).await {
        Ok(signed_in) => Ok(tokens(&open, &signed_in)),
        Err(Error::Unauthenticated) => {
            let mut response =
                actix_web::ResponseError::error_response(&Problem::from(Error::Unauthenticated));
            if let Err(error) = response.add_cookie(&cookie(&open, "", Duration::ZERO)) {
                tracing::error!(%error, "a cookie cannot be written");
            }
            Ok(response)
        }
        Err(other) => Err(other.into()),
    }
}

/// `POST /auth/logout {all?}`
pub(super) async fn logout(signed: Signed) -> Answer {
    let (me, mut open) = signed.into_parts();
    let mut input = open.body().await?;
    let everywhere = input.truth("all").unwrap_or(false);
    let everywhere = input.done(Some(everywhere))?;
    accounts::sign_out(open.chat(), &me, everywhere).await?;
    let gone = cookie(&open, "", Duration::ZERO);
    Ok(HttpResponse::Ok().cookie(gone).json(json!({ "msg": "Successfully logged out" })))
}

fn tokens(open: &Open, signed_in: &SignedIn) -> HttpResponse {
    let seconds = i64::try_from(signed_in.session_seconds).unwrap_or(i64::MAX);
    let cookie = cookie(open, &signed_in.secret, Duration::seconds(seconds));
    HttpResponse::Ok().cookie(cookie).json(json!({
        "access_token": signed_in.access_token,
        "token_type": "bearer",
        "expires_in": signed_in.expires_in,
        "refresh_token": signed_in.secret,
    }))
}

/// Scripts cannot read it, other sites cannot send it along with what changes anything.
fn cookie<'a>(open: &Open, value: &'a str, life: Duration) -> Cookie<'a> {
    let secure = open.doors.addresses.base(&open.request).starts_with("https://");
    Cookie::build(COOKIE, value)
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(secure)
        .max_age(life)
        .finish()
}
