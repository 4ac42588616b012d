//! The event log: dense, in the order of the commits, and each user gets what concerns them.

use std::collections::BTreeSet;

use domain::event_table::LogEntry;
use domain::id::{RoomId, UserId};
use domain::log::Scope;
use domain::message::MessageSeq;
use domain::room::Membership;
use persistence::db::Db;
use persistence::error::Error;
use persistence::log::{self, LogRow};
use testdb::base::{Base, block_on, keyed, send, stored, text};
use testdb::on_each_database;

const THREADS: i64 = 6;
const EACH: i64 = 25;

on_each_database! {
    async fn positions_are_dense_and_begin_at_one(base: &Base) {
        let (alice, bob) = base.two().await;
        let entries = [
            LogEntry::FriendRequested { to: alice, user: bob },
            LogEntry::FriendAccepted { to: bob, user: alice },
        ];
        let head = base.read(log::head).await;
        assert_eq!((head.position, head.epoch.len()), (0, 8));
        assert_eq!(base.write(move |conn| log::append(conn, &entries)).await.unwrap(), 1);
        assert_eq!(base.write(move |conn| log::append(conn, &entries[..1])).await.unwrap(), 3);
        assert_eq!(base.write(|conn| log::append(conn, &[])).await.unwrap(), 0, "nothing has no position");
        let logged = base.read(|conn| log::after(conn, 0, 10)).await;
        assert_eq!(logged.iter().map(|row| row.position).collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!(logged[1].entry, entries[1]);
        assert_eq!(base.read(log::head).await.position, 3);
        assert_eq!(base.read(|conn| log::after(conn, 1, 1)).await, [LogRow { position: 2, entry: entries[1] }]);
    }

    async fn what_is_rolled_back_leaves_no_gap(base: &Base) {
        let (alice, bob) = base.two().await;
        let entry = [LogEntry::FriendRemoved { to: alice, user: bob }];
        let failed = base.write(move |conn| {
            log::append(conn, &entry)?;
            Err::<(), _>(Error::NotFound)
        });
        assert!(matches!(failed.await, Err(Error::NotFound)));
        assert_eq!(base.write(move |conn| log::append(conn, &entry)).await.unwrap(), 1);
    }

    async fn a_batch_of_messages_is_in_the_log_in_its_order(base: &Base) {
        let (alice, bob) = base.two().await;
        let (one, other) = (base.room(&[alice, bob]).await, base.room(&[alice, bob]).await);
        let batches = [
            vec![text(one, alice, "零")],
            vec![keyed(one, bob, "一", "a"), text(one, alice, "二"), keyed(one, bob, "一", "a")],
            vec![keyed(one, bob, "一", "a")],
            vec![text(other, bob, "別處")],
        ];
        let mut firsts = Vec::new();
        for batch in batches {
            firsts.extend(send(&base.db, &batch).await.unwrap().first);
        }
        let logged = base.read(|conn| log::after(conn, 0, 10)).await;
        let entries: Vec<LogEntry> = logged.iter().map(|row| row.entry).collect();
        let sent = |room, seq| LogEntry::MessageSent { room, seq };
        assert_eq!(entries, [sent(one, 1), sent(one, 2), sent(one, 3), sent(other, 1)]);
        assert_eq!(firsts, [1, 2, 4], "a batch knows the position of its first message");
    }

    async fn a_reader_sees_no_gap_while_others_write(base: &Base) {
        let (alice, bob) = base.two().await;
        let rooms = [base.room(&[alice, bob]).await, base.room(&[alice, bob]).await];
        let second = base.second_server();
        let all = THREADS * EACH * 2;
        let seen = std::thread::scope(|scope| {
            for thread in 0..THREADS {
                let (db, rooms) = (if thread % 2 == 0 { &base.db } else { second }, &rooms);
                scope.spawn(move || block_on(write_both(base, db, rooms, alice)));
            }
            scope.spawn(|| block_on(follow(base, all))).join().unwrap()
        });
        assert_eq!(seen, (1..=all).collect::<Vec<_>>());
    }

    async fn each_sees_the_entries_of_their_rooms_and_their_own(base: &Base) {
        let (alice, bob) = base.two().await;
        let carol = base.user("卡蘿").await;
        let (hers, theirs) = (base.room(&[alice, bob]).await, base.room(&[bob, carol]).await);
        send(&base.db, &[text(hers, alice, "在嗎"), text(theirs, bob, "在")]).await.unwrap();
        let entries = [
            LogEntry::RoomCreated { to: alice, room: hers },
            LogEntry::MessageHidden { to: bob, message: MessageSeq { room: hers, seq: 1 } },
            LogEntry::ReceiptMoved { to: hers.into(), member: Membership { room: hers, user: bob } },
        ];
        base.write(move |conn| log::append(conn, &entries)).await.unwrap();
        let seen = async |user: UserId, after: i64, limit: i64| {
            let logged = base.read(move |conn| log::after_for(conn, user, after, limit)).await;
            logged.into_iter().map(|row| row.position).collect::<Vec<_>>()
        };
        assert_eq!(seen(alice, 0, 10).await, [3, 5], "from when she came into the room");
        assert_eq!(seen(alice, 3, 10).await, [5]);
        assert_eq!(seen(bob, 0, 10).await, [1, 2, 4, 5]);
        assert_eq!(seen(bob, 1, 2).await, [2, 4]);
        assert_eq!(seen(carol, 0, 10).await, [2]);
        assert_eq!(seen(base.user("路人").await, 0, 10).await, [0; 0]);
    }

    async fn a_page_of_many_rooms_is_what_a_scan_finds(base: &Base) {
        let (alice, bob) = base.two().await;
        let mut rooms = Vec::new();
        for _ in 0..40 {
            rooms.push(base.room(&[alice, bob]).await);
        }
        let others = base.room(&[bob]).await;
        // A few rooms have most of the messages and other entries, in runs; some have none.
        for run in 0..30_i64 {
            let numbers = run * 30..(run + 1) * 30;
            let of = |number: i64| match usize::try_from(number * number / 50 % 97).unwrap() {
                room @ 0..30 => rooms[room],
                30..70 => rooms[3],
                _ => others,
            };
            let messages: Vec<_> =
                numbers.clone().step_by(2).map(|number| text(of(number), bob, "在嗎")).collect();
            send(&base.db, &messages).await.unwrap();
            let entries: Vec<LogEntry> = numbers
                .skip(1)
                .step_by(2)
                .map(|number| match number % 5 {
                    0 => LogEntry::ProfileChanged { to: Scope::User(alice), user: bob },
                    _ => LogEntry::ReceiptMoved { to: of(number).into(), member: Membership { room: of(number), user: bob } },
                })
                .collect();
            base.write(move |conn| log::append(conn, &entries)).await.unwrap();
        }
        let all = base.read(|conn| log::after(conn, 0, 1_000)).await;
        assert_eq!(all.iter().map(|row| row.position).collect::<Vec<_>>(), (1..=900).collect::<Vec<_>>());
        let hers = |row: &&LogRow| row.entry.scope() != Scope::Room(others);
        for (after, limit) in [(0, 1), (0, 9), (0, 200), (0, 1_000), (450, 60), (899, 5), (900, 5), (7, 0)] {
            let found = base.read(move |conn| log::after_for(conn, alice, after, limit)).await;
            let wanted = usize::try_from(limit).unwrap();
            let expected: Vec<LogRow> =
                all.iter().filter(|row| row.position > after).filter(hers).take(wanted).copied().collect();
            assert_eq!(found, expected, "{limit} after {after}");
        }
    }
}

/// Writes messages to two rooms, and an entry of the sender after each.
async fn write_both(base: &Base, db: &Db, rooms: &[RoomId; 2], sender: UserId) {
    for number in 0..EACH {
        let room = rooms[usize::try_from(number % 2).unwrap()];
        stored(send(db, &[text(room, sender, "你好")]).await.unwrap().outcomes);
        let entry = [LogEntry::ProfileChanged { to: sender.into(), user: sender }];
        base.write(move |conn| log::append(conn, &entry)).await.unwrap();
    }
}

/// Reads the log as it grows, each time from where it was.
async fn follow(base: &Base, all: i64) -> Vec<i64> {
    let mut seen: Vec<i64> = Vec::new();
    while seen.last().is_none_or(|last| *last < all) {
        let after = seen.last().copied().unwrap_or_default();
        let logged = base.read(move |conn| log::after(conn, after, 7)).await;
        seen.extend(logged.iter().map(|row| row.position));
    }
    let distinct: BTreeSet<i64> = seen.iter().copied().collect();
    assert_eq!(distinct.len(), seen.len());
    seen
}
