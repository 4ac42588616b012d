//! What a reply shows of the message that it replies to.

use schemars::JsonSchema;
use serde::Serialize;

use crate::id::{MessageId, UserId};
use crate::message_kind::MessageKind;
use crate::text::excerpt;
use crate::user::Author;

/// What an answer shows of the message that it answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Quote {
    /// The message's id.
    #[serde(rename = "message_id")]
    pub id: MessageId,
    /// Its number in the room.
    pub seq: i64,
    /// Who sent it.
    #[serde(rename = "sender_id")]
    pub sender: UserId,
    /// The sender as a person.
    pub user: Author,
    /// The beginning of the text; for anything but text of that under it.
    pub content: String,
    /// What it carries.
    #[serde(rename = "message_type")]
    pub kind: MessageKind,
    /// Whether it was unsent, or hidden by the viewer; then nothing of it is shown.
    pub deleted: bool,
}

impl Quote {
    /// The most that is shown of the text, in code points.
    pub const MAX: usize = 120;

    /// Cuts a text to what is shown of it.
    pub fn excerpt(text: &str) -> String {
        excerpt(text, Self::MAX)
    }

    /// Removes the content.
    #[must_use]
    pub fn without_content(self) -> Self {
        Self { content: String::new(), kind: MessageKind::Text, deleted: true, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_says_that_it_was_cut() {
        let exact = "引".repeat(Quote::MAX);
        assert_eq!(Quote::excerpt(&exact), exact);
        assert_eq!(Quote::excerpt(&format!("{exact}言")), format!("{exact}…"));
        assert_eq!(Quote::excerpt(""), "");
    }
}
