//! `/sync`: everything that a client has missed.

use chat::log;

use super::answer::{Answer, ok};
use crate::extract::Signed;
use crate::wire;

/// `GET /sync?since=&limit=`
pub(super) async fn since(signed: Signed) -> Answer {
    let (cursor, limit) = wire::sync::since(signed.query())?;
    let missed = log::since(signed.chat(), signed.me.id, cursor, limit).await?;
    ok(&wire::sync::Answer::from(missed))
}
