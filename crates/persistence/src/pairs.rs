//! Lists of rows in statements: one look-up for each row, where a list for each column would mean one for each combination.

use crate::conn::Conn;

/// Returns the SQL that tests whether the pair of columns before it is one of `count` pairs.
pub(crate) fn in_pairs(conn: &Conn, count: usize) -> String {
    let pairs = vec!["(?, ?)"; count].join(", ");
    match conn {
        Conn::Mysql(_) => format!("IN ({pairs})"),
        // SQLite compares rows with those of a query only.
        Conn::Sqlite(_) => format!("IN (VALUES {pairs})"),
    }
}

/// Returns the SQL that makes the optimizer use `index`.
///
/// `MariaDB` else dives into every range of every candidate index, which takes longer than reading the rows; without
/// the dives it estimates, and was measured reading the whole table.
pub(crate) fn force_index(conn: &Conn, index: &str) -> String {
    match conn {
        Conn::Mysql(_) => format!("FORCE INDEX ({index})"),
        Conn::Sqlite(_) => String::new(),
    }
}

/// Returns `SELECT <values> UNION ALL SELECT <values> ..`: rows that are bound to a statement, which can join them.
pub(crate) fn union(values: &str, count: usize) -> String {
    vec![format!("SELECT {values}"); count].join(" UNION ALL ")
}
