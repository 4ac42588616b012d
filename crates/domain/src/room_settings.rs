//! What a member sets for a room, for themselves alone, on all their devices.

use schemars::JsonSchema;
use serde::Serialize;

use crate::time::Time;

/// What is set, as the member sees it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RoomSettings {
    /// Until when the member wants no notifications of it.
    pub muted_until: Option<Time>,
    /// Whether it is archived; a message that comes while it is not muted ends that.
    pub archived: bool,
    /// Whether it is pinned to the top of the list.
    pub pinned: bool,
    /// Whether it is shown as unread although it is read; reading ends that.
    pub marked_unread: bool,
    /// What the member has begun to write.
    pub draft: Option<String>,
}

/// What is set, as it is stored.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StoredSettings {
    /// Until when it is muted.
    pub muted_until: Option<Time>,
    /// The `seq` of the newest message when it was archived.
    pub archived_seq: Option<i64>,
    /// Whether it is pinned to the top.
    pub pinned: bool,
    /// Whether it is marked unread.
    pub marked_unread: bool,
    /// The draft.
    pub draft: Option<String>,
}

/// The longest draft, in code points.
pub const DRAFT_MAX: usize = 10_000;

/// What becomes of a value that may be none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Change<T> {
    /// It stays as it is.
    #[default]
    Keep,
    /// It is none from now on.
    Clear,
    /// It is this from now on.
    Set(T),
}

impl<T> Change<T> {
    /// Returns the value after the change.
    pub fn apply(self, before: Option<T>) -> Option<T> {
        match self {
            Self::Keep => before,
            Self::Clear => None,
            Self::Set(value) => Some(value),
        }
    }

    /// Changes the new value, where there is one; to none, it is a change to none.
    pub fn and_then<U>(self, value: impl FnOnce(T) -> Option<U>) -> Change<U> {
        match self {
            Self::Keep => Change::Keep,
            Self::Clear => Change::Clear,
            Self::Set(new) => value(new).map_or(Change::Clear, Change::Set),
        }
    }
}

/// What to change; `None` stays as it is.
#[derive(Debug, Clone, Default)]
pub struct SettingsChanges {
    /// Until when to mute it.
    pub muted_until: Change<Time>,
    /// Whether to archive it.
    pub archived: Option<bool>,
    /// Whether to pin it to the top.
    pub pinned: Option<bool>,
    /// Whether to mark it unread.
    pub marked_unread: Option<bool>,
    /// The draft.
    pub draft: Change<String>,
}

/// The newest message of a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewestMessage {
    /// Its `seq`; 0 if there is none.
    pub seq: i64,
    /// When it was stored.
    pub at: Option<Time>,
}

impl StoredSettings {
    /// Returns what the member sees: a room is archived until a message comes while it is not muted.
    pub fn shown(self, newest: NewestMessage) -> RoomSettings {
        let archived = self.is_archived(newest);
        let Self { muted_until, pinned, marked_unread, draft, .. } = self;
        RoomSettings { muted_until, archived, pinned, marked_unread, draft }
    }

    fn is_archived(&self, newest: NewestMessage) -> bool {
        let came_while_muted =
            newest.at.zip(self.muted_until).is_some_and(|(at, muted_until)| at < muted_until);
        self.archived_seq.is_some_and(|seq| newest.seq <= seq || came_while_muted)
    }

    /// Returns what is to be stored after these changes.
    #[must_use]
    pub fn changed(self, changes: SettingsChanges, newest: NewestMessage) -> Self {
        // What is archived stays so, when it is no longer muted, until the next message.
        let archived = changes.archived.unwrap_or_else(|| self.is_archived(newest));
        Self {
            muted_until: changes.muted_until.apply(self.muted_until),
            archived_seq: archived.then_some(newest.seq),
            pinned: changes.pinned.unwrap_or(self.pinned),
            marked_unread: changes.marked_unread.unwrap_or(self.marked_unread),
            draft: changes.draft.apply(self.draft),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn newest(seq: i64, minute: u32) -> NewestMessage {
        NewestMessage { seq, at: time(minute) }
    }

    fn time(minute: u32) -> Option<Time> {
        Time::parse(&format!("2026-11-22T11:{minute:02}:00Z"))
    }

    #[test]
    fn a_message_ends_that_a_room_is_archived_unless_it_is_muted() {
        let archive = SettingsChanges { archived: Some(true), ..SettingsChanges::default() };
        let archived = StoredSettings::default().changed(archive, newest(5, 0));
        assert!(archived.clone().shown(newest(5, 0)).archived);
        assert!(!archived.clone().shown(newest(6, 1)).archived);
        let mute =
            SettingsChanges { muted_until: Change::Set(time(10).unwrap()), ..SettingsChanges::default() };
        let muted = archived.changed(mute, newest(5, 0));
        assert!(muted.clone().shown(newest(6, 9)).archived);
        assert!(!muted.clone().shown(newest(6, 10)).archived, "the end is not part of it");
        let unmute = SettingsChanges { muted_until: Change::Clear, ..SettingsChanges::default() };
        let unmuted = muted.changed(unmute, newest(6, 9));
        assert!(unmuted.clone().shown(newest(6, 9)).archived);
        assert!(!unmuted.shown(newest(7, 9)).archived);
    }

    #[test]
    fn what_is_not_named_stays() {
        let draft = SettingsChanges { draft: Change::Set("明天".to_owned()), ..SettingsChanges::default() };
        let marked =
            SettingsChanges { marked_unread: Some(true), pinned: Some(true), ..SettingsChanges::default() };
        let both = StoredSettings::default().changed(draft, newest(0, 0)).changed(marked, newest(0, 0));
        let shown = both.clone().shown(newest(0, 0));
        assert_eq!((shown.draft.as_deref(), shown.pinned, shown.marked_unread), (Some("明天"), true, true));
        let none = SettingsChanges { draft: Change::Clear, ..SettingsChanges::default() };
        assert_eq!(both.changed(none, newest(0, 0)).draft, None);
    }
}
