//! What clients send about friends.

use chat::friends::Query;
use domain::fault::Fault;
use domain::id::UserId;

use super::input::Input;
use crate::problem::Problem;

/// Reads `friend_id`.
pub(crate) fn friend_id(mut input: Input) -> Result<UserId, Problem> {
    let id = input.need_number("friend_id");
    input.done(id.map(UserId))
}

/// Reads `email` or `username`.
pub(crate) fn query(mut input: Input) -> Result<Query, Problem> {
    let text =
        |text: &str| if text.trim().is_empty() { Err(Fault::TooShort(1)) } else { Ok(text.to_owned()) };
    let read = if input.has("username") && !input.has("email") {
        input.need_text("username", text).map(Query::Username)
    } else {
        input.need_text("email", text).map(Query::Email)
    };
    input.done(read)
}
