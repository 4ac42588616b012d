//! The tokens by which programs act for a user, and which scopes each endpoint and event needs.

use chat::accounts;
use domain::api_token::{ApiToken, Scopes, TokenScope};
use schemars::JsonSchema;
use serde::Serialize;

use crate::extract::{AuthUser, Call};
use crate::http::endpoint::{Body, Created, Endpoint, Json, NoContent, Path, delete, get, post};
use crate::problem::Problem;
use crate::rates::Action;
use crate::wire::api_tokens::{CreateToken, NamedApiToken};

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        get("/user/me/tokens", list)
            .does("List one's tokens for programs, the last made first, without their texts."),
        post("/user/me/tokens", create)
            .does("Make a token for a program.")
            .limited(Action::Profile)
            .refuses(&["too_many_tokens", "account_suspended"]),
        delete("/user/me/tokens/{token_id}", revoke)
            .does("Revoke one of one's tokens.")
            .refuses(&["not_found"]),
    ]
}

/// Returns the scopes that an endpoint or an event needs of a token, by the section that it is in; those that no section
/// here names are for who has signed in.
pub(super) fn needed(section: &str, is_read: bool, name: &str) -> Scopes {
    use TokenScope as S;
    let one_of = |read, write| Scopes::of(&[if is_read { read } else { write }]);
    match (section, name) {
        (_, "/sync" | "sync") => Scopes::EVENTS,
        ("server", _) | (_, "set_user_id") => Scopes::NONE,
        (_, "join_room" | "leave_room") => Scopes::of(&[S::RoomsRead]),
        ("accounts", "/user/me" | "/auth/users/me" | "/user/{user_id}") if is_read => {
            Scopes::of(&[S::ProfileRead])
        }
        // What they answer shows a message that may be another's.
        (_, "/chatrooms/{chatroom_id}/messages/{message_id}/reactions/{emoji}" | "react") => {
            Scopes::of(&[S::MessagesRead, S::MessagesWrite])
        }
        (_, "/chatrooms/{chatroom_id}/pins") => Scopes::of(&[S::MessagesRead, S::RoomsRead]),
        (_, "/chatrooms/{chatroom_id}/messages/{message_id}/pin" | "pin_message") => {
            Scopes::of(&[S::MessagesRead, S::RoomsWrite])
        }
        ("messages", _) => one_of(S::MessagesRead, S::MessagesWrite),
        ("rooms" | "groups", _) => one_of(S::RoomsRead, S::RoomsWrite),
        ("friends", _) => one_of(S::FriendsRead, S::FriendsWrite),
        ("files", _) => one_of(S::FilesRead, S::FilesWrite),
        _ => Scopes::SIGN_IN,
    }
}

/// A token that was just made.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct NewApiToken {
    /// What is kept of it.
    #[serde(flatten)]
    pub(super) kept: ApiToken,
    /// Its text, for `Authorization: Bearer`; it is not shown again.
    pub(super) token: String,
}

async fn list(call: Call<AuthUser>, (): ()) -> Result<Json<Vec<ApiToken>>, Problem> {
    Ok(Json(accounts::list_tokens(call.chat(), &call.user, call.user.id).await?))
}

async fn create(
    call: Call<AuthUser>,
    Body(request): Body<CreateToken>,
) -> Result<Created<NewApiToken>, Problem> {
    let (kept, token) = accounts::create_token(call.chat(), &call.user, call.user.id, request.into()).await?;
    Ok(Created(NewApiToken { kept, token }))
}

async fn revoke(call: Call<AuthUser>, Path(named): Path<NamedApiToken>) -> Result<NoContent, Problem> {
    accounts::revoke_token(call.chat(), &call.user, call.user.id, named.token_id).await?;
    Ok(NoContent)
}
