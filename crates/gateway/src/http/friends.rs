//! `/friends`: asking, answering, parting and finding.

use chat::accounts::AuthUser;
use chat::friends;
use domain::friendship::Which;
use domain::id::UserId;
use serde_json::json;

use super::answer::{Answer, nothing, ok};
use crate::extract::{Open, Signed};
use crate::problem::Problem;
use crate::wire;

/// `GET /friends/`
pub(super) async fn list(signed: Signed) -> Answer {
    ok(&friends::list(signed.chat(), &signed.me, Which::Friends).await?)
}

/// `GET /friends/requests/pending`
pub(super) async fn received(signed: Signed) -> Answer {
    ok(&friends::list(signed.chat(), &signed.me, Which::Received).await?)
}

/// `GET /friends/requests/sent`
pub(super) async fn sent(signed: Signed) -> Answer {
    ok(&friends::list(signed.chat(), &signed.me, Which::Sent).await?)
}

/// `GET /friends/search?email=`, `GET /friends/search?username=`
pub(super) async fn search(signed: Signed) -> Answer {
    let query = wire::friends::query(signed.query())?;
    ok(&friends::search(signed.chat(), &signed.me, query).await?)
}

/// `POST /friends/request?friend_id=`
pub(super) async fn ask(signed: Signed) -> Answer {
    let (me, open, other) = named(signed).await?;
    let asked = friends::ask(open.chat(), &me, other).await?;
    let status = if asked.accepted { "accepted" } else { "pending" };
    ok(&json!({ "status": status, "chatroom_id": asked.friend.chatroom_id, "friend": asked.friend }))
}

/// `POST /friends/requests/accepted?friend_id=`
pub(super) async fn accept(signed: Signed) -> Answer {
    let (me, open, asker) = named(signed).await?;
    ok(&friends::accept(open.chat(), &me, asker).await?)
}

/// `DELETE /friends/requests/reject?friend_id=`
pub(super) async fn reject(signed: Signed) -> Answer {
    let (me, open, asker) = named(signed).await?;
    friends::reject(open.chat(), &me, asker).await?;
    nothing()
}

/// `DELETE /friends/request?friend_id=`
pub(super) async fn cancel(signed: Signed) -> Answer {
    let (me, open, asked) = named(signed).await?;
    friends::cancel(open.chat(), &me, asked).await?;
    nothing()
}

/// `DELETE /friends/?friend_id=`
pub(super) async fn remove(signed: Signed) -> Answer {
    let (me, open, friend) = named(signed).await?;
    friends::remove(open.chat(), &me, friend).await?;
    nothing()
}

/// Reads whom a request is about.
async fn named(signed: Signed) -> Result<(AuthUser, Open, UserId), Problem> {
    let (me, mut open) = signed.into_parts();
    let id = wire::friends::friend_id(open.query_or_body("friend_id").await?)?;
    Ok((me, open, id))
}
