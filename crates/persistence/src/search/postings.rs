//! Posting lists: for a block of positions and a token, at which offsets of the block the messages are that have it.

use std::collections::BTreeMap;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary};
use domain::search::Token;

use crate::cached::{cached, chunks, pad_in_list};
use crate::conn::Conn;
use crate::error::Error;
use crate::pairs::force_index;

/// How many positions a block has, as a power of two.
const BLOCK_BITS: u32 = 14;
const WORDS: usize = (1 << BLOCK_BITS) / 64;

/// The most tokens in one statement.
const TOKENS_MAX: usize = 128;

/// A block and a token.
pub(super) type Key = (i64, Token);

/// Returns the block of a position and its offset there.
pub(super) fn place(position: i64) -> (i64, u16) {
    let offset = position & ((1 << BLOCK_BITS) - 1);
    (position >> BLOCK_BITS, u16::try_from(offset).unwrap_or_default())
}

/// A posting list as it is stored.
#[derive(QueryableByName)]
pub(super) struct Postings {
    #[diesel(sql_type = BigInt)]
    pub(super) block: i64,
    #[diesel(sql_type = BigInt)]
    pub(super) token: i64,
    #[diesel(sql_type = Binary)]
    offsets: Vec<u8>,
}

/// A set of positions of one block.
#[derive(Clone)]
pub(super) struct PositionSet([u64; WORDS]);

impl PositionSet {
    pub(super) fn empty() -> Self {
        Self([0; WORDS])
    }

    pub(super) fn add(&mut self, postings: &Postings) {
        for offset in offsets(&postings.offsets) {
            let (word, bit) = (usize::from(offset / 64), offset % 64);
            if let Some(word) = self.0.get_mut(word) {
                *word |= 1 << bit;
            }
        }
    }

