//! `/sync`: what happened since a cursor.

use chat::log;

use super::endpoint::{Json, Query};
use crate::extract::{AuthUser, Call};
use crate::problem::Problem;
use crate::wire::sync::{Answer, Sync};

pub(super) async fn since(call: Call<AuthUser>, Query(sync): Query<Sync>) -> Result<Json<Answer>, Problem> {
    let limit = sync.limit();
    Ok(Json(log::since(call.chat(), call.user.id, sync.since, limit).await?.into()))
}
