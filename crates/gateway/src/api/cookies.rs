//! What answers set and take back of cookies.

use actix_web::HttpResponse;
use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::http::header::{HeaderName, HeaderValue};

use crate::extract::Call;
use crate::http::endpoint::{Answer, Reply};

/// An answer that sets or takes back cookies.
pub(super) struct WithCookies<R> {
    pub(super) reply: R,
    pub(super) cookies: Vec<Cookie<'static>>,
}

impl<R: Reply> Reply for WithCookies<R> {
    fn describe() -> Vec<Answer> {
        R::describe()
    }

    fn into_response(self) -> HttpResponse {
        with_cookies(self.reply.into_response(), &self.cookies)
    }
}

pub(super) fn with_cookies(mut response: HttpResponse, cookies: &[Cookie<'static>]) -> HttpResponse {
    for cookie in cookies {
        if let Err(error) = response.add_cookie(cookie) {
            tracing::error!(%error, "a cookie cannot be written");
        }
    }
    response
}

/// An answer with which the browser forgets what it kept of the user.
pub(super) struct SignedOut<R> {
    pub(super) reply: R,
    pub(super) cookie: Cookie<'static>,
}

impl<R: Reply> Reply for SignedOut<R> {
    fn describe() -> Vec<Answer> {
        R::describe()
    }

    fn into_response(self) -> HttpResponse {
        let mut response = with_cookies(self.reply.into_response(), &[self.cookie]);
        // Not "cache", which takes browsers seconds; private answers are kept by none.
        let everything = HeaderValue::from_static("\"cookies\", \"storage\"");
        response.headers_mut().insert(HeaderName::from_static("clear-site-data"), everything);
        response
    }
}

/// The cookie that scripts cannot read, and that other sites cannot send with unsafe methods.
pub(super) fn cookie_for<U>(call: &Call<U>, value: String, life: Duration) -> Cookie<'static> {
    cookie_named(call, call.cookie_name(), value, life)
}

pub(super) fn cookie_named<U>(
    call: &Call<U>,
    name: String,
    value: String,
    life: Duration,
) -> Cookie<'static> {
    let secure = call.services.addresses.base(&call.request).starts_with("https://");
    Cookie::build(name, value)
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(secure)
        .max_age(life)
        .finish()
}
