//! `(a, b) IN ((?, ?), ..)`: one look-up for each pair, where two lists would mean one for each combination.

use crate::conn::Conn;

/// Returns the SQL that tells whether a pair of columns before it is one of `count` pairs.
pub(crate) fn one_of(conn: &Conn, count: usize) -> String {
    let pairs = vec!["(?, ?)"; count].join(", ");
    match conn {
        Conn::Mysql(_) => format!("IN ({pairs})"),
        // SQLite compares rows with those of a query only.
        Conn::Sqlite(_) => format!("IN (VALUES {pairs})"),
    }
}

/// Returns the SQL that makes `index` the way to a table's rows.
///
/// `MariaDB` else looks at every range in every index that might do, which takes it longer than to read the rows;
/// told not to look, it guesses, and has been seen to read the whole table.
pub(crate) fn by_index(conn: &Conn, index: &str) -> String {
    match conn {
        Conn::Mysql(_) => format!("FORCE INDEX ({index})"),
        Conn::Sqlite(_) => String::new(),
    }
}
