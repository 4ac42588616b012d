//! What clients send about rooms.

use chat::error::{Error, Resource};
use domain::fault::Fault;
use domain::id::{MessageId, RoomId, UserId};
use domain::page::{Anchor, Page};
use domain::text::RoomName;

use super::input::Input;
use crate::problem::Problem;

/// A room that a client wants.
#[derive(Debug)]
pub(crate) struct OpenRoom {
    pub(crate) members: Vec<UserId>,
    pub(crate) name: Option<RoomName>,
}

/// Reads `{members_id, chatroom_name = "Default Chatroom"}`; a null name is none.
pub(crate) fn open(mut input: Input) -> Result<OpenRoom, Problem> {
    let members = input.need_numbers("members_id");
    let name = if input.mentions("chatroom_name") {
        input.text("chatroom_name", RoomName::parse)
    } else {
        Some(RoomName::stored("Default Chatroom".to_owned()))
    };
    let read = members.map(|ids| OpenRoom { members: ids.into_iter().map(UserId).collect(), name });
    input.done(read)
}

/// Reads `limit`, `before`, `before_id` and `after_id`; the first anchor that is given counts.
pub(crate) fn page(mut input: Input) -> Result<Page, Problem> {
    let limit = match input.number("limit") {
        Some(limit) if limit < 0 => {
            input.fault("limit", &Fault::TooSmall(0));
            0
        }
        Some(limit) => limit.min(Page::MAX),
        None => Page::DEFAULT,
    };
    let before_id = input.number("before_id").map(|id| Anchor::Before(MessageId(id)));
    let after_id = input.number("after_id").map(|id| Anchor::After(MessageId(id)));
    let before = input.moment("before").map(|(time, _)| Anchor::BeforeTime(time));
    let anchor = before_id.or(after_id).or(before).unwrap_or(Anchor::Newest);
    input.done(Some(Page { anchor, limit }))
}

/// Reads `chatroom_id` out of a body; what is no room's id is no room.
pub(crate) fn room_id(mut input: Input) -> Result<(RoomId, Input), Problem> {
    match input.need_text("chatroom_id", |text| Ok(parse_room(text))) {
        Some(room) => Ok((room?, input)),
        None => Err(input.done(None::<()>).err().unwrap_or(Problem::NoRoute)),
    }
}

/// Reads `message_id?`.
pub(crate) fn upto(input: &mut Input) -> Option<MessageId> {
    input.number("message_id").map(MessageId)
}

/// Reads a room's id; what is none is no room.
pub(crate) fn parse_room(text: &str) -> Result<RoomId, Problem> {
    text.parse().map_err(|_unreadable| Problem::Refused(Error::NotFound(Resource::Room)))
}
