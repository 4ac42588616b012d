//! How often the database is asked: a lone message waits for each answer, and a list of rooms for none a room.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use diesel::connection::{Connection as _, InstrumentationEvent};
use diesel::sql_types::BigInt;
use diesel::{QueryableByName, RunQueryDsl, sql_query};
use domain::disappearing::DisappearAfter;
use domain::id::{RoomId, UserId};
use domain::page::{Anchor, Page};
use persistence::Conn;
use persistence::error::Error;
use persistence::members::RoomMember;
use persistence::messages::{NewMessage, write_batch};
use persistence::{disappearing, hidden, messages, receipts, room_views};
use testdb::base::{Base, as_member, keyed, reader, text};
use testdb::on_each_database;

/// Of batches of one message, of two and of 128 from six senders: the round trips, and the statements of the server.
///
/// First rooms and senders are locked, with the log for few senders, else the log then; last, with the COMMIT, come an
/// UPDATE of each room and sender, or one of all, an UPDATE of the log and the INSERT.
const ROUND_TRIPS: [(i64, i64); 3] = [(2, 6), (2, 8), (3, 6)];

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

/// Returns the round trips and statements of batches of these sizes, that go to these rooms in turn; none on `SQLite`.
async fn counted(
    base: &Base,
    (sender, rooms): (UserId, Vec<RoomId>),
    sizes: &'static [usize],
) -> Option<Vec<(i64, i64)>> {
    let batch = move |name: &str, size: usize| -> Vec<NewMessage> {
        let message = |number: usize| {
            keyed(rooms[number % rooms.len()], sender, "在嗎", &format!("{name}-{size}-{number}"))
        };
        (1..=size).map(message).collect()
    };
    let db = base.db.clone();
    let counted = tokio::task::spawn_blocking(move || {
        db.write_blocking(|conn| {
            let mut counted = Vec::new();
            for size in sizes {
                // Prepares the statements.
                write_batch(conn, &batch("first", *size))?;
                let new = batch("second", *size);
                let (written, trips) = count(conn, |conn| write_batch(conn, &new));
                assert!(written?.outcomes.iter().all(|outcome| outcome.as_ref().unwrap().is_new));
                counted.push(trips);
            }
            Ok::<_, Error>(matches!(conn, Conn::Mysql(_)).then_some(counted))
        })
    });
    counted.await.unwrap().unwrap()
}

on_each_database! {
    async fn a_batch_takes_few_round_trips(base: &Base) {
        let (alice, bob) = base.two().await;
        let mut rooms = Vec::new();
        for _ in 0..6 {
            rooms.push(base.room(&[alice, bob]).await);
        }
        let counted = counted(base, (alice, rooms), &[1, 2, 128]).await;
        assert!(counted.is_none_or(|counted| counted == ROUND_TRIPS));
    }

    async fn a_message_that_disappears_takes_no_round_trip_more(base: &Base) {
        let (alice, bob) = base.two().await;
        let room = base.room(&[alice, bob]).await;
        let after = DisappearAfter::new(300);
        base.write(as_member(alice, room, move |conn, member| disappearing::put(conn, member, after))).await.unwrap();
        let sent = base.sent([text(room, alice, "會不見")]).await;
        assert_eq!(sent[0].expires_at, Some(after.unwrap().since(sent[0].timestamp)));
        let counted = counted(base, (alice, vec![room]), &[1]).await;
        assert_eq!(counted.map_or(2, |counted| counted[0].0), 2);
    }
}

on_each_database! {
    async fn many_rooms_are_listed_with_as_few_queries_as_two(base: &Base) {
        let (alice, bob) = base.two().await;
        let (first, second) = (base.room(&[alice, bob]).await, base.room(&[alice, bob]).await);
        base.sent(["在嗎", "不在"].map(|content| text(first, bob, content))).await;
        base.sent([text(second, bob, "在嗎")]).await;
        base.write(as_member(alice, first, move |conn, member| hidden::hide(conn, member, 2))).await.unwrap();
        let list = async || {
            base.read(move |conn| {
                // Prepares the statements.
                room_views::list(conn, reader(alice))?;
                let (rooms, (queries, commands)) = count(conn, |conn| room_views::list(conn, reader(alice)));
                // The one for the room whose newest message is hidden is prepared, and closed.
                assert_eq!(commands, if matches!(conn, Conn::Mysql(_)) { queries + 2 } else { 0 });
                Ok((rooms?, queries))
            })
            .await
        };
        let (few, queries) = list().await;
        for _ in 2..200 {
            let room = base.room(&[alice, bob]).await;
            base.sent([text(room, bob, "在嗎")]).await;
        }
        let (many, queries_for_many) = list().await;
        assert_eq!((few.len(), many.len()), (2, 200));
        assert!(many.iter().chain(&few).all(|room| room.last_message.is_some()));
        assert!(queries > 0);
        assert_eq!(queries_for_many, queries);
    }
}

on_each_database! {
    async fn a_page_of_history_prepares_nothing(base: &Base) {
        let (alice, bob) = base.two().await;
        let room = base.room(&[alice, bob]).await;
        base.sent(["在嗎", "不在"].map(|content| text(room, bob, content))).await;
        let page = |conn: &mut Conn, member: &RoomMember| {
            let page = messages::page(conn, member, Page { anchor: Anchor::Newest, limit: 50 })?;
            Ok::<_, Error>((page.len(), receipts::of_room(conn, member)?.len()))
        };
        let read = base.read(as_member(alice, room, move |conn, member| {
            // Prepares the statements.
            page(conn, member)?;
            let (read, (queries, commands)) = count(conn, |conn| page(conn, member));
            let commands = if matches!(conn, Conn::Mysql(_)) { commands } else { queries };
            Ok((read?, queries, commands))
        }));
        // The room's messages, their senders, reactions; receipts, and whether they are shown.
        assert_eq!(read.await, ((2, 2), 5, 5));
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
