//! `/user`: accounts and profiles.

use chat::{accounts, profiles};
use domain::user::User;

use super::endpoint::{Body, Json, NoContent, Path};
use crate::extract::{AuthUser, Call};
use crate::problem::Problem;
use crate::wire::accounts::{NamedUser, UpdateProfile};

pub(super) async fn me(call: Call<AuthUser>, (): ()) -> Result<Json<User>, Problem> {
    Ok(Json(accounts::own(call.chat(), &call.user).await?))
}

pub(super) async fn see(
    call: Call<AuthUser>,
    Path(NamedUser { user_id }): Path<NamedUser>,
) -> Result<Json<User>, Problem> {
    Ok(Json(profiles::see(call.chat(), &call.user, user_id).await?))
}

pub(super) async fn change(
    call: Call<AuthUser>,
    Body(update): Body<UpdateProfile>,
) -> Result<Json<User>, Problem> {
    Ok(Json(profiles::change(call.chat(), &call.user, update.user_id, update.into()).await?))
}

pub(super) async fn remove(
    call: Call<AuthUser>,
    Path(NamedUser { user_id }): Path<NamedUser>,
) -> Result<NoContent, Problem> {
    accounts::delete(call.chat(), &call.user, user_id).await?;
    Ok(NoContent)
}
