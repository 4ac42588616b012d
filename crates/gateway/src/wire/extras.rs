//! What messages are sent with beside their content.

use deserr::Deserr;
use domain::extras::{Mention, ShownAs, Sticker};
use domain::id::UserId;
use domain::invalid::Invalid;
use schemars::JsonSchema;

use super::fields::{fields, text};
use super::input::Input;
use super::number::Count;
use crate::problem::Problem;

/// The most values of a waveform.
pub(super) const WAVEFORM_MAX: usize = 100;

/// A part of the text that mentions somebody.
#[derive(Debug, Clone, Copy, Deserr, JsonSchema)]
#[deserr(error = Problem)]
pub(crate) struct SentMention {
    /// Who is mentioned, a member of the room; all members if absent.
    #[deserr(default)]
    user_id: Option<UserId>,
    /// Where it begins in the text, in code points.
    start: Count<0>,
    /// Its length in code points.
    length: Count<1>,
}

impl SentMention {
    fn parsed(self) -> Mention {
        Mention { user_id: self.user_id, start: self.start.0, length: self.length.0 }
    }
}

/// Returns what is mentioned.
pub(super) fn mentions(sent: Option<Vec<SentMention>>) -> Vec<Mention> {
    sent.into_iter().flatten().map(SentMention::parsed).collect()
}

/// Checks that mentions are within their text.
pub(super) fn mentions_fit(input: &Input, sent: Option<&[SentMention]>, text: &str) -> Result<(), Problem> {
    let mentions: Vec<Mention> = sent.into_iter().flatten().copied().map(SentMention::parsed).collect();
    Mention::check(&mentions, text).map_err(|rule| input.invalid("mentions", &rule))
}

/// A sticker.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Problem)]
pub(crate) struct SentSticker {
    /// The pack.
    #[schemars(with = "String", length(min = 1, max = 64))]
    pack: StickerName,
    /// The sticker in the pack.
    #[schemars(with = "String", length(min = 1, max = 64))]
    id: StickerName,
}

impl SentSticker {
    pub(super) fn named(self) -> Sticker {
        Sticker { pack: self.pack.0, id: self.id.0 }
    }
}

#[derive(Debug)]
struct StickerName(String);

impl StickerName {
    /// The longest, in code points.
    const MAX: usize = 64;

    fn parse(text: &str) -> Result<Self, Invalid> {
        match text.chars().count() {
            0 => Err(Invalid::TooShort(1)),
            1..=Self::MAX => Ok(Self(text.to_owned())),
            _ => Err(Invalid::TooLong(Self::MAX)),
        }
    }
}

fields! {
    ShownAs: |value, place| text(value, place, |value| ShownAs::parse(value).ok_or(Invalid::NotOneOf(ShownAs::VALUES))),
    StickerName: |value, place| text(value, place, StickerName::parse),
}
