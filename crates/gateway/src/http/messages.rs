//! `/chatrooms/{room}/messages/{message_id}`: what is done to a message after it was sent.

use chat::reactions::ReactionUpdate;
use chat::{hiding, reactions, revisions};
use domain::id::MessageId;
use domain::message::MessageRef;

use super::answer::{Answer, nothing, ok};
use crate::extract::{Open, Signed};
use crate::problem::Problem;
use crate::wire;
use crate::wire::input::Input;

/// `PATCH /chatrooms/{room}/messages/{message_id} {content}`
pub(super) async fn edit(signed: Signed) -> Answer {
    let (me, mut open) = signed.into_parts();
    let message = named(&open)?;
    let mut input = open.body().await?;
    let words = wire::messages::words(&mut input, open.chat().limits().text_max);
    let words = input.done(words)?;
    ok(&revisions::edit(open.chat(), &me, message, words, None).await?)
}

/// `DELETE /chatrooms/{room}/messages/{message_id}?for=`
pub(super) async fn remove(signed: Signed) -> Answer {
    let message = named(&signed)?;
    let mut query = signed.query();
    let for_me = wire::messages::for_me(&mut query);
    if query.done(for_me)? {
        hiding::hide(signed.chat(), &signed.me, message, None).await?;
        return nothing();
    }
    ok(&revisions::unsend(signed.chat(), &signed.me, message, None).await?)
}

/// `GET /chatrooms/{room}/messages/{message_id}/history`
pub(super) async fn versions(signed: Signed) -> Answer {
    ok(&revisions::list(signed.chat(), &signed.me, named(&signed)?).await?)
}

/// `PUT /chatrooms/{room}/messages/{message_id}/reactions/{emoji}`
pub(super) async fn react(signed: Signed) -> Answer {
    put(signed, true).await
}

/// `DELETE /chatrooms/{room}/messages/{message_id}/reactions/{emoji}`
pub(super) async fn unreact(signed: Signed) -> Answer {
    put(signed, false).await
}

async fn put(signed: Signed, on: bool) -> Answer {
    let message = named(&signed)?;
    let emoji = signed.request.match_info().get("emoji").unwrap_or_default().to_owned();
    let mut path = Input::of_pairs("path", vec![("emoji".to_owned(), emoji)]);
    let emoji = wire::messages::emoji(&mut path);
    let emoji = path.done(emoji)?;
    ok(&reactions::react(signed.chat(), &signed.me, message, ReactionUpdate { emoji, on }, None).await?)
}

/// Returns the message that the path names.
fn named(open: &Open) -> Result<MessageRef, Problem> {
    Ok(MessageRef { room: open.room()?, message: MessageId(open.path_number("message_id")?) })
}
