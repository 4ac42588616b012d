//! Searching messages: what is asked for, which messages it finds, and where in their texts.

use schemars::JsonSchema;
use serde::Serialize;

use crate::id::{MessageId, UserId};
use crate::invalid::Invalid;
use crate::message::{MessageKind, MessageSeq};
use crate::time::Time;

mod folded;
mod token;

use folded::FoldedChar;
pub use token::Token;

/// The text that is searched for: terms parted by blanks, all of which a message must have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query(Vec<Vec<char>>);

/// The messages that are searched for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Search {
    /// What they say.
    pub query: Query,
    /// Who sent them.
    pub sender: Option<UserId>,
    /// What they carry.
    pub kind: Option<MessageKind>,
    /// They were sent before this.
    pub before: Option<Time>,
    /// They were sent then or later.
    pub after: Option<Time>,
    /// They are older than this message.
    pub older_than: Option<MessageId>,
    /// How many at most.
    pub limit: usize,
}

/// A text of a message that is searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SearchedField {
    /// The text of a text message.
    Content,
    /// The text under a file.
    Caption,
    /// The name of an uploaded file.
    FileName,
}

/// Where a term of the query is in a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Match {
    /// The text that it is in.
    pub field: SearchedField,
    /// How many code points of the text are before it.
    pub start: usize,
    /// How many code points of the text it takes.
    pub length: usize,
}

/// What search needs of a message that was not unsent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Its id, which is its position in the log.
    pub id: MessageId,
    /// Its room and its number there.
    pub at: MessageSeq,
    /// Who sent it.
    pub sender: UserId,
    /// What it carries.
    pub kind: MessageKind,
    /// When it was sent.
    pub timestamp: Time,
    /// The text of a text message.
    pub content: Option<String>,
    /// The text under a file.
    pub caption: Option<String>,
    /// The name of an uploaded file.
    pub file_name: Option<String>,
}

impl Query {
    /// The longest text, in code points.
    pub const MAX: usize = 64;
    /// The most places that are named of one message.
    pub const MATCHES_MAX: usize = 100;

    /// Parses what is searched for.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        if text.chars().count() > Self::MAX {
            return Err(Invalid::TooLong(Self::MAX));
        }
        let folded = folded::fold(text);
        let mut terms: Vec<Vec<char>> =
            words(&folded).map(|word| word.iter().map(|c| c.folded).collect()).collect();
        terms.sort_unstable();
        terms.dedup();
        if terms.is_empty() { Err(Invalid::TooShort(1)) } else { Ok(Self(terms)) }
    }

    /// Returns the tokens that every message has that this finds.
    pub fn tokens(&self) -> Vec<Token> {
        let mut tokens: Vec<Token> = self.0.iter().flat_map(|term| token::of_term(term)).collect();
        tokens.sort_unstable();
        tokens.dedup();
        tokens
    }

    /// Returns where the terms are in a message, at most [`Query::MATCHES_MAX`] places; none if a term is missing.
    pub fn matches(&self, document: &Document) -> Option<Vec<Match>> {
        let texts: Vec<_> = document.texts().map(|(field, text)| (field, folded::fold(text))).collect();
        let mut all = Vec::new();
        for term in &self.0 {
            let before = all.len();
            for (field, text) in &texts {
                all.extend(places(text, term).map(|(start, end)| Match {
                    field: *field,
                    start,
                    length: end - start,
                }));
            }
            if all.len() == before {
                return None;
            }
        }
        all.sort_unstable();
        all.dedup();
        all.truncate(Self::MATCHES_MAX);
        Some(all)
    }
}

impl Search {
    /// How many messages a page has by default.
    pub const DEFAULT: usize = 20;
    /// The most messages that one page has.
    pub const MAX: usize = 50;

    /// Returns where a message of a room that is searched has the terms; none if it is not searched for.
    pub fn matches(&self, document: &Document) -> Option<Vec<Match>> {
        let wanted = self.sender.is_none_or(|sender| sender == document.sender)
            && self.kind.is_none_or(|kind| kind == document.kind)
            && self.before.is_none_or(|before| document.timestamp < before)
            && self.after.is_none_or(|after| document.timestamp >= after);
        if wanted { self.query.matches(document) } else { None }
    }

    /// Returns the tokens that every message has that is searched for.
    pub fn tokens(&self) -> Vec<Token> {
        let sender = self.sender.map(Token::of_sender);
        self.query.tokens().into_iter().chain(sender).chain(self.kind.map(Token::of_kind)).collect()
    }

    /// Returns the tokens of the first and the last day of messages that are searched for, if these are bounded.
    pub fn days(&self) -> Option<(Token, Token)> {
        (self.after.is_some() || self.before.is_some()).then(|| {
            (
                self.after.map_or(Token::FIRST_DAY, Token::of_day),
                self.before.map_or(Token::LAST_DAY, Token::of_day),
            )
        })
    }
}

impl Document {
    /// Returns the texts that are searched.
    pub fn texts(&self) -> impl Iterator<Item = (SearchedField, &str)> {
        let content = self.content.as_deref().filter(|_| self.kind == MessageKind::Text);
        [
            (SearchedField::Content, content),
            (SearchedField::Caption, self.caption.as_deref()),
            (SearchedField::FileName, self.file_name.as_deref()),
        ]
        .into_iter()
        .filter_map(|(field, text)| Some((field, text?)))
    }

    /// Returns the tokens under which the message is found, each once.
    pub fn tokens(&self) -> Vec<Token> {
        let mut tokens = vec![
            Token::of_room(self.at.room),
            Token::of_sender(self.sender),
            Token::of_kind(self.kind),
            Token::of_day(self.timestamp),
        ];
        for (_, text) in self.texts() {
            let folded = folded::fold(text);
            for word in words(&folded) {
                let word: Vec<char> = word.iter().map(|c| c.folded).collect();
                tokens.extend(token::of_word(&word));
            }
        }
        tokens.sort_unstable();
        tokens.dedup();
        tokens
    }
}

/// Returns a text as search compares it.
pub fn folded(text: &str) -> String {
    folded::fold(text).into_iter().map(|c| c.folded).collect()
}

/// Splits a text at its blanks.
fn words(text: &[FoldedChar]) -> impl Iterator<Item = &[FoldedChar]> {
    text.split(|c| c.folded.is_whitespace()).filter(|word| !word.is_empty())
}

/// Returns where a term begins and ends in a text, one place after the other.
fn places(text: &[FoldedChar], term: &[char]) -> impl Iterator<Item = (usize, usize)> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let here = |window: &[FoldedChar]| window.iter().map(|c| c.folded).eq(term.iter().copied());
        let at = rest.windows(term.len().max(1)).position(here)?;
        let (found, after) = rest.get(at..)?.split_at_checked(term.len())?;
        rest = after;
        Some((found.first()?.start, found.last()?.end))
    })
}

#[cfg(test)]
mod tests;
