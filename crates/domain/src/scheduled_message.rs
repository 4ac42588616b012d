//! Messages that wait for their time.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::extras::Extras;
use crate::id::{MessageId, RoomId, ScheduledId};
use crate::invalid::Invalid;
use crate::media::{self, Purpose};
use crate::message::{ClientKey, Content, Draft, MessageKind, MessageRef, Source};
use crate::text::Body;
use crate::time::Time;

/// The most messages of a user that wait.
pub const SCHEDULED_MAX: usize = 100;

/// How long a message waits at most.
const WAIT_MAX: Duration = Duration::from_hours(365 * 24);

/// What a message that waits will say, as its sender sees it and as the database keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ScheduledContent {
    /// What it carries; null if that is the content of another message.
    pub message_type: Option<MessageKind>,
    /// The text.
    pub content: Option<String>,
    /// The address of the file.
    pub media_url: Option<String>,
    /// The text under the file.
    pub caption: Option<String>,
    /// The message whose content it is to have.
    pub forwarded_from: Option<MessageRef>,
    /// The message that it replies to.
    pub reply_to: Option<MessageId>,
    /// What it has beside its content.
    #[serde(flatten)]
    pub extras: Extras,
}

impl From<Draft> for ScheduledContent {
    fn from(Draft { source, extras, reply_to, .. }: Draft) -> Self {
        let empty = Self {
            message_type: None,
            content: None,
            media_url: None,
            caption: None,
            forwarded_from: None,
            reply_to,
            extras,
        };
        match source {
            Source::Sender(Content::Text(body)) => {
                Self { message_type: Some(MessageKind::Text), content: Some(body.into_string()), ..empty }
            }
            Source::Sender(Content::File { kind, url, caption, .. }) => {
                Self { message_type: Some(kind), media_url: Some(url), caption, ..empty }
            }
            Source::Forwarded(message) => Self { forwarded_from: Some(message), ..empty },
        }
    }
}

impl ScheduledContent {
    /// Returns what to send, under this key.
    pub fn draft(self, key: ClientKey) -> Draft {
        let Self { message_type, content, media_url, caption, forwarded_from, reply_to, extras } = self;
        let source = match (forwarded_from, message_type, media_url) {
            (Some(message), _, _) => Source::Forwarded(message),
            (None, Some(kind), Some(url)) => {
                let media = media::id_in_url(&url, Purpose::Message);
                Source::Sender(Content::File { kind, url, media, caption })
            }
            _ => Source::Sender(Content::Text(Body::stored(content.unwrap_or_default()))),
        };
        Draft { source, extras, key: Some(key), reply_to }
    }

    /// Replaces the text, or the caption of a file; mentions go with the text that they are in.
    #[must_use]
    pub fn saying(mut self, text: Option<String>) -> Self {
        self.extras.mentions.clear();
        match self.message_type {
            Some(MessageKind::Text) => Self { content: text.or(self.content), ..self },
            Some(_) => Self { caption: text, ..self },
            None => self,
        }
    }
}

/// A message that waits for its time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ScheduledMessage {
    /// Its id.
    #[serde(rename = "scheduled_id")]
    pub id: ScheduledId,
    /// The room that it will be sent to.
    #[serde(rename = "chatroom_id")]
    pub room: RoomId,
    /// When it will be sent.
    pub send_at: Time,
    /// The code of why it could not be sent, if its time has come; it is sent again at a new time alone.
    pub failed: Option<String>,
    /// What it will say.
    #[serde(flatten)]
    pub message: ScheduledContent,
}

impl ScheduledMessage {
    /// Returns the key that the message is sent under, so that it is stored once.
    pub fn key(id: ScheduledId) -> ClientKey {
        ClientKey::Named(format!("scheduled-{id}"))
    }
}

/// Checks that a message may wait until then.
pub fn may_wait(send_at: Time, now: Time) -> Result<(), Invalid> {
    if send_at <= now || send_at.before(WAIT_MAX) > now {
        return Err(Invalid::Rule("send_at must be in the future, and at most 365 days ahead"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_waits_for_a_year_at_most() {
        let time = |text: &str| Time::parse(text).unwrap();
        let now = time("2026-01-01T00:00:00Z");
        assert!(may_wait(now, now).is_err());
        assert!(may_wait(now.next(), now).is_ok());
        assert!(may_wait(time("2027-01-01T00:00:00Z"), now).is_ok());
        assert!(may_wait(time("2027-01-01T00:00:00Z").next(), now).is_err());
    }

    #[test]
    fn what_waits_is_sent_as_it_was_asked_for() {
        let key = ScheduledMessage::key(ScheduledId::generate());
        let text = Content::Text(Body::stored("早安".to_owned()));
        let file = Content::File {
            kind: MessageKind::Image,
            url: "https://example.com/貓.png".to_owned(),
            media: None,
            caption: Some("貓".to_owned()),
        };
        for content in [text, file] {
            let draft = Draft {
                source: Source::Sender(content),
                extras: Extras { silent: true, ..Extras::default() },
                key: Some(key.clone()),
                reply_to: Some(MessageId(7)),
            };
            let stored = serde_json::to_string(&ScheduledContent::from(draft.clone())).unwrap();
            let read: ScheduledContent = serde_json::from_str(&stored).unwrap();
            assert_eq!(read.draft(key.clone()), draft);
        }
    }
}
