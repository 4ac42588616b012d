//! Statements over lists, prepared once for each length and not each time: a connection keeps them by their text.
//!
//! Diesel keeps no statement whose text depends on its values, lest there be one for every length of a list. Here
//! lists have few lengths, and so few statements are kept.

use diesel::backend::Backend;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};

/// The lengths that lists may have.
const LENGTHS: [usize; 24] =
    [1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28, 32, 40, 48, 56, 64, 80, 96, 112, 128];

/// A query whose prepared statement the connection keeps; its lists must be [`filled`] or come in [`pieces`].
pub(crate) struct Kept<Q>(pub(crate) Q);

impl<Q> QueryId for Kept<Q> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Q: Query> Query for Kept<Q> {
    type SqlType = Q::SqlType;
}

impl<Q, DB: Backend> QueryFragment<DB> for Kept<Q>
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

impl<Q, C> RunQueryDsl<C> for Kept<Q> {}

/// Repeats the last value until the list has one of the lengths: for lists in which a value may stand twice.
pub(crate) fn filled<T: Copy>(values: &[T]) -> Vec<T> {
    let mut filled = values.to_vec();
    if let (Some(last), Some(length)) =
        (values.last(), LENGTHS.iter().find(|length| **length >= values.len()))
    {
        filled.resize(*length, *last);
    }
    filled
}

/// Cuts a list into pieces that each have one of the lengths: for lists in which every value stands once.
pub(crate) fn pieces<T>(mut values: &[T]) -> impl Iterator<Item = &[T]> {
    std::iter::from_fn(move || {
        let length = LENGTHS.iter().rev().find(|length| **length <= values.len())?;
        let (piece, rest) = values.split_at_checked(*length)?;
        values = rest;
        Some(piece)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_filled_to_the_next_length() {
        assert_eq!(filled(&[1, 2, 3, 4, 5, 6, 7, 8, 9]), [1, 2, 3, 4, 5, 6, 7, 8, 9, 9]);
        assert_eq!(filled(&[7]), [7]);
        assert!(filled::<i64>(&[]).is_empty());
        assert_eq!(filled(&[1; 97]).len(), 112);
        assert_eq!(filled(&[1; 129]).len(), 129, "beyond the longest it stays as it is");
    }

    #[test]
    fn the_pieces_of_a_list_are_the_list() {
        for count in 0..300 {
            let list: Vec<usize> = (0..count).collect();
            let cut: Vec<&[usize]> = pieces(&list).collect();
            assert!(cut.iter().all(|piece| LENGTHS.contains(&piece.len())));
            assert_eq!(cut.concat(), list);
        }
    }
}
