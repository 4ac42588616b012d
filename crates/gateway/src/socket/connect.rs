//! Who may connect: by a token in the payload of CONNECT, the header or the query, or by the cookie of a page of this server.

use actix_web::HttpRequest;
use actix_web::web::Query;
use chat::accounts::{self, AuthUser};
use chat::context::Chat;
use chat::error::Error;
use domain::audit::Source;
use realtime::ConnectError;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;

use crate::extract::{bearer, source};
use crate::origin::Addresses;
use crate::problem::Problem;
use crate::refusals::Refusals;

/// The most bytes of a token or a secret that is kept; ours are shorter.
const KEPT_MAX: usize = 4096;

/// The token in the payload of CONNECT.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct Auth {
    /// An access token; without it the header, the query or the cookie counts.
    token: Option<String>,
}

/// What is kept of a client's request, to know who it is when it connects.
#[derive(Clone)]
pub(crate) struct Credentials {
    /// The token in the header or the query.
    token: Option<String>,
    /// The secret in the session's cookie, from a page of this server alone.
    secret: Option<String>,
    /// Where it came from.
    source: Source,
}

impl Credentials {
    pub(super) fn of(request: &HttpRequest, addresses: &Addresses) -> Self {
        let kept = |text: &String| text.len() <= KEPT_MAX;
        let token = bearer(request).map(ToOwned::to_owned).or_else(|| token_in_query(request));
        let secret = if addresses.is_own(request) { addresses.cookie(request) } else { None };
        let source = source(request, addresses);
        Self { token: token.filter(kept), secret: secret.filter(kept), source }
    }

    /// Proves who connects; `auth` is the payload of CONNECT.
    pub(super) async fn authenticate(&self, chat: &Chat, auth: Option<&RawValue>) -> Result<AuthUser, Error> {
        let given = auth.and_then(|auth| serde_json::from_str::<Auth>(auth.get()).ok()?.token);
        let token = given.as_deref().or(self.token.as_deref()).filter(|token| !token.is_empty());
        let user = match (token, &self.secret) {
            (Some(token), _) => {
                accounts::authenticate(chat, token.strip_prefix("Bearer ").unwrap_or(token)).await
            }
            (None, Some(secret)) => accounts::authenticate_cookie(chat, secret).await,
            (None, None) => Err(Error::Unauthenticated),
        };
        Ok(user?.sending_from(self.source.clone()))
    }
}

fn token_in_query(request: &HttpRequest) -> Option<String> {
    let query = Query::<Vec<(String, String)>>::from_query(request.query_string()).ok()?;
    query.into_inner().into_iter().find(|(name, _)| name == "token").map(|(_, token)| token)
}

/// Refuses a client for good only if it is not authenticated, or its token has not the scopes to receive events: whatever else is wrong is the server's, and may pass.
pub(super) fn refusal(problem: &Problem, refusals: &Refusals) -> ConnectError {
    if let Problem::Refused(error @ (Error::Unauthenticated | Error::InsufficientScope)) = problem {
        let message = match error {
            Error::Unauthenticated => "Not authenticated".to_owned(),
            other => other.to_string(),
        };
        return ConnectError::Refused { message, data: Some(json!({ "code": error.code() })) };
    }
    problem.log();
    refusals.count(problem);
    ConnectError::Unavailable
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{AUTHORIZATION, COOKIE, HOST, ORIGIN};
    use actix_web::test::TestRequest;

    use super::*;

    fn credentials(request: TestRequest) -> (Option<String>, Option<String>) {
        let request = request.insert_header((HOST, "chat.example")).to_http_request();
        let Credentials { token, secret, .. } = Credentials::of(&request, &Addresses::default());
        (token, secret)
    }

    #[test]
    fn of_a_request_the_token_and_the_secret_are_kept_and_nothing_else() {
        let own = (ORIGIN, "https://chat.example");
        let cookies = format!("theme={}; chatroom_session=s", "x".repeat(60_000));
        let get =
            || TestRequest::with_uri("/socket.io/?EIO=4&token=q&room=1").insert_header((COOKIE, &*cookies));
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(credentials(get()), (some("q"), None), "it does not say which page it is of");
        assert_eq!(credentials(get().insert_header(own)), (some("q"), some("s")));
        let bearer = get().insert_header((AUTHORIZATION, "bearer  h "));
        assert_eq!(credentials(bearer), (some("h"), None));
        let elsewhere = get().insert_header((ORIGIN, "https://evil.example"));
        assert_eq!(credentials(elsewhere), (some("q"), None));
    }

    #[test]
    fn what_is_longer_than_any_of_ours_counts_as_none() {
        let kept = |length: usize| {
            let secret = format!("chatroom_session={}", "s".repeat(length));
            let request = TestRequest::with_uri(&format!("/socket.io/?token={}", "t".repeat(length)))
                .insert_header((ORIGIN, "https://chat.example"))
                .insert_header((COOKIE, secret));
            let (token, secret) = credentials(request);
            (token.is_some(), secret.is_some())
        };
        assert_eq!(kept(4096), (true, true));
        assert_eq!(kept(4097), (false, false));
    }
}
