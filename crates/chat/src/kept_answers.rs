//! Answers that are kept for a day, so that a request that is repeated under the same key is done once.

use std::time::Duration;

use persistence::kept_answers::{self, KeptAnswer};
pub use persistence::kept_answers::{Answer, KeyedRequest};

use crate::context::Chat;
use crate::error::{Error, Refusal};

/// How long an answer is kept.
const KEPT_FOR: Duration = Duration::from_hours(24);

/// Begins a request with a key, or returns the answer to it; refuses another request under the same key, and one whose
/// first is still handled.
pub async fn begin(chat: &Chat, request: KeyedRequest) -> Result<Option<Answer>, Error> {
    let (now, fingerprint) = (chat.now(), request.fingerprint.clone());
    let expired = now.before(KEPT_FOR);
    let kept =
        chat.db.transaction(move |conn| Ok::<_, Error>(kept_answers::begin(conn, &request, now, expired)?));
    match kept.await? {
        None => Ok(None),
        Some(kept) if kept.fingerprint != fingerprint => Err(Error::Refused(Refusal::KeyOfAnotherRequest)),
        Some(KeptAnswer { answer: Some(answer), .. }) => Ok(Some(answer)),
        Some(KeptAnswer { answer: None, .. }) => Err(Error::Refused(Refusal::KeyInUse)),
    }
}

/// Keeps the answer to a request that was begun.
pub async fn finish(chat: &Chat, request: KeyedRequest, answer: Answer) -> Result<(), Error> {
    chat.db.transaction(move |conn| Ok(kept_answers::finish(conn, &request, &answer)?)).await
}

/// Frees the key of a request that was refused, and so has changed nothing.
pub async fn forget(chat: &Chat, request: KeyedRequest) -> Result<(), Error> {
    chat.db.transaction(move |conn| Ok(kept_answers::forget(conn, &request)?)).await
}