    pub(super) fn intersect(&mut self, other: &Self) {
        for (word, other) in self.0.iter_mut().zip(&other.0) {
            *word &= other;
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    /// Returns the positions of a block, the newest first.
    pub(super) fn newest(&self, block: i64) -> impl Iterator<Item = i64> {
        let words = (block << BLOCK_BITS..).step_by(64).zip(self.0);
        let bits = |(first, word): (i64, u64)| {
            (0..64).rev().filter(move |bit| word >> bit & 1 == 1).map(move |bit| first + bit)
        };
        words.take(WORDS).collect::<Vec<_>>().into_iter().rev().flat_map(bits)
    }
}

fn offsets(stored: &[u8]) -> impl Iterator<Item = u16> {
    stored.chunks_exact(2).filter_map(|bytes| bytes.try_into().ok().map(u16::from_be_bytes))
}

/// Returns the lists of these tokens in these blocks, as far as there are any.
pub(super) fn of_tokens(conn: &mut Conn, blocks: &[i64], tokens: &[Token]) -> Result<Vec<Postings>, Error> {
    let mut all = Vec::new();
    for tokens in tokens.chunks(TOKENS_MAX) {
        let (blocks, tokens) = (pad_in_list(blocks), pad_in_list(tokens));
        let in_tokens = format!("token IN ({})", vec!["?"; tokens.len()].join(", "));
        let query = select(conn, blocks.len(), &in_tokens);
        let found: Vec<Postings> = on_each!(conn, |c| {
            let mut query = diesel::sql_query(query).into_boxed();
            for value in blocks.iter().copied().chain(tokens.iter().map(|token| token.0)) {
                query = query.bind::<BigInt, _>(value);
            }
            cached(query).load(c)?
        });
        all.extend(found);
    }
    Ok(all)
}

/// Returns the lists of all tokens from the first to the last in these blocks.
pub(super) fn of_range(
    conn: &mut Conn,
    blocks: &[i64],
    (first, last): (Token, Token),
) -> Result<Vec<Postings>, Error> {
    let blocks = pad_in_list(blocks);
    let query = select(conn, blocks.len(), "token BETWEEN ? AND ?");
    Ok(on_each!(conn, |c| {
        let mut query = diesel::sql_query(query).into_boxed();
        for value in blocks.iter().copied().chain([first.0, last.0]) {
            query = query.bind::<BigInt, _>(value);
        }
        cached(query).load(c)?
    }))
}

fn select(conn: &Conn, blocks: usize, condition: &str) -> String {
    format!(
        "SELECT block, token, offsets FROM search_postings {} WHERE block IN ({}) AND {condition}",
        force_index(conn, "PRIMARY"),
        vec!["?"; blocks].join(", "),
    )
}

/// Adds offsets to lists.
pub(super) fn append(conn: &mut Conn, new: BTreeMap<Key, Vec<u16>>) -> Result<(), Error> {
    let lists: Vec<(i64, i64, Vec<u8>)> = new
        .into_iter()
        .map(|((block, token), offsets)| {
            (block, token.0, offsets.into_iter().flat_map(u16::to_be_bytes).collect())
        })
        .collect();
    for lists in chunks(&lists) {
        let values = vec!["(?, ?, ?)"; lists.len()].join(", ");
        let on_conflict = match conn {
            Conn::Mysql(_) => "ON DUPLICATE KEY UPDATE offsets = CONCAT(offsets, VALUES(offsets))",
            // Bytes that are put together become text.
            Conn::Sqlite(_) => {
                "ON CONFLICT (block, token) DO UPDATE SET offsets = CAST(offsets || excluded.offsets AS BLOB)"
            }
        };
        let query =
            format!("INSERT INTO search_postings (block, token, offsets) VALUES {values} {on_conflict}");
        on_each!(conn, |c| {
            let mut query = diesel::sql_query(query).into_boxed();
            for (block, token, offsets) in lists {
                query = query
                    .bind::<BigInt, _>(*block)
                    .bind::<BigInt, _>(*token)
                    .bind::<Binary, _>(offsets.as_slice());
            }
            cached(query).execute(c)?
        });
    }
    Ok(())
}

/// Takes a position out of the lists of these tokens.
pub(super) fn remove(conn: &mut Conn, position: i64, tokens: &[Token]) -> Result<(), Error> {
    let (block, gone) = place(position);
    let mut left = BTreeMap::new();
    for postings in of_tokens(conn, &[block], tokens)? {
        let others: Vec<u16> = offsets(&postings.offsets).filter(|offset| *offset != gone).collect();
        if !others.is_empty() {
            left.insert((block, Token(postings.token)), others);
        }
    }
    for tokens in tokens.chunks(TOKENS_MAX) {
        let tokens = pad_in_list(tokens);
        let list = vec!["?"; tokens.len()].join(", ");
        let query = format!("DELETE FROM search_postings WHERE block = ? AND token IN ({list})");
        on_each!(conn, |c| {
            let mut query = diesel::sql_query(query).into_boxed().bind::<BigInt, _>(block);
            for token in &tokens {
                query = query.bind::<BigInt, _>(token.0);
            }
            cached(query).execute(c)?
        });
    }
    append(conn, left)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_has_the_positions_of_its_lists() {
        let positions = [3, 64, 65, 16_383];
        let list = |block: i64| {
            let stored = positions.iter().flat_map(|at| place(block * 16_384 + at).1.to_be_bytes());
            Postings { block, token: 1, offsets: stored.collect() }
        };
        let mut set = PositionSet::empty();
        assert!(set.is_empty());
        set.add(&list(2));
        set.add(&list(2));
        assert_eq!(set.newest(2).collect::<Vec<_>>(), [49_151, 32_833, 32_832, 32_771]);
        let mut other = PositionSet::empty();
        other.add(&Postings { block: 2, token: 1, offsets: vec![0, 64] });
        set.intersect(&other);
        assert_eq!(set.newest(2).collect::<Vec<_>>(), [32_832]);
        assert_eq!(place(32_832), (2, 64));
    }
}
