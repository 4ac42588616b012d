//! Requests about what a member sets for a room, for themselves alone.

use deserr::{Deserr, IntoValue, Value, ValuePointerRef};
use domain::id::RoomId;
use domain::invalid::Invalid;
use domain::room_settings::{Change, DRAFT_MAX, SettingsChanges};
use domain::text::{Body, is_blank};
use domain::time::Time;
use schemars::JsonSchema;

use super::fields::{Flag, Moment, fields, invalid, text};
use super::input::requests;
use crate::problem::Problem;

/// What to set for a room; what is absent stays.
#[derive(Deserr, JsonSchema)]
#[deserr(error = Problem)]
pub(crate) struct SetRoomSettings {
    /// The room.
    pub(crate) chatroom_id: RoomId,
    /// Until when to mute it; null to end that.
    #[deserr(default)]
    #[schemars(with = "Option<Moment>")]
    muted_until: Change<Until>,
    /// Whether to archive it.
    #[deserr(default)]
    archived: Option<Flag>,
    /// Whether to pin it to the top of the list.
    #[deserr(default)]
    pinned: Option<Flag>,
    /// Whether to show it as unread although it is read.
    #[deserr(default)]
    marked_unread: Option<Flag>,
    /// What was begun to be written, at most 10,000 characters; null or blank for none.
    #[deserr(default)]
    #[schemars(with = "Option<String>")]
    draft: Change<DraftText>,
}

impl SetRoomSettings {
    pub(crate) fn changes(self) -> SettingsChanges {
        let flag = |flag: Option<Flag>| flag.map(|flag| flag.0);
        SettingsChanges {
            muted_until: self.muted_until.and_then(|until| Some(until.0)),
            archived: flag(self.archived),
            pinned: flag(self.pinned),
            marked_unread: flag(self.marked_unread),
            draft: self.draft.and_then(|draft| draft.0),
        }
    }
}

/// Text that may be blank, which is no draft.
struct DraftText(Option<String>);

impl DraftText {
    fn parse(text: &str) -> Result<Self, Invalid> {
        if is_blank(text) {
            return Ok(Self(None));
        }
        Body::parse(text, DRAFT_MAX).map(|draft| Self(Some(draft.into_string())))
    }
}

/// A time from 1970 on, as the databases keep it.
struct Until(Time);

fn until<V: IntoValue>(value: Value<V>, place: ValuePointerRef<'_>) -> Result<Until, Problem> {
    let Moment { time, .. } = Moment::deserialize_from_value(value, place)?;
    if time.unix_seconds() < 0 { Err(invalid(place, &Invalid::NotATime)) } else { Ok(Until(time)) }
}

fields! {
    Until: until,
    DraftText: |value, place| text(value, place, DraftText::parse),
}

requests!(SetRoomSettings);
