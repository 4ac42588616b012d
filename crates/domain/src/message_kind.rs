//! What a message carries.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a message carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum MessageKind {
    /// Text.
    Text,
    /// A picture.
    Image,
    /// A sound.
    Audio,
    /// Any other file.
    File,
    /// A film.
    Video,
}

impl MessageKind {
    /// The values on the wire, as the seed's errors list them.
    pub const VALUES: &'static str = "'text', 'image', 'audio', 'file' or 'video'";

    /// Returns the value on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Image => "image",
            Self::Audio => "audio",
            Self::File => "file",
            Self::Video => "video",
        }
    }

    /// Parses the value.
    pub fn parse(value: &str) -> Option<Self> {
        [Self::Text, Self::Image, Self::Audio, Self::File, Self::Video]
            .into_iter()
            .find(|k| k.as_str() == value)
    }
}
