//! The schema as the code believes it to be, and as a start of the server leaves it on each database.
//!
//! That it comes, goes and comes again unchanged is tested in `persistence`.

use diesel::sql_types::Text;
use diesel::{QueryableByName, RunQueryDsl as _, sql_query};
use harness::{Stack, on_each_database, stack};
use persistence::Conn;
use persistence::db::{Config, Db};
use persistence::error::Error;

on_each_database! {
    schema_rs_names_every_column_in_its_order,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    line: String,
}

/// Reads the tables out of `schema.rs`: `users.email nullable`, in the order of the file, tables sorted by name.
fn believed() -> Vec<String> {
    let source = stack::root().join("crates/persistence/src/schema.rs");
    let source = std::fs::read_to_string(source).unwrap();
    let mut tables: Vec<Vec<String>> = source.split("table! {").skip(1).map(table).collect();
    tables.sort();
    tables.concat()
}

fn table(text: &str) -> Vec<String> {
    let name = text.trim_start().split([' ', '(']).next().unwrap();
    let columns = text.split("diesel::").next().unwrap().lines().filter_map(|line| line.split_once(" -> "));
    columns
        .map(|(column, kind)| {
            let nullable = if kind.starts_with("Nullable") { "nullable" } else { "always" };
            format!("{name}.{} {nullable}", column.trim())
        })
        .collect()
}

/// Works with a database beside the server, on a thread where its connections may be opened and closed.
pub(crate) fn beside<T: Send + 'static>(
    url: &str,
    work: impl Fn(&mut Conn) -> Result<T, Error> + Send + Sync + 'static,
) -> T {
    let config = Config { url: url.to_owned(), connections: 1 };
    let worked = std::thread::spawn(move || {
        let db = Db::open(&config).unwrap();
        actix_rt::Runtime::new().unwrap().block_on(db.transaction(work)).unwrap()
    });
    worked.join().unwrap()
}

/// Runs one statement that changes one row, beside a server that is not writing now.
pub(crate) fn execute(url: &str, statement: impl Into<String>) {
    let statement = statement.into();
    let changed = beside(url, move |conn| match conn {
        Conn::Sqlite(c) => Ok(sql_query(&statement).execute(c)?),
        Conn::Mysql(c) => Ok(sql_query(&statement).execute(c)?),
    });
    assert_eq!(changed, 1);
}

const SQLITE: &str = "SELECT m.name || '.' || c.name || CASE c.\"notnull\" WHEN 1 THEN ' always' ELSE ' nullable' END AS line
    FROM sqlite_master m, pragma_table_info(m.name) c
    WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%' AND m.name NOT LIKE '\\_\\_%' ESCAPE '\\' ORDER BY m.name, c.cid";

const MYSQL: &str =
    "SELECT CONCAT(table_name, '.', column_name, IF(is_nullable = 'NO', ' always', ' nullable')) AS line
    FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name NOT LIKE '\\_\\_%'
    ORDER BY BINARY table_name, ordinal_position";

async fn schema_rs_names_every_column_in_its_order(stack: &Stack) {
    let believed = believed();
    assert!(believed.len() > 50 && believed.contains(&"users.email nullable".to_owned()), "{believed:#?}");
    let found: Vec<Row> = beside(stack.database_url(), |conn| match conn {
        Conn::Sqlite(c) => Ok(sql_query(SQLITE).load(c)?),
        Conn::Mysql(c) => Ok(sql_query(MYSQL).load(c)?),
    });
    // Both databases are compared with the one file, and so with each other.
    assert_eq!(found.into_iter().map(|row| row.line).collect::<Vec<_>>(), believed);
}
