//! What a message has beside its content: whom it mentions, how it is shown, how it came.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::UserId;
use crate::invalid::Invalid;
use crate::link_preview::LinkPreview;

/// The most messages that an album has.
pub const ALBUM_MAX: usize = 20;

/// Among how many of a room's newest messages an album is counted.
pub const ALBUM_WINDOW: i64 = 100;

/// What a message has beside its content; what it does not have is left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Extras {
    /// Whether its content was that of another message.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub forwarded: bool,
    /// The sender's name for the album that it is in, with their other files of the room under that name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub album_id: Option<String>,
    /// What its file is shown as.
    #[serde(rename = "kind", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "ShownAs")]
    pub shown_as: Option<ShownAs>,
    /// How long its sound is, in milliseconds, as the sender says.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "i64")]
    pub duration_ms: Option<i64>,
    /// How loud its sound is along its length, 0 to 31, as the sender says.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub waveform: Vec<i64>,
    /// Which sticker its picture is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Sticker")]
    pub sticker: Option<Sticker>,
    /// Whom its text mentions, in the order of the text.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mentions: Vec<Mention>,
    /// Whether its receivers are to be spared a notification.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub silent: bool,
    /// What the page behind the first link of its text says of itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "LinkPreview")]
    pub preview: Option<LinkPreview>,
}

/// What a file is shown as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ShownAs {
    /// A sound as a voice message.
    Voice,
    /// A picture as a sticker.
    Sticker,
}

impl ShownAs {
    /// The values on the wire, as errors list them.
    pub const VALUES: &'static str = "'voice' or 'sticker'";

    /// Parses the value on the wire.
    pub fn parse(value: &str) -> Option<Self> {
        match value {
            "voice" => Some(Self::Voice),
            "sticker" => Some(Self::Sticker),
            _ => None,
        }
    }
}

/// A sticker, as clients name it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Sticker {
    /// The pack.
    pub pack: String,
    /// The sticker in the pack.
    pub id: String,
}

/// A part of a text that mentions somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Mention {
    /// Who is mentioned; null for all members.
    pub user_id: Option<UserId>,
    /// Where it begins in the text, or the caption, in code points.
    pub start: i64,
    /// Its length in code points.
    pub length: i64,
}

impl Mention {
    /// The most mentions that a text has.
    pub const MAX: usize = 50;

    /// Checks that mentions follow each other within a text.
    pub fn check(mentions: &[Self], text: &str) -> Result<(), Invalid> {
        if mentions.len() > Self::MAX {
            return Err(Invalid::Rule("A message has at most 50 mentions"));
        }
        let end = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
        let mut from = 0;
        for mention in mentions {
            let to = mention.start.saturating_add(mention.length);
            if mention.start < from || mention.length < 1 || to > end {
                return Err(Invalid::Rule("Mentions follow each other within the text, without overlapping"));
            }
            from = to;
        }
        Ok(())
    }
}

impl Extras {
    /// Returns the value in the database; none if there is nothing.
    pub fn stored(&self) -> serde_json::Result<Option<String>> {
        if *self == Self::default() { Ok(None) } else { serde_json::to_string(self).map(Some) }
    }

    /// Parses the value in the database.
    pub fn parse(value: &str) -> serde_json::Result<Self> {
        serde_json::from_str(value)
    }

    /// Returns what a message with the same content has too, sent by another.
    #[must_use]
    pub fn forwarded(&self) -> Self {
        let Self { shown_as, duration_ms, waveform, sticker, .. } = self.clone();
        Self { forwarded: true, shown_as, duration_ms, waveform, sticker, ..Self::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mention(start: i64, length: i64) -> Mention {
        Mention { user_id: Some(UserId(7)), start, length }
    }

    #[test]
    fn mentions_follow_each_other_within_the_text() {
        let text = "@小明 你好 @阿美";
        for fine in
            [&[][..], &[mention(0, 3)], &[mention(0, 3), mention(7, 3)], &[mention(0, 3), mention(3, 7)]]
        {
            assert_eq!(Mention::check(fine, text), Ok(()), "{fine:?}");
        }
        let wrong = [
            &[mention(-1, 3)][..],
            &[mention(0, 0)],
            &[mention(7, 4)],
            &[mention(0, 3), mention(2, 3)],
            &[mention(7, 3), mention(0, 3)],
            &[mention(i64::MAX, i64::MAX)],
        ];
        for wrong in wrong {
            assert!(Mention::check(wrong, text).is_err(), "{wrong:?}");
        }
        let long = "字".repeat(Mention::MAX + 1);
        let many: Vec<Mention> = (0..).take(Mention::MAX + 1).map(|start| mention(start, 1)).collect();
        assert_eq!(Mention::check(&many[1..], &long), Ok(()));
        assert!(Mention::check(&many, &long).is_err());
    }

    #[test]
    fn what_is_stored_is_read_back_and_nothing_is_stored_of_nothing() {
        assert_eq!(Extras::default().stored().unwrap(), None);
        let extras = Extras {
            album_id: Some("相簿".to_owned()),
            waveform: vec![0, 31],
            mentions: vec![mention(0, 3), Mention { user_id: None, ..mention(3, 1) }],
            silent: true,
            ..Extras::default()
        };
        assert_eq!(Extras::parse(&extras.stored().unwrap().unwrap()).unwrap(), extras);
    }

    #[test]
    fn a_forwarded_message_keeps_what_belongs_to_its_file_alone() {
        let sent = Extras {
            album_id: Some("相簿".to_owned()),
            shown_as: Some(ShownAs::Voice),
            duration_ms: Some(900),
            mentions: vec![mention(0, 3)],
            silent: true,
            ..Extras::default()
        };
        let kept = Extras {
            forwarded: true,
            duration_ms: Some(900),
            shown_as: Some(ShownAs::Voice),
            ..Extras::default()
        };
        assert_eq!(sent.forwarded(), kept);
    }
}
