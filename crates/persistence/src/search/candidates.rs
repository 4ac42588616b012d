//! Which messages the index names for a search; these alone are read.

use std::collections::BTreeMap;

use domain::id::RoomId;
use domain::search::{Search, Token};

use super::postings::{self, PositionSet, Postings};
use crate::conn::Conn;
use crate::error::Error;

/// The tokens of a search.
pub(super) struct Tokens {
    /// A message has one of these.
    rooms: Vec<Token>,
    /// And each of these.
    all: Vec<Token>,
    /// And one from the first to the last of these.
    days: Option<(Token, Token)>,
}

impl Tokens {
    pub(super) fn new(search: &Search, rooms: &[RoomId]) -> Self {
        let mut all = search.tokens();
        all.sort_unstable();
        Self { rooms: rooms.iter().copied().map(Token::of_room).collect(), all, days: search.days() }
    }
}

/// The blocks below a position, the newest first, a few at the beginning and then more at once.
pub(super) struct Blocks {
    below: i64,
    at_once: i64,
}

impl Blocks {
    const FIRST: i64 = 4;
    const MOST: i64 = 64;

    pub(super) fn from(position: i64) -> Self {
        let below = if position > 1 { postings::place(position - 1).0 + 1 } else { 0 };
        Self { below, at_once: Self::FIRST }
    }
}

impl Iterator for Blocks {
    type Item = Vec<i64>;

    fn next(&mut self) -> Option<Vec<i64>> {
        let first = (self.below - self.at_once).max(0);
        let blocks: Vec<i64> = (first..self.below).collect();
        self.below = first;
        self.at_once = (4 * self.at_once).min(Self::MOST);
        (!blocks.is_empty()).then_some(blocks)
    }
}

/// Returns the positions in these blocks of messages that have the tokens, the newest first.
pub(super) fn find(conn: &mut Conn, blocks: &[i64], tokens: &Tokens) -> Result<Vec<i64>, Error> {
    let mut found = union(postings::of_tokens(conn, blocks, &tokens.rooms)?);
    if let (Some(days), false) = (tokens.days, found.is_empty()) {
        let days = union(postings::of_range(conn, &keys(&found), days)?);
        found.retain(|block, set| days.get(block).is_some_and(|days| keep(set, days)));
    }
    if !found.is_empty() {
        let lists = postings::of_tokens(conn, &keys(&found), &tokens.all)?;
        intersect(&mut found, &lists, tokens.all.len());
    }
    Ok(found.into_iter().rev().flat_map(|(block, set)| set.newest(block).collect::<Vec<_>>()).collect())
}

fn keys(sets: &BTreeMap<i64, PositionSet>) -> Vec<i64> {
    sets.keys().copied().collect()
}

/// Returns the positions of each block that are in any of the lists.
fn union(lists: Vec<Postings>) -> BTreeMap<i64, PositionSet> {
    let mut sets = BTreeMap::new();
    for list in lists {
        sets.entry(list.block).or_insert_with(PositionSet::empty).add(&list);
    }
    sets
}

/// Keeps those positions that are in all lists, of which each block must have so many.
fn intersect(sets: &mut BTreeMap<i64, PositionSet>, lists: &[Postings], count: usize) {
    let mut present: BTreeMap<i64, usize> = BTreeMap::new();
    for list in lists {
        *present.entry(list.block).or_default() += 1;
    }
    sets.retain(|block, _| present.get(block) == Some(&count));
    for list in lists {
        if let Some(set) = sets.get_mut(&list.block) {
            let mut of_list = PositionSet::empty();
            of_list.add(list);
            set.intersect(&of_list);
        }
    }
    sets.retain(|_, set| !set.is_empty());
}

/// Keeps those positions of a set that another has, too; returns whether there are any.
fn keep(set: &mut PositionSet, other: &PositionSet) -> bool {
    set.intersect(other);
    !set.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_blocks_are_looked_at_once_and_the_newest_first() {
        for last in [0, 1, 3, 4, 5, 19, 20, 21, 84, 85, 300] {
            let mut all: Vec<Vec<i64>> = Blocks::from((last << 14) + 5).collect();
            assert!(all.iter().all(|blocks| blocks.len() <= 64));
            assert!(all.is_sorted_by(|newer, older| newer[0] > older[older.len() - 1]));
            all.reverse();
            assert_eq!(all.concat(), (0..=last).collect::<Vec<_>>());
        }
        assert_eq!(Blocks::from(0).next(), None);
        assert_eq!(Blocks::from(i64::MIN).next(), None);
        assert_eq!(Blocks::from(1 << 14).next(), Some(vec![0]));
    }
}
