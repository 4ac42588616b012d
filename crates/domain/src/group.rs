//! Groups: the roles of their members, and what each role may do.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::UserId;
use crate::time::Time;
use crate::user::Profile;

/// What a member may do in a room; in a one-to-one room both are members.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Made the group, or was handed it over; each group has one.
    Owner,
    /// Helps the owner.
    Admin,
    /// Everybody else.
    Member,
}

/// What is done in a group that not every member may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GroupAction {
    /// Changes its name.
    Rename,
    /// Changes its picture.
    SetAvatar,
    /// Takes in friends.
    AddMember,
    /// Removes a member.
    RemoveMember,
    /// Removes an admin.
    RemoveAdmin,
    /// Removes the owner.
    RemoveOwner,
    /// Makes members admins, and admins members.
    SetRole,
    /// Makes another member the owner.
    HandOver,
    /// Makes, lists and revokes invite links.
    ManageInvites,
    /// Makes, lists and deletes incoming webhooks.
    ManageWebhooks,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Owner, Self::Admin, Self::Member];
    /// The values on the wire, as errors list them.
    pub const VALUES: &'static str = "'owner', 'admin' or 'member'";

    /// Returns the value on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Admin => "admin",
            Self::Member => "member",
        }
    }

    /// Parses the value.
    pub fn parse(value: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == value)
    }

    /// Returns whether a member of this role may do this.
    pub fn may(self, action: GroupAction) -> bool {
        use GroupAction as A;
        match action {
            A::AddMember => true,
            A::Rename | A::SetAvatar | A::RemoveMember | A::ManageInvites | A::ManageWebhooks => {
                self != Self::Member
            }
            A::RemoveAdmin | A::SetRole | A::HandOver => self == Self::Owner,
            A::RemoveOwner => false,
        }
    }
}

impl GroupAction {
    /// Returns what it is to remove a member of this role.
    pub fn remove(role: Role) -> Self {
        match role {
            Role::Owner => Self::RemoveOwner,
            Role::Admin => Self::RemoveAdmin,
            Role::Member => Self::RemoveMember,
        }
    }

    /// Returns what it is to give a member this role.
    pub fn give(role: Role) -> Self {
        match role {
            Role::Owner => Self::HandOver,
            Role::Admin | Role::Member => Self::SetRole,
        }
    }
}

/// The most members that a group may have.
pub const MEMBERS_MAX: usize = 500;

/// The most groups that a user may be in.
pub const GROUPS_MAX: usize = 500;

/// A member of a room as its members see them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Participant {
    /// What everybody may see of them.
    #[serde(flatten)]
    pub profile: Profile,
    /// What they may do in the room.
    pub role: Role,
    /// When they joined, the last time.
    pub joined_at: Time,
}

/// Members of a room, by their ids.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ParticipantPage {
    /// The members.
    pub participants: Vec<Participant>,
    /// The `after_id` of the next page; null if this is the last one.
    pub next: Option<UserId>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_may_do_what_the_table_says() {
        use GroupAction as A;
        // Owner, admin, member.
        let table = [
            (A::Rename, [true, true, false]),
            (A::SetAvatar, [true, true, false]),
            (A::AddMember, [true, true, true]),
            (A::RemoveMember, [true, true, false]),
            (A::RemoveAdmin, [true, false, false]),
            (A::RemoveOwner, [false, false, false]),
            (A::SetRole, [true, false, false]),
            (A::HandOver, [true, false, false]),
            (A::ManageInvites, [true, true, false]),
            (A::ManageWebhooks, [true, true, false]),
        ];
        for (action, expected) in table {
            assert_eq!(Role::ALL.map(|role| role.may(action)), expected, "{action:?}");
        }
    }

    #[test]
    fn a_role_is_read_back_from_its_value() {
        for role in Role::ALL {
            assert_eq!(Role::parse(role.as_str()), Some(role));
            assert!(!role.may(GroupAction::remove(role)) || role == Role::Member || role == Role::Admin);
        }
        assert_eq!(Role::parse("Owner"), None);
    }
}
