//! Tokens: what the index of messages finds a message by.

use crate::id::{RoomId, UserId};
use crate::message::MessageKind;
use crate::time::Time;

/// Something that a message has: one, two or three characters in a row, or a room, a sender, a kind or a day.
///
/// Characters are packed as they are, 21 bits each; rooms alone are hashed, so that two of them may have one token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Token(pub i64);

const CHAR_BITS: u32 = 21;
/// Above all that begin with a character.
const KINDS: i64 = 0x11_0000 << (2 * CHAR_BITS);
const SENDERS: i64 = 0x12_0000 << (2 * CHAR_BITS);
const DAYS: i64 = 0x13_0000 << (2 * CHAR_BITS);
const DAY_SECONDS: i64 = 24 * 60 * 60;

impl Token {
    /// Below the tokens of all days.
    pub const FIRST_DAY: Self = Self(DAYS - (1 << 32));
    /// Above the tokens of all days.
    pub const LAST_DAY: Self = Self(DAYS + (1 << 32));

    /// Returns the token of the messages of a room.
    pub fn of_room(room: RoomId) -> Self {
        let (_, random) = room.0.as_u64_pair();
        Self(random.cast_signed() | i64::MIN)
    }

    /// Returns the token of the messages of a sender.
    pub fn of_sender(sender: UserId) -> Self {
        Self(SENDERS + sender.0)
    }

    /// Returns the token of the messages of a kind.
    pub fn of_kind(kind: MessageKind) -> Self {
        let number = match kind {
            MessageKind::Text => 0,
            MessageKind::Image => 1,
            MessageKind::Audio => 2,
            MessageKind::File => 3,
            MessageKind::Video => 4,
        };
        Self(KINDS + number)
    }

    /// Returns the token of the messages of a day in UTC.
    pub fn of_day(time: Time) -> Self {
        Self(DAYS + time.unix_seconds().div_euclid(DAY_SECONDS))
    }

    fn of_chars(chars: &[char]) -> Self {
        let packed = (0..3).fold(0, |packed, at| {
            packed << CHAR_BITS | chars.get(at).map_or(0, |c| i64::from(u32::from(*c)))
        });
        Self(packed)
    }
}

/// Returns the tokens of a word of a message: its characters, pairs, and the triples of alphabets.
pub(super) fn of_word(word: &[char]) -> impl Iterator<Item = Token> {
    let triples = word.windows(3).filter(|triple| is_alphabetic(triple));
    word.chunks(1).chain(word.windows(2)).chain(triples).map(Token::of_chars)
}

/// Returns the fewest tokens that every word has that contains a term.
pub(super) fn of_term(term: &[char]) -> Vec<Token> {
    if let [_] = term {
        return vec![Token::of_chars(term)];
    }
    let is_triple = |at: usize| term.get(at..at + 3).is_some_and(is_alphabetic);
    let in_triple = |at: usize| is_triple(at) || at.checked_sub(1).is_some_and(is_triple);
    let pairs = term.windows(2).enumerate().filter(|(at, _)| !in_triple(*at)).map(|(_, pair)| pair);
    let triples = term.windows(3).filter(|triple| is_alphabetic(triple));
    pairs.chain(triples).map(Token::of_chars).collect()
}

/// Returns whether characters are of alphabets, whose pairs are common: all below the scripts of East Asia.
fn is_alphabetic(chars: &[char]) -> bool {
    chars.iter().all(|c| *c < '\u{2E80}')
}
