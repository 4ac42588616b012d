//! How often a batch of messages asks the database: a lone message waits for each answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use diesel::connection::{Connection as _, InstrumentationEvent};
use diesel::sql_types::BigInt;
use diesel::{QueryableByName, RunQueryDsl, sql_query};
use persistence::Conn;
use persistence::error::Error;
use persistence::messages::{NewMessage, write_batch};
use testdb::base::{Base, keyed};
use testdb::on_each_database;

/// Locking rooms and senders; advancing rooms, senders and log; inserting messages; COMMIT.
const MOST: i64 = 4;

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

/// Returns how many commands the server has had from this connection.
fn commands(conn: &mut Conn) -> i64 {
    let Conn::Mysql(conn) = conn else { return 0 };
    let query = "SELECT CAST(SUM(variable_value) AS SIGNED) AS number FROM information_schema.session_status \
         WHERE variable_name IN ('QUESTIONS', 'COM_STMT_PREPARE', 'COM_STMT_CLOSE')";
    sql_query(query).get_result::<Count>(conn).unwrap().number
}

on_each_database! {
    async fn a_batch_takes_few_round_trips(base: &Base) {
        let (alice, bob) = base.two().await;
        let rooms = [base.room(&[alice, bob]).await, base.room(&[alice, bob]).await];
        let batch = move |name: &str, size: usize| -> Vec<NewMessage> {
            let message = |number: usize| {
                let (room, sender) = if number.is_multiple_of(3) { (rooms[0], bob) } else { (rooms[1], alice) };
                keyed(room, sender, "在嗎", &format!("{name}-{size}-{number}"))
            };
            (1..=size).map(message).collect()
        };
        let db = base.db.clone();
        let counted = tokio::task::spawn_blocking(move || {
            db.write_blocking(|conn| {
                let mut counted = Vec::new();
                for size in [1, 2, 128] {
                    // Prepares the statements.
                    write_batch(conn, &batch("first", size))?;
                    let new = batch("second", size);
                    let (written, trips) = count(conn, |conn| write_batch(conn, &new));
                    assert!(written?.outcomes.iter().all(|outcome| outcome.as_ref().unwrap().is_new));
                    counted.push(trips);
                }
                Ok::<_, Error>((counted, matches!(conn, Conn::Mysql(_))))
            })
        });
        let (counted, is_mariadb) = counted.await.unwrap().unwrap();
        if is_mariadb {
            assert_eq!(counted, [(MOST, MOST); 3], "seen by Diesel, and by the server");
        }
    }
}

/// Runs `work` and counts its statements, prepared ones apart, and the commands that reached the server.
fn count<T>(conn: &mut Conn, work: impl FnOnce(&mut Conn) -> T) -> (T, (i64, i64)) {
    let seen = Arc::new(AtomicI64::new(0));
    let statements = Arc::clone(&seen);
    let own = commands(conn);
    let before = commands(conn);
    conn.set_instrumentation(move |event: InstrumentationEvent<'_>| {
        use InstrumentationEvent as E;
        let counts = matches!(
            event,
            E::StartQuery { .. }
                | E::CacheQuery { .. }
                | E::BeginTransaction { .. }
                | E::CommitTransaction { .. }
        );
        statements.fetch_add(i64::from(counts), Ordering::Relaxed);
    });
    let outcome = work(conn);
    let seen = seen.load(Ordering::Relaxed);
    (outcome, (seen, commands(conn) - before - (before - own)))
}
