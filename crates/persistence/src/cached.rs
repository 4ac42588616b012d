//! Prepared statements over lists, cached by a connection for each length of list.
//!
//! Diesel caches no statement whose text depends on its values, which would be one for every length of a list. Here
//! lists have few lengths, and so few statements are cached.

use diesel::backend::Backend;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};

/// The lengths that lists may have, and beyond the longest its multiples.
const LENGTHS: [usize; 24] =
    [1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28, 32, 40, 48, 56, 64, 80, 96, 112, LONGEST];

const LONGEST: usize = 128;

/// A query whose prepared statement the connection caches by its text.
pub(crate) struct Cached<Q>(Q);

/// Has the connection cache the statement of a query; its lists must come from [`pad_in_list`] or [`chunks`].
pub(crate) fn cached<Q>(query: Q) -> Cached<Q> {
    Cached(query)
}

impl<Q> QueryId for Cached<Q> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Q: Query> Query for Cached<Q> {
    type SqlType = Q::SqlType;
}

impl<Q, DB: Backend> QueryFragment<DB> for Cached<Q>
where
    Q: QueryFragment<DB>,
{
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        self.0.walk_ast(out)
    }

    fn is_safe_to_cache_prepared(&self, _backend: &DB) -> QueryResult<bool> {
        Ok(true)
    }
}

impl<Q, C> RunQueryDsl<C> for Cached<Q> {}

/// Repeats the last value until the list has one of the lengths: for lists in which a value may occur twice.
pub(crate) fn pad_in_list<T: Copy>(values: &[T]) -> Vec<T> {
    let mut padded = values.to_vec();
    if let Some(last) = values.last() {
        let length = LENGTHS.iter().copied().find(|length| *length >= values.len());
        padded.resize(length.unwrap_or_else(|| values.len().next_multiple_of(LONGEST)), *last);
    }
    padded
}

/// Splits a list into chunks that each have one of the lengths: for lists in which every value occurs once.
pub(crate) fn chunks<T>(mut values: &[T]) -> impl Iterator<Item = &[T]> {
    std::iter::from_fn(move || {
        let length = LENGTHS.iter().rev().find(|length| **length <= values.len())?;
        let (chunk, rest) = values.split_at_checked(*length)?;
        values = rest;
        Some(chunk)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_padded_to_the_next_length() {
        assert_eq!(pad_in_list(&[1, 2, 3, 4, 5, 6, 7, 8, 9]), [1, 2, 3, 4, 5, 6, 7, 8, 9, 9]);
        assert_eq!(pad_in_list(&[7]), [7]);
        assert!(pad_in_list::<i64>(&[]).is_empty());
        assert_eq!(pad_in_list(&[1; 97]).len(), 112);
        assert_eq!(pad_in_list(&[1; 129]).len(), 256, "beyond the longest to its next multiple");
        assert_eq!(pad_in_list(&[1; 256]).len(), 256);
    }

    #[test]
    fn the_chunks_of_a_list_are_the_list() {
        for count in 0..300 {
            let list: Vec<usize> = (0..count).collect();
            let cut: Vec<&[usize]> = chunks(&list).collect();
            assert!(cut.iter().all(|chunk| LENGTHS.contains(&chunk.len())));
            assert_eq!(cut.concat(), list);
        }
    }
}
