//! `/user`: accounts and profiles.

use chat::{accounts, profiles};
use domain::id::UserId;

use super::answer::{Answer, nothing, ok};
use crate::extract::Signed;
use crate::wire;

/// `GET /user/me`, `GET /auth/users/me/`
pub(super) async fn me(signed: Signed) -> Answer {
    ok(&accounts::own(signed.chat(), &signed.me).await?)
}

/// `GET /user/{user_id}`
pub(super) async fn see(signed: Signed) -> Answer {
    let target = UserId(signed.path_number("user_id")?);
    ok(&profiles::see(signed.chat(), &signed.me, target).await?)
}

/// `PATCH /user/{user_id}`
pub(super) async fn change(signed: Signed) -> Answer {
    let (me, mut open) = signed.into_parts();
    let target = UserId(open.path_number("user_id")?);
    let changes = wire::accounts::changes(open.body().await?)?;
    ok(&profiles::change(open.chat(), &me, target, changes).await?)
}

/// `DELETE /user/{user_id}`
pub(super) async fn remove(signed: Signed) -> Answer {
    let target = UserId(signed.path_number("user_id")?);
    accounts::delete(signed.chat(), &signed.me, target).await?;
    nothing()
}
