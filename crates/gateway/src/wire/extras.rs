//! What messages are sent with beside their content.

use std::borrow::Cow;

use deserr::{Deserr, IntoValue, Value, ValuePointerRef};
use domain::extras::{Mention, ShownAs, Sticker};
use domain::id::UserId;
use domain::invalid::Invalid;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::fields::{fields, integer, invalid, text};
use super::input::Input;
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
    start: Number<0, { i64::MAX }>,
    /// Its length in code points.
    length: Number<1, { i64::MAX }>,
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

/// A whole number of at least `MIN` and at most `MAX`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Number<const MIN: i64, const MAX: i64>(pub(crate) i64);

impl<const MIN: i64, const MAX: i64> Deserr<Problem> for Number<MIN, MAX> {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        place: ValuePointerRef<'_>,
    ) -> Result<Self, Problem> {
        match integer(value, place)? {
            number if number < MIN => Err(invalid(place, &Invalid::TooSmall(MIN))),
            number if number > MAX => Err(invalid(place, &Invalid::TooLarge(MAX))),
            number => Ok(Self(number)),
        }
    }
}

impl<const MIN: i64, const MAX: i64> JsonSchema for Number<MIN, MAX> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Number".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let mut schema =
            json_schema!({ "type": ["integer", "string"], "minimum": MIN, "pattern": r"^\s*\+?[0-9]+\s*$" });
        if MAX < i64::MAX {
            schema.insert("maximum".to_owned(), MAX.into());
        }
        schema
    }
}
