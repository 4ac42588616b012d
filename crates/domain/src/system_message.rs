//! System messages: what happened in a room, as a message of its timeline.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::disappearing::DisappearAfter;
use crate::group::Role;
use crate::id::{MessageId, UserId};

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SystemAction {
    /// The group was made.
    Created,
    /// It got another name, or none.
    Renamed,
    /// It got another picture, or none.
    AvatarChanged,
    /// Members were taken in.
    Added,
    /// A member was removed.
    Removed,
    /// A member left.
    Left,
    /// A member became an admin, or an admin a member.
    RoleChanged,
    /// Another member became the owner.
    HandedOver,
    /// A member joined by an invite link.
    Joined,
    /// A message was pinned.
    Pinned,
    /// Messages disappear from now on, after another time than before, or no longer.
    DisappearAfterChanged,
}

/// What happened, who did it, and to whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SystemMessage {
    /// What happened.
    pub action: SystemAction,
    /// Who did it.
    pub actor: UserId,
    /// Whom it was done to: who was taken in, removed, or given a role.
    pub subjects: Vec<UserId>,
    /// The new name, where it was renamed or made.
    pub name: Option<String>,
    /// The new role, where one was given.
    pub role: Option<Role>,
    /// The message, where one was pinned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "MessageId")]
    pub message_id: Option<MessageId>,
    /// After how many seconds messages disappear from now on, where that changed and they do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "DisappearAfter")]
    pub disappear_after: Option<DisappearAfter>,
}

/// How many names a text lists.
const NAMES_MAX: usize = 5;

impl SystemMessage {
    /// Says that somebody did something, to nobody else.
    pub fn new(action: SystemAction, actor: UserId) -> Self {
        Self {
            action,
            actor,
            subjects: Vec::new(),
            name: None,
            role: None,
            message_id: None,
            disappear_after: None,
        }
    }

    /// The same, done to these users.
    #[must_use]
    pub fn to(self, subjects: Vec<UserId>) -> Self {
        Self { subjects, ..self }
    }

    /// The same with a new name.
    #[must_use]
    pub fn named(self, name: Option<String>) -> Self {
        Self { name, ..self }
    }

    /// The same with a new role.
    #[must_use]
    pub fn with_role(self, role: Role) -> Self {
        Self { role: Some(role), ..self }
    }

    /// The same about a message.
    #[must_use]
    pub fn about(self, message: MessageId) -> Self {
        Self { message_id: Some(message), ..self }
    }

    /// The same with the time after which messages disappear.
    #[must_use]
    pub fn after(self, disappear_after: Option<DisappearAfter>) -> Self {
        Self { disappear_after, ..self }
    }

    /// Returns the value in the database.
    pub fn stored(&self) -> serde_json::Result<String> {
        serde_json::to_string(self)
    }

    /// Parses the value in the database.
    pub fn parse(value: &str) -> serde_json::Result<Self> {
        serde_json::from_str(value)
    }

    /// Returns the text for clients that show no system messages, in English, given the names of the users in it.
    pub fn text(&self, name_of: impl Fn(UserId) -> String) -> String {
        let actor = name_of(self.actor);
        let mut subjects: Vec<String> =
            self.subjects.iter().take(NAMES_MAX).map(|user| name_of(*user)).collect();
        match self.subjects.len().saturating_sub(NAMES_MAX) {
            0 => {}
            more => subjects.push(format!("{more} more")),
        }
        let subjects = subjects.join(", ");
        match (self.action, &self.name) {
            (SystemAction::Created, Some(name)) => format!("{actor} created the group “{name}”"),
            (SystemAction::Created, None) => format!("{actor} created the group"),
            (SystemAction::Renamed, Some(name)) => format!("{actor} named the group “{name}”"),
            (SystemAction::Renamed, None) => format!("{actor} removed the name of the group"),
            (SystemAction::AvatarChanged, _) => format!("{actor} changed the picture of the group"),
            (SystemAction::Added, _) => format!("{actor} added {subjects}"),
            (SystemAction::Removed, _) => format!("{actor} removed {subjects}"),
            (SystemAction::Left, _) => format!("{actor} left the group"),
            (SystemAction::RoleChanged, _) => {
                format!("{actor} made {subjects} {}", self.role.map_or("member", Role::as_str))
            }
            (SystemAction::HandedOver, _) => format!("{actor} handed the group over to {subjects}"),
            (SystemAction::Joined, _) => format!("{actor} joined by an invite link"),
            (SystemAction::Pinned, _) => format!("{actor} pinned a message"),
            (SystemAction::DisappearAfterChanged, _) => match self.disappear_after {
                Some(after) => format!("{actor} let messages disappear {after} after they are sent"),
                None => format!("{actor} let messages stay"),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name_of(user: UserId) -> String {
        format!("第{user}人")
    }

    #[test]
    fn a_text_names_a_few_and_counts_the_others() {
        let added = |count: i64| {
            let subjects = (2..2 + count).map(UserId).collect();
            SystemMessage::new(SystemAction::Added, UserId(1)).to(subjects).text(name_of)
        };
        assert_eq!(added(1), "第1人 added 第2人");
        assert_eq!(added(5), "第1人 added 第2人, 第3人, 第4人, 第5人, 第6人");
        assert_eq!(added(7), "第1人 added 第2人, 第3人, 第4人, 第5人, 第6人, 2 more");
    }

    #[test]
    fn what_is_stored_is_read_back() {
        let message = SystemMessage::new(SystemAction::RoleChanged, UserId(1))
            .to(vec![UserId(2)])
            .with_role(Role::Admin);
        assert_eq!(SystemMessage::parse(&message.stored().unwrap()).unwrap(), message);
        assert_eq!(message.text(name_of), "第1人 made 第2人 admin");
        let renamed = SystemMessage::new(SystemAction::Renamed, UserId(1)).named(Some("讀書會".to_owned()));
        assert_eq!(renamed.text(name_of), "第1人 named the group “讀書會”");
    }
}
