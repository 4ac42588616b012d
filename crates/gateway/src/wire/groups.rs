//! Requests about groups.

use chat::groups::RoomChanges;
use chat::invites::NewInvite;
use deserr::Deserr;
use domain::disappearing::DisappearAfter;
use domain::group::Role;
use domain::id::{InviteId, RoomId, UserId};
use domain::page::Page;
use domain::room::Membership;
use domain::room_settings::Change;
use domain::text::RoomName;
use schemars::JsonSchema;

use super::accounts::AvatarUrl;
use super::fields::Moment;
use super::input::requests;
use super::number::{Count, Number};
use crate::problem::Problem;

/// What to change of a room; what is absent stays.
#[derive(Deserr, JsonSchema)]
#[deserr(error = Problem)]
pub(crate) struct UpdateGroup {
    /// The room; only groups have a name and a picture of their own.
    pub(crate) chatroom_id: RoomId,
    /// At most 32 characters; empty for none.
    #[deserr(default)]
    chatroom_name: Option<RoomName>,
    /// An address of the web or of this server, at most 512 characters; empty for none.
    #[deserr(default)]
    #[schemars(with = "Option<String>")]
    avatar_url: Option<AvatarUrl>,
    /// After how many seconds messages disappear that are sent from now on; null for never.
    #[deserr(default)]
    #[schemars(with = "Option<Seconds>")]
    disappear_after: Change<Seconds>,
}

/// From five minutes to a year.
type Seconds = Number<{ DisappearAfter::MIN }, { DisappearAfter::MAX }>;

impl UpdateGroup {
    pub(crate) fn changes(self) -> RoomChanges {
        RoomChanges {
            name: self.chatroom_name,
            avatar_url: self.avatar_url.map(|url| url.0),
            disappear_after: self.disappear_after.and_then(|seconds| DisappearAfter::new(seconds.0)),
        }
    }
}

/// Friends to take into a group.
#[derive(Deserr, JsonSchema)]
#[deserr(error = Problem)]
pub(crate) struct AddMembers {
    /// The group.
    pub(crate) chatroom_id: RoomId,
    /// The friends; who is in it already stays so.
    pub(crate) members_id: Vec<UserId>,
}

/// A member of a group.
#[derive(Deserr, JsonSchema)]
#[deserr(error = Problem)]
pub(crate) struct NamedMember {
    /// The group.
    chatroom_id: RoomId,
    /// The member.
    user_id: UserId,
}

impl NamedMember {
    pub(crate) fn member(&self) -> Membership {
        Membership { room: self.chatroom_id, user: self.user_id }
    }
}

/// A role to give to a member.
#[derive(Deserr, JsonSchema)]
#[deserr(error = Problem)]
pub(crate) struct SetRole {
    /// The group.
    chatroom_id: RoomId,
    /// The member.
    user_id: UserId,
    /// Their role; `owner` hands the group over.
    pub(crate) role: Role,
}

impl SetRole {
    pub(crate) fn member(&self) -> Membership {
        Membership { room: self.chatroom_id, user: self.user_id }
    }
}

/// A page of a room's members, by their ids.
#[derive(Deserr, JsonSchema)]
#[deserr(error = Problem)]
pub(crate) struct ListParticipants {
    /// The room.
    pub(crate) chatroom_id: RoomId,
    /// The most members: 50 if absent; more than 200 counts as 200.
    #[deserr(default)]
    limit: Option<Count<1>>,
    /// Those with greater ids: `next` of the page before.
    #[deserr(default)]
    after_id: Option<UserId>,
}

impl ListParticipants {
    pub(crate) fn after(&self) -> UserId {
        self.after_id.unwrap_or(UserId(0))
    }

    pub(crate) fn limit(&self) -> i64 {
        self.limit.map_or(Page::DEFAULT, |limit| limit.0.min(Page::MAX))
    }
}

/// An invite link to make.
#[derive(Deserr, JsonSchema)]
#[deserr(error = Problem)]
pub(crate) struct CreateInvite {
    /// The group.
    pub(crate) chatroom_id: RoomId,
    /// When it ends; never if absent.
    #[deserr(default)]
    expires_at: Option<Moment>,
    /// How many users may join by it; any number if absent.
    #[deserr(default)]
    max_uses: Option<Count<1>>,
}

impl CreateInvite {
    pub(crate) fn invite(self) -> NewInvite {
        NewInvite {
            expires_at: self.expires_at.map(|moment| moment.time),
            max_uses: self.max_uses.map(|count| count.0),
        }
    }
}

/// The invite that the path names.
#[derive(Deserr, JsonSchema)]
#[deserr(error = Problem)]
pub(crate) struct NamedInvite {
    /// The group.
    pub(crate) chatroom_id: RoomId,
    /// The invite.
    pub(crate) invite_id: InviteId,
}

/// The token of an invite link.
#[derive(Deserr, JsonSchema)]
#[deserr(error = Problem)]
pub(crate) struct NamedToken {
    /// The token.
    pub(crate) token: String,
}

requests!(
    UpdateGroup,
    AddMembers,
    NamedMember,
    SetRole,
    ListParticipants,
    CreateInvite,
    NamedInvite,
    NamedToken
);
