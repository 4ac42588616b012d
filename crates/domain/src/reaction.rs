//! Reactions: one picture that a member puts to a message.

use schemars::JsonSchema;
use serde::Serialize;
use unicode_properties::{EmojiStatus, UnicodeEmoji};

use crate::id::UserId;
use crate::invalid::Invalid;

/// One emoji as people see it, however many code points it is made of, in its fully-qualified spelling
/// (Unicode TS 51, ED-18): as emoji keyboards send it, with `U+FE0F` wherever a picture would else be text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Emoji(String);

/// The most different emoji that one message may have.
pub const DIFFERENT_MAX: usize = 20;

/// Where pictures begin: symbols that are one by themselves, and the planes that hold nothing else.
const PICTURES: [(char, char); 17] = [
    ('\u{a9}', '\u{a9}'),
    ('\u{ae}', '\u{ae}'),
    ('\u{203c}', '\u{203c}'),
    ('\u{2049}', '\u{2049}'),
    ('\u{2122}', '\u{2122}'),
    ('\u{2139}', '\u{2139}'),
    ('\u{2190}', '\u{21ff}'),
    ('\u{2300}', '\u{23ff}'),
    ('\u{2460}', '\u{24ff}'),
    ('\u{25a0}', '\u{27bf}'),
    ('\u{2900}', '\u{297f}'),
    ('\u{2b00}', '\u{2bff}'),
    ('\u{3030}', '\u{3030}'),
    ('\u{303d}', '\u{303d}'),
    ('\u{3297}', '\u{3299}'),
    // Between these two lie the letters of flags, which are pictures by twos only.
    ('\u{1f000}', '\u{1f1e5}'),
    ('\u{1f200}', '\u{1fbff}'),
];

const JOINER: char = '\u{200d}';
const KEYCAP: char = '\u{20e3}';
const TEXT_STYLE: char = '\u{fe0e}';
const EMOJI_STYLE: char = '\u{fe0f}';

impl Emoji {
    /// The longest, in bytes, as the database's column holds it.
    pub const BYTES_MAX: usize = 64;
    /// The longest, in code points; a kiss of two people of different skin has ten.
    pub const CHARS_MAX: usize = 10;

    /// Parses one emoji: a picture and what shapes it, pictures that joiners tie together, a flag, or a keycap.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let chars: Vec<char> = text.chars().take(Self::CHARS_MAX + 1).collect();
        if chars.is_empty() {
            return Err(Invalid::TooShort(1));
        }
        if chars.len() > Self::CHARS_MAX || text.len() > Self::BYTES_MAX {
            return Err(Invalid::TooLong(Self::CHARS_MAX));
        }
        if is_keycap(&chars) || is_flag(&chars) || is_picture(&chars) {
            return Ok(Self(qualified(&chars)));
        }
        Err(Invalid::Rule("emoji must be one emoji"))
    }

    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Spells an emoji with its style where it needs one, and nowhere else.
fn qualified(chars: &[char]) -> String {
    let bare: Vec<char> = chars.iter().copied().filter(|c| !matches!(*c, TEXT_STYLE | EMOJI_STYLE)).collect();
    let next = bare.iter().copied().skip(1).map(Some).chain([None]);
    let mut text = String::new();
    for (c, next) in bare.iter().zip(next) {
        text.push(*c);
        // A tone of the skin makes an emoji of what is before it.
        if is_text_by_itself(*c) && !next.is_some_and(is_tone) {
            text.push(EMOJI_STYLE);
        }
    }
    text
}

/// Whether a code point is shown as text unless a style follows it.
fn is_text_by_itself(c: char) -> bool {
    use EmojiStatus::{EmojiModifierBase, EmojiOther, EmojiOtherAndEmojiComponent};
    matches!(c.emoji_status(), EmojiModifierBase | EmojiOther | EmojiOtherAndEmojiComponent)
}

fn is_tone(c: char) -> bool {
    matches!(c, '\u{1f3fb}'..='\u{1f3ff}')
}

fn is_keycap(chars: &[char]) -> bool {
    matches!(chars, [key, rest @ .., KEYCAP] if matches!(key, '0'..='9' | '#' | '*') && matches!(rest, [] | ['\u{fe0f}']))
}

fn is_flag(chars: &[char]) -> bool {
    matches!(chars, ['\u{1f1e6}'..='\u{1f1ff}', '\u{1f1e6}'..='\u{1f1ff}'])
}

fn is_picture(chars: &[char]) -> bool {
    chars.split(|c| *c == JOINER).all(|part| match part {
        [first, shape @ ..] => {
            PICTURES.iter().any(|(from, to)| (from..=to).contains(&first))
                && shape.iter().copied().all(shapes)
        }
        [] => false,
    })
}

/// Whether a code point only shapes the picture before it: its skin, its style, or the letters of a flag.
fn shapes(c: char) -> bool {
    is_tone(c) || matches!(c, TEXT_STYLE | EMOJI_STYLE | '\u{e0020}'..='\u{e007f}')
}

/// Who put one emoji to a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Reaction {
    /// The emoji.
    pub emoji: String,
    /// How many did.
    pub count: usize,
    /// Who they are, the first one first.
    pub user_ids: Vec<UserId>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_emoji_is_taken_however_it_is_put_together() {
        for text in [
            "👍",
            "❤️",
            "👍🏽",
            "🇹🇼",
            "1️⃣",
            "#️⃣",
            "©️",
            "→",
            "✌🏽",
            "‼️",
            "㊗️",
            "☺️",
            "▶️",
            "🫡",
            "👨‍👩‍👧‍👦",
            "🏳️‍🌈",
            "👩🏽‍❤️‍💋‍👨🏿",
            "🏴󠁧󠁢󠁥󠁮󠁧󠁿",
        ] {
            assert_eq!(Emoji::parse(text).map(|emoji| emoji.0), Ok(text.to_owned()), "{text}");
        }
    }

    #[test]
    fn an_emoji_is_one_with_and_without_its_style() {
        for (bare, styled) in [
            ("❤", "❤️"),
            ("❤\u{fe0e}", "❤️"),
            ("👍\u{fe0f}", "👍"),
            ("✌\u{fe0f}🏽", "✌🏽"),
            ("1⃣", "1️⃣"),
            ("©", "©️"),
            ("🏳‍🌈", "🏳️‍🌈"),
            ("👩🏽‍❤‍💋‍👨🏿", "👩🏽‍❤️‍💋‍👨🏿"),
        ] {
            for text in [bare, styled] {
                assert_eq!(Emoji::parse(text).map(|emoji| emoji.0), Ok(styled.to_owned()), "{text:?}");
            }
        }
    }

    #[test]
    fn what_is_no_single_emoji_is_refused() {
        for text in [
            "a",
            "讚",
            "+1",
            "!",
            "👍👍",
            "👍 ",
            " ",
            "\u{0}",
            "\u{200d}",
            "👍\u{200d}",
            "\u{fe0f}",
            "🇹",
            "🇹🇼🇹🇼",
            "1",
            "\u{202e}",
            "👍\u{202e}",
            "12\u{20e3}",
            "：）",
        ] {
            assert!(matches!(Emoji::parse(text), Err(Invalid::Rule(_))), "{text:?}");
        }
        assert_eq!(Emoji::parse(""), Err(Invalid::TooShort(1)));
        assert_eq!(Emoji::parse(&"👍".repeat(11)), Err(Invalid::TooLong(10)));
        assert_eq!(Emoji::parse(&format!("👍{}", "\u{fe0f}".repeat(10))), Err(Invalid::TooLong(10)));
    }
}
