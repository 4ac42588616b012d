//! Invite links: by which users join a group without being taken in.

use schemars::JsonSchema;
use serde::Serialize;

use crate::id::{InviteId, UserId};
use crate::time::Time;

/// An invite link as those see it who manage it; its token is shown when it is made, and never again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Invite {
    /// The invite's id.
    #[serde(rename = "invite_id")]
    pub id: InviteId,
    /// Who made it.
    pub created_by: UserId,
    /// When it was made.
    pub created_at: Time,
    /// When it ends; null for never.
    pub expires_at: Option<Time>,
    /// How many users may join by it; null for any number.
    pub max_uses: Option<i64>,
    /// How many have joined by it.
    pub uses: i64,
}

/// What somebody who has an invite link sees of its group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct InvitePreview {
    /// The group's name.
    pub chatroom_name: Option<String>,
    /// The address of its picture.
    pub avatar_url: Option<String>,
    /// How many members it has.
    pub member_count: i64,
}

/// The most invite links that a group has at once.
pub const INVITES_MAX: usize = 20;

impl Invite {
    /// Returns whether somebody may still join by it at `now`; its end is not part of its time.
    pub fn is_open(&self, now: Time) -> bool {
        self.expires_at.is_none_or(|end| now < end) && self.max_uses.is_none_or(|max| self.uses < max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invite_is_open_until_its_end_and_its_last_use() {
        let end = Time::parse("2026-11-22T11:29:15Z").unwrap();
        let before = Time::parse("2026-11-22T11:29:14Z").unwrap();
        let invite = |expires_at, max_uses, uses| Invite {
            id: InviteId::generate(),
            created_by: UserId(1),
            created_at: before,
            expires_at,
            max_uses,
            uses,
        };
        assert!(invite(None, None, 1_000).is_open(end));
        assert!(invite(Some(end), None, 0).is_open(before));
        assert!(!invite(Some(end), None, 0).is_open(end));
        assert!(invite(None, Some(2), 1).is_open(end));
        assert!(!invite(None, Some(2), 2).is_open(end));
    }
}
