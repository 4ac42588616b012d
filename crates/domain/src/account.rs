//! What administrators see of accounts and of the whole server: no content of anybody.

use schemars::JsonSchema;
use serde::Serialize;

use crate::id::UserId;
use crate::time::Time;
use crate::user::Profile;

/// An account as administrators see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Account {
    /// The user's id.
    pub user_id: UserId,
    /// The name that the user signs in with.
    pub username: String,
    /// The name that others see.
    pub nickname: Option<String>,
    /// The address that the user can be found by.
    pub email: Option<String>,
    /// Where the user's picture is.
    pub avatar_url: Option<String>,
    /// Whether programs act as the account.
    pub is_bot: bool,
    /// Whether the user is an administrator.
    pub is_admin: bool,
    /// When the account was made.
    pub created_at: Time,
    /// When the user's last connection ended.
    pub last_seen_at: Option<Time>,
    /// Since when the account is suspended.
    pub suspended_at: Option<Time>,
    /// When the user deleted it.
    pub deleted_at: Option<Time>,
    /// The bytes of the files that the user uploaded.
    pub upload_bytes: i64,
}

/// What the database holds, in numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DatabaseStatistics {
    /// `SQLite`, `MariaDB` or `MySQL`, and its version.
    pub database: String,
    /// How many bytes it takes, if it tells.
    pub database_bytes: Option<i64>,
    /// The accounts of people, without those that were deleted.
    pub users: i64,
    /// Of those, the suspended ones.
    pub suspended_users: i64,
    /// The accounts of programs, without those that were deleted.
    pub bots: i64,
    /// The rooms, groups included.
    pub rooms: i64,
    /// The groups.
    pub groups: i64,
    /// The messages that were ever sent, those that the server wrote included.
    pub messages: i64,
    /// The uploaded files.
    pub uploads: i64,
    /// Their bytes.
    pub upload_bytes: i64,
    /// The reports that wait for an administrator.
    pub open_reports: i64,
    /// Those whose files take most, the first the most, at most 10.
    pub largest_users: Vec<UserUploads>,
}

/// What the files of a user take.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct UserUploads {
    /// The user.
    pub user: Profile,
    /// The uploaded files.
    pub uploads: i64,
    /// Their bytes.
    pub upload_bytes: i64,
}
