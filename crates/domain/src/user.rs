//! A user, and what others may see of one.

use schemars::JsonSchema;
use serde::Serialize;

use crate::id::{RoomId, UserId};
use crate::text::{Nickname, Status};
use crate::time::Time;

/// An account as its owner sees it; others see it with `email` and `is_admin` taken out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct User {
    /// The user's id.
    #[serde(rename = "user_id")]
    pub id: UserId,
    /// The name that the user signs in with.
    pub username: String,
    /// The address that the user can be found by.
    pub email: Option<String>,
    /// The name that others see.
    pub nickname: Option<String>,
    /// Where the user's picture is.
    pub avatar_url: Option<String>,
    /// The line under the name.
    pub status: Option<String>,
    /// Whether programs act as the account; left out if not.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_bot: bool,
    /// Whether the user is an administrator; left out if not, and for others.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_admin: bool,
    /// When the account was made.
    pub created_at: Time,
    /// When the account was last changed.
    pub updated_at: Time,
}

impl User {
    /// Returns the part that everybody may see.
    pub fn profile(&self) -> Profile {
        Profile {
            id: self.id,
            username: self.username.clone(),
            nickname: self.nickname.clone(),
            avatar_url: self.avatar_url.clone(),
            status: self.status.clone(),
            is_bot: self.is_bot,
        }
    }

    /// Returns the account as a friend or a fellow member of a room sees it.
    #[must_use]
    pub fn for_others(self) -> Self {
        Self { email: None, is_admin: false, ..self }
    }
}

/// What everybody may see of a user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Profile {
    /// The user's id.
    #[serde(rename = "user_id")]
    pub id: UserId,
    /// The name that the user signs in with.
    pub username: String,
    /// The name that others see.
    pub nickname: Option<String>,
    /// Where the user's picture is.
    pub avatar_url: Option<String>,
    /// The line under the name.
    pub status: Option<String>,
    /// Whether programs act as the account; left out if not.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_bot: bool,
}

/// A user as one sees them in a list of people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Friend {
    /// What everybody may see.
    #[serde(flatten)]
    pub profile: Profile,
    /// Whether the user has a connection now; shown to friends only.
    pub online: bool,
    /// When the user's last connection ended; shown to friends only.
    pub last_seen: Option<Time>,
    /// The one-to-one room with the viewer, once there is one.
    pub chatroom_id: Option<RoomId>,
}

/// The author of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Author {
    /// The user's id.
    pub id: UserId,
    /// The name that the user signs in with.
    pub username: String,
    /// The same name again, for clients that look for it here.
    #[serde(rename = "userName")]
    pub user_name: String,
    /// The name that others see.
    pub nickname: Option<String>,
    /// Where the user's picture is.
    #[serde(rename = "profilePictureUrl")]
    pub picture_url: Option<String>,
    /// Whether programs act as the account; left out if not.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_bot: bool,
}

/// What to change of a profile; `None` stays as it is.
#[derive(Debug, Clone, Default)]
pub struct Changes {
    /// The name that others see.
    pub nickname: Option<Nickname>,
    /// Where the picture is.
    pub avatar_url: Option<String>,
    /// The line under the name.
    pub status: Option<Status>,
    /// Whether strangers find the account by its e-mail address or username.
    pub discoverable: Option<bool>,
}
