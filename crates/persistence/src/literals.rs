//! Values in the text of statements, for those that `MariaDB` gets together with their COMMIT.

use std::fmt::Write as _;

use chrono::NaiveDateTime;

/// A value that can stand in the text of a statement.
pub(crate) trait Literal {
    /// Appends the value; no value ends its literal before its end.
    fn push_to(&self, sql: &mut String);
}

impl Literal for i64 {
    fn push_to(&self, sql: &mut String) {
        push(sql, format_args!("{self}"));
    }
}

impl Literal for &[u8] {
    fn push_to(&self, sql: &mut String) {
        push_hex(sql, self);
    }
}

impl Literal for &str {
    fn push_to(&self, sql: &mut String) {
        sql.push_str("_utf8mb4 ");
        push_hex(sql, self.as_bytes());
    }
}

impl Literal for NaiveDateTime {
    fn push_to(&self, sql: &mut String) {
        push(sql, format_args!("'{}'", self.format("%Y-%m-%d %H:%M:%S%.6f")));
    }
}

impl<T: Literal> Literal for Option<T> {
    fn push_to(&self, sql: &mut String) {
        match self {
            Some(value) => value.push_to(sql),
            None => sql.push_str("NULL"),
        }
    }
}

/// Returns the text of a value.
pub(crate) fn sql_of(value: &dyn Literal) -> String {
    let mut sql = String::new();
    value.push_to(&mut sql);
    sql
}

/// Appends rows, parted by commas.
pub(crate) fn push_rows<T>(sql: &mut String, rows: impl Iterator<Item = T>, push: impl Fn(&mut String, T)) {
    for (number, row) in rows.enumerate() {
        if number > 0 {
            sql.push(',');
        }
        push(sql, row);
    }
}

/// Appends a row of values in parentheses.
pub(crate) fn push_row(sql: &mut String, values: &[&dyn Literal]) {
    for (number, value) in values.iter().enumerate() {
        sql.push(if number == 0 { '(' } else { ',' });
        value.push_to(sql);
    }
    sql.push(')');
}

/// Returns a query of rows of values under names.
///
/// A SELECT of each row would take the server a third longer. `MySQL` wants a word before each row that `MariaDB` does
/// not know; what stands in such a comment is read by `MySQL` 8.0.19 and newer alone.
pub(crate) fn table<T>(
    names: &[&str],
    rows: impl Iterator<Item = T>,
    push: impl Fn(&mut String, T),
) -> String {
    let mut sql =
        format!("SELECT NULL AS {} FROM DUAL WHERE FALSE UNION ALL VALUES ", names.join(", NULL AS "));
    push_rows(&mut sql, rows, |sql, row| {
        sql.push_str("/*!80019 ROW*/");
        push(sql, row);
    });
    sql
}

fn push(sql: &mut String, value: std::fmt::Arguments<'_>) {
    // Writing to a String does not fail.
    let _written = sql.write_fmt(value);
}

/// In hexadecimal no character needs an escape, whatever `sql_mode` says of backslashes.
fn push_hex(sql: &mut String, bytes: &[u8]) {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    sql.push_str("X'");
    sql.extend(digits.filter_map(|digit| char::from_digit(digit.into(), 16)));
    sql.push('\'');
}

#[cfg(test)]
mod tests {
    use domain::time::Time;

    use super::*;

    fn row(values: &[&dyn Literal]) -> String {
        let mut sql = String::new();
        push_row(&mut sql, values);
        sql
    }

    #[test]
    fn a_value_cannot_end_its_literal() {
        assert_eq!(
            row(&[&"'); DROP TABLE messages; --\\"]),
            "(_utf8mb4 X'27293b2044524f50205441424c45206d657373616765733b202d2d5c')"
        );
        assert_eq!(row(&[&"你", &"", &b"\0'".as_slice()]), "(_utf8mb4 X'e4bda0',_utf8mb4 X'',X'0027')");
    }

    #[test]
    fn numbers_times_and_nothing_are_as_the_database_writes_them() {
        let at = Time::parse("2026-11-29T01:02:03.000045Z").map(Time::naive);
        assert_eq!(
            row(&[&i64::MIN, &at, &None::<i64>]),
            "(-9223372036854775808,'2026-11-29 01:02:03.000045',NULL)"
        );
    }

    #[test]
    fn a_table_names_the_values_of_its_rows() {
        let rows = [(7_i64, b"\x01".as_slice()), (8, b"\x02")];
        assert_eq!(
            table(&["seq", "room"], rows.iter(), |sql, (seq, room)| push_row(sql, &[seq, room])),
            "SELECT NULL AS seq, NULL AS room FROM DUAL WHERE FALSE \
             UNION ALL VALUES /*!80019 ROW*/(7,X'01'),/*!80019 ROW*/(8,X'02')"
        );
    }
}
