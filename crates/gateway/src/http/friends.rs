//! `/friends`: requests, friends and search.

use actix_web::http::header::CONTENT_TYPE;
use chat::friends;
use domain::friendship::Which;
use domain::id::RoomId;
use domain::user::Friend;
use schemars::JsonSchema;
use serde::Serialize;

use super::endpoint::{FromCall, Json, NoContent, Parameters, Query, RequestType};
use crate::extract::{AuthUser, Call};
use crate::problem::Problem;
use crate::wire::friends::{NamedFriend, SearchFriends};

pub(super) async fn list(call: Call<AuthUser>, (): ()) -> Result<Json<Vec<Friend>>, Problem> {
    Ok(Json(friends::list(call.chat(), &call.user, Which::Friends).await?))
}

pub(super) async fn received(call: Call<AuthUser>, (): ()) -> Result<Json<Vec<Friend>>, Problem> {
    Ok(Json(friends::list(call.chat(), &call.user, Which::Received).await?))
}

pub(super) async fn sent(call: Call<AuthUser>, (): ()) -> Result<Json<Vec<Friend>>, Problem> {
    Ok(Json(friends::list(call.chat(), &call.user, Which::Sent).await?))
}

pub(super) async fn search(
    call: Call<AuthUser>,
    Query(search): Query<SearchFriends>,
) -> Result<Json<Friend>, Problem> {
    Ok(Json(friends::search(call.chat(), &call.user, search.into()).await?))
}

/// The other user: in the query, or else in the body.
pub(super) struct Named(NamedFriend);

impl FromCall for Named {
    fn describe() -> Parameters {
        Parameters::QueryOrBody(RequestType::of::<NamedFriend>())
    }

    async fn from_call<U>(call: &mut Call<U>) -> Result<Self, Problem> {
        let query = call.query();
        if query.has("friend_id") || !call.request.headers().contains_key(CONTENT_TYPE) {
            return call.parse(query).map(Self);
        }
        let body = call.body().await?;
        call.parse(if body.has("friend_id") { body } else { query }).map(Self)
    }
}

/// A friend request.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Requested {
    /// `accepted` if the other had asked too.
    status: RequestStatus,
    /// The room of the two, if they are friends now.
    chatroom_id: Option<RoomId>,
    /// The other.
    friend: Friend,
}

/// What became of a friend request.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum RequestStatus {
    /// It waits for an answer.
    Pending,
    /// The two are friends.
    Accepted,
}

pub(super) async fn ask(
    call: Call<AuthUser>,
    Named(NamedFriend { friend_id }): Named,
) -> Result<Json<Requested>, Problem> {
    let asked = friends::ask(call.chat(), &call.user, friend_id).await?;
    let status = if asked.accepted { RequestStatus::Accepted } else { RequestStatus::Pending };
    Ok(Json(Requested { status, chatroom_id: asked.friend.chatroom_id, friend: asked.friend }))
}

pub(super) async fn accept(
    call: Call<AuthUser>,
    Named(NamedFriend { friend_id }): Named,
) -> Result<Json<Friend>, Problem> {
    Ok(Json(friends::accept(call.chat(), &call.user, friend_id).await?))
}

pub(super) async fn reject(
    call: Call<AuthUser>,
    Named(NamedFriend { friend_id }): Named,
) -> Result<NoContent, Problem> {
    friends::reject(call.chat(), &call.user, friend_id).await?;
    Ok(NoContent)
}

pub(super) async fn cancel(
    call: Call<AuthUser>,
    Named(NamedFriend { friend_id }): Named,
) -> Result<NoContent, Problem> {
    friends::cancel(call.chat(), &call.user, friend_id).await?;
    Ok(NoContent)
}

pub(super) async fn remove(
    call: Call<AuthUser>,
    Named(NamedFriend { friend_id }): Named,
) -> Result<NoContent, Problem> {
    friends::remove(call.chat(), &call.user, friend_id).await?;
    Ok(NoContent)
}
