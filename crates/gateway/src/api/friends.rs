//! Friends, friend requests and search.

use actix_web::http::header::CONTENT_TYPE;
use chat::friend_invites;
use chat::friends::{self, RequestOutcome};
use domain::friendship::Which;
use domain::id::RoomId;
use domain::user::Friend;
use schemars::JsonSchema;
use serde::Serialize;

use crate::extract::{AuthUser, Call};
use crate::http::endpoint::{
    Endpoint, FromCall, Json, Lead, NoContent, Parameters, Path, Query, RequestType, delete, get, post,
};
use crate::problem::Problem;
use crate::rates::Action;
use crate::wire::friends::{NamedFriend, NamedInvite, SearchFriends};

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        get("/friends", list).does("List one's friends, by name."),
        delete("/friends", remove).does("End a friendship, if there is one."),
        post("/friends/request", ask)
            .does("Ask a user to be a friend; accepts if they have asked.")
            .limited(Action::Friend)
            .keeping_answers()
            .refuses(&[
                "oneself",
                "already_friends",
                "already_requested",
                "too_many_friend_requests",
                "blocked",
                "not_found",
            ]),
        delete("/friends/request", cancel).does("Take one's friend request back, if there is one."),
        get("/friends/requests/pending", received).does("List the users who ask."),
        get("/friends/requests/sent", sent).does("List the users who were asked."),
        post("/friends/requests/accepted", accept)
            .does("Accept a friend request.")
            .keeping_answers()
            .refuses(&["not_found"]),
        delete("/friends/requests/reject", reject).does("Reject a friend request, if there is one."),
        get("/friends/invite/{token}", invite)
            .does("Show who made an invite.")
            .limited(Action::Search)
            .refuses(&["not_found"]),
        post("/friends/invite/{token}", accept_invite)
            .does("Become a friend of who made an invite.")
            .limited(Action::Friend)
            .refuses(&["oneself", "already_friends", "blocked", "not_found"]),
        get("/user/me/invite", own_invite).does("Show one's invite, made now if there is none."),
        post("/user/me/invite", renew_invite)
            .does("Make a new invite; the one before is void.")
            .limited(Action::Friend)
            .leading(&[
                Lead { to: "GET /friends/invite/{token}", fields: &[] },
                Lead { to: "POST /friends/invite/{token}", fields: &[] },
            ]),
        get("/friends/search", search)
            .does("Find a user by exact address or name.")
            .limited(Action::SearchPeople)
            .refuses(&["not_found"]),
    ]
}

async fn list(call: Call<AuthUser>, (): ()) -> Result<Json<Vec<Friend>>, Problem> {
    Ok(Json(friends::list(call.chat(), &call.user, Which::Friends).await?))
}

async fn received(call: Call<AuthUser>, (): ()) -> Result<Json<Vec<Friend>>, Problem> {
    Ok(Json(friends::list(call.chat(), &call.user, Which::Received).await?))
}

async fn sent(call: Call<AuthUser>, (): ()) -> Result<Json<Vec<Friend>>, Problem> {
    Ok(Json(friends::list(call.chat(), &call.user, Which::Sent).await?))
}

async fn search(call: Call<AuthUser>, Query(search): Query<SearchFriends>) -> Result<Json<Friend>, Problem> {
    Ok(Json(friends::search(call.chat(), &call.user, search.into()).await?))
}

/// The other user: in the query, or else in the body.
struct Named(NamedFriend);

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
struct Requested {
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

async fn ask(
    call: Call<AuthUser>,
    Named(NamedFriend { friend_id }): Named,
) -> Result<Json<Requested>, Problem> {
    Ok(Json(friends::ask(call.chat(), &call.user, friend_id).await?.into()))
}

impl From<RequestOutcome> for Requested {
    fn from(outcome: RequestOutcome) -> Self {
        let status = if outcome.accepted { RequestStatus::Accepted } else { RequestStatus::Pending };
        Self { status, chatroom_id: outcome.friend.chatroom_id, friend: outcome.friend }
    }
}

/// One's invite.
#[derive(Debug, Serialize, JsonSchema)]
struct Invite {
    /// What `/friends/invite/{token}` takes.
    token: String,
    /// The link, also for a QR code.
    url: String,
}

impl Invite {
    fn new(call: &Call<AuthUser>, token: String) -> Self {
        let url = format!("{}/invite/{token}", call.services.addresses.base(&call.request));
        Self { token, url }
    }
}

async fn own_invite(call: Call<AuthUser>, (): ()) -> Result<Json<Invite>, Problem> {
    let token = friend_invites::show(call.chat(), &call.user).await?;
    Ok(Json(Invite::new(&call, token)))
}

async fn renew_invite(call: Call<AuthUser>, (): ()) -> Result<Json<Invite>, Problem> {
    let token = friend_invites::renew(call.chat(), &call.user).await?;
    Ok(Json(Invite::new(&call, token)))
}

async fn invite(
    call: Call<AuthUser>,
    Path(NamedInvite { token }): Path<NamedInvite>,
) -> Result<Json<Friend>, Problem> {
    Ok(Json(friend_invites::see(call.chat(), &call.user, &token).await?))
}

async fn accept_invite(
    call: Call<AuthUser>,
    Path(NamedInvite { token }): Path<NamedInvite>,
) -> Result<Json<Requested>, Problem> {
    Ok(Json(friend_invites::accept(call.chat(), &call.user, &token).await?.into()))
}

async fn accept(
    call: Call<AuthUser>,
    Named(NamedFriend { friend_id }): Named,
) -> Result<Json<Friend>, Problem> {
    Ok(Json(friends::accept(call.chat(), &call.user, friend_id).await?))
}

async fn reject(call: Call<AuthUser>, Named(NamedFriend { friend_id }): Named) -> Result<NoContent, Problem> {
    friends::reject(call.chat(), &call.user, friend_id).await?;
    Ok(NoContent)
}

async fn cancel(call: Call<AuthUser>, Named(NamedFriend { friend_id }): Named) -> Result<NoContent, Problem> {
    friends::cancel(call.chat(), &call.user, friend_id).await?;
    Ok(NoContent)
}

async fn remove(call: Call<AuthUser>, Named(NamedFriend { friend_id }): Named) -> Result<NoContent, Problem> {
    friends::remove(call.chat(), &call.user, friend_id).await?;
    Ok(NoContent)
}
