//! The log: dense, in the order of the commits, and each sees what is theirs.

use std::collections::BTreeSet;

use domain::change::{Change, Kind};
use domain::id::{RoomId, UserId};
use persistence::db::Db;
use persistence::error::Error;
use persistence::log::{self, Logged};
use testdb::base::{Base, block_on, keyed, send, stored, text};
use testdb::on_each_database;

const THREADS: i64 = 6;
const EACH: i64 = 25;

on_each_database! {
    async fn places_are_dense_and_begin_at_one(base: &Base) {
        let (alice, bob) = base.two().await;
        let changes = [
            Change::for_user(alice, Kind::FriendRequested(bob)),
            Change::for_user(bob, Kind::FriendAccepted(alice)),
        ];
        let head = base.read(log::head).await;
        assert_eq!((head.pos, head.epoch.len()), (0, 8));
        assert_eq!(base.write(move |conn| log::append(conn, &changes)).await.unwrap(), 1);
        assert_eq!(base.write(move |conn| log::append(conn, &changes[..1])).await.unwrap(), 3);
        assert_eq!(base.write(|conn| log::append(conn, &[])).await.unwrap(), 0, "nothing has no place");
        let logged = base.read(|conn| log::after(conn, 0, 10)).await;
        assert_eq!(logged.iter().map(|logged| logged.pos).collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!(logged[1].change, changes[1]);
        assert_eq!(base.read(log::head).await.pos, 3);
        assert_eq!(base.read(|conn| log::after(conn, 1, 1)).await, [Logged { pos: 2, change: changes[1] }]);
    }

    async fn what_is_rolled_back_leaves_no_gap(base: &Base) {
        let (alice, bob) = base.two().await;
        let change = [Change::for_user(alice, Kind::FriendRemoved(bob))];
        let failed = base.write(move |conn| {
            log::append(conn, &change)?;
            Err::<(), _>(Error::NotFound)
        });
        assert!(matches!(failed.await, Err(Error::NotFound)));
        assert_eq!(base.write(move |conn| log::append(conn, &change)).await.unwrap(), 1);
    }

    async fn a_batch_of_messages_stands_in_the_log_in_its_order(base: &Base) {
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
        let told: Vec<Change> = logged.iter().map(|logged| logged.change).collect();
        let sent = |room, seq| Change::in_room(room, Kind::MessageSent(seq));
        assert_eq!(told, [sent(one, 1), sent(one, 2), sent(one, 3), sent(other, 1)]);
        assert_eq!(firsts, [1, 2, 4], "a batch knows the position of its first message");
    }

    async fn whoever_reads_while_others_write_sees_no_gap(base: &Base) {
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

    async fn each_sees_the_changes_of_their_rooms_and_their_own(base: &Base) {
        let (alice, bob) = base.two().await;
        let carol = base.user("卡蘿").await;
        let (hers, theirs) = (base.room(&[alice, bob]).await, base.room(&[bob, carol]).await);
        let changes = [
            Change::in_room(hers, Kind::MessageSent(1)),
            Change::in_room(theirs, Kind::MessageSent(1)),
            Change::for_user(alice, Kind::RoomCreated(hers)),
            Change::for_user(bob, Kind::MessageHidden(hers, 1)),
            Change::in_room(hers, Kind::MarksMoved(bob)),
        ];
        base.write(move |conn| log::append(conn, &changes)).await.unwrap();
        let seen = async |user: UserId, after: i64, limit: i64| {
            let logged = base.read(move |conn| log::after_for(conn, user, after, limit)).await;
            logged.into_iter().map(|logged| logged.pos).collect::<Vec<_>>()
        };
        assert_eq!(seen(alice, 0, 10).await, [1, 3, 5]);
        assert_eq!(seen(bob, 0, 10).await, [1, 2, 4, 5]);
        assert_eq!(seen(bob, 1, 2).await, [2, 4]);
        assert_eq!(seen(carol, 0, 10).await, [2]);
        assert_eq!(seen(base.user("路人").await, 0, 10).await, [0; 0]);
    }
}

/// Writes messages to two rooms, and a change of its own after each.
async fn write_both(base: &Base, db: &Db, rooms: &[RoomId; 2], sender: UserId) {
    for number in 0..EACH {
        let room = rooms[usize::try_from(number % 2).unwrap()];
        stored(send(db, &[text(room, sender, "你好")]).await.unwrap().outcomes);
        let change = [Change::for_user(sender, Kind::ProfileChanged(sender))];
        base.write(move |conn| log::append(conn, &change)).await.unwrap();
    }
}

/// Reads the log as it grows, each time from where it was.
async fn follow(base: &Base, all: i64) -> Vec<i64> {
    let mut seen: Vec<i64> = Vec::new();
    while seen.last().is_none_or(|last| *last < all) {
        let after = seen.last().copied().unwrap_or_default();
        let logged = base.read(move |conn| log::after(conn, after, 7)).await;
        seen.extend(logged.iter().map(|logged| logged.pos));
    }
    let distinct: BTreeSet<i64> = seen.iter().copied().collect();
    assert_eq!(distinct.len(), seen.len());
    seen
}
