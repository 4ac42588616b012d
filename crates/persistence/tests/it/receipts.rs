//! The receipts of a room's members.

use domain::event_table::LogEntry;
use domain::id::{RoomId, UserId};
use domain::receipt::Receipt;
use domain::room::Membership;
use persistence::db::Db;
use persistence::log::{self, LogRow};
use persistence::receipts::{self, Batch, Missing, NewReceipt, advance_batch};
use testdb::base::{Base, member, text};
use testdb::on_each_database;

on_each_database! {
    async fn receipts_never_move_back(base: &Base) {
        let (alice, bob) = base.two().await;
        let room = base.room(&[alice, bob]).await;
        for (delivered, read) in [(5, 3), (4, 2), (0, 4), (6, 0)] {
            base.write(move |conn| receipts::put(conn, room, Receipt { user: bob, delivered_seq: delivered, read_seq: read })).await.unwrap();
        }
        let receipt = receipt_of(base, bob, room).await;
        assert_eq!(receipt, Receipt { user: bob, delivered_seq: 6, read_seq: 4 });
        let hers = receipt_of(base, alice, room).await;
        assert_eq!((hers.delivered_seq, hers.read_seq), (0, 0));
    }

    async fn a_batch_moves_each_member_once(base: &Base) {
        let (alice, bob) = base.two().await;
        let (room, other) = (base.room(&[alice, bob]).await, base.room(&[alice]).await);
        let sent = base.sent((0..3).map(|_| text(room, alice, "你好"))).await;
        let elsewhere = base.sent([text(other, alice, "別處")]).await[0].id;
        let receipt = |user, upto, read| NewReceipt { room, user, upto, read };
        let new = [
            receipt(bob, Some(sent[0].id), true),
            receipt(bob, None, false),
            receipt(bob, Some(sent[1].id), true),
            receipt(alice, None, true),
            receipt(bob, Some(elsewhere), true),
            NewReceipt { room: other, ..receipt(bob, None, true) },
        ];
        let before = base.read(log::head).await.position;
        let batch = advance(&base.db, &new).await;
        assert_eq!(batch.outcomes[4..], [Err(Missing::Message), Err(Missing::Room)]);
        let bobs = batch.outcomes[0].unwrap();
        assert_eq!((bobs.last_delivered_seq, bobs.last_read_seq, bobs.unread_count), (3, 2, 1));
        assert_eq!((bobs.last_delivered_id, bobs.last_read_id), (Some(sent[2].id), Some(sent[1].id)));
        assert_eq!(batch.outcomes[1..3], [Ok(bobs), Ok(bobs)], "each is answered with the last");
        assert_eq!(batch.outcomes[3].unwrap().last_read_seq, 3);
        let moved: Vec<_> = batch.moved.iter().map(|moved| (moved.receipt, moved.to, moved.is_private)).collect();
        assert_eq!((moved, batch.first), (vec![(bobs, room.into(), false)], before + 1), "one row for bob");
        let logged = base.read(move |conn| log::after(conn, before, 10)).await;
        let moved = LogEntry::ReceiptMoved { to: room.into(), member: Membership { room, user: bob } };
        assert_eq!(logged, [LogRow { position: before + 1, entry: moved }]);
        let stored = receipt_of(base, bob, room).await;
        assert_eq!(stored, Receipt { user: bob, delivered_seq: 3, read_seq: 2 });
        let again = advance(&base.db, &new[..1]).await;
        assert_eq!((again.outcomes[0], again.moved.len()), (Ok(bobs), 0), "it does not move back");
    }

    async fn batches_of_two_servers_never_move_a_receipt_back(base: &Base) {
        let (alice, bob) = base.two().await;
        let room = base.room(&[alice, bob]).await;
        let sent = base.sent((0..60).map(|_| text(room, alice, "你好"))).await;
        let mut devices = Vec::new();
        for step in 0..60 {
            // Every message once, in no order.
            let new = NewReceipt { room, user: bob, upto: Some(sent[(step * 37) % 60].id), read: true };
            let db = if step % 2 == 0 { base.db.clone() } else { base.second_server().clone() };
            devices.push(tokio::spawn(async move { advance(&db, &[new]).await }));
        }
        let mut seen = 0;
        for device in devices {
            assert!(device.await.unwrap().outcomes[0].is_ok());
            let now = receipt_of(base, bob, room).await.read_seq;
            assert!(now >= seen, "the receipt moved back from {seen} to {now}");
            seen = now;
        }
        assert_eq!(seen, 60);
    }

    async fn receipts_never_move_back_when_devices_read_at_once(base: &Base) {
        let (alice, bob) = base.two().await;
        let room = base.room(&[alice, bob]).await;
        let mut devices = Vec::new();
        for step in 0..60 {
            // Every number to 59 once, in no order.
            let read = (step * 37) % 60;
            let db = if step % 2 == 0 { base.db.clone() } else { base.second_server().clone() };
            devices.push(tokio::spawn(async move {
                let receipt = Receipt { user: bob, delivered_seq: read + 1, read_seq: read };
                db.transaction(move |conn| receipts::put(conn, room, receipt)).await
            }));
        }
        let mut seen = 0;
        for device in devices {
            device.await.unwrap().unwrap();
            let now = receipt_of(base, bob, room).await.read_seq;
            assert!(now >= seen, "the receipt moved back from {seen} to {now}");
            seen = now;
        }
        let receipt = receipt_of(base, bob, room).await;
        assert_eq!((receipt.delivered_seq, receipt.read_seq), (60, 59));
    }

    async fn a_receipt_names_the_messages_of_its_seqs(base: &Base) {
        let (alice, bob) = base.two().await;
        let room = base.room(&[alice, bob]).await;
        let sent = base.sent(["一", "二", "三"].map(|content| text(room, alice, content))).await;
        let receipt = move |delivered, read| async move {
            let receipt = Receipt { user: bob, delivered_seq: delivered, read_seq: read };
            base.read(move |conn| receipts::receipt(conn, room, receipt)).await
        };
        let some = receipt(3, 1).await;
        assert_eq!((some.last_delivered_id, some.last_read_id), (Some(sent[2].id), Some(sent[0].id)));
        let none = receipt(0, 0).await;
        assert_eq!((none.last_delivered_id, none.last_read_id), (None, None));
    }

    async fn a_stranger_has_no_receipt(base: &Base) {
        let (alice, bob) = base.two().await;
        let room = base.room(&[alice]).await;
        let nobody = UserId(i64::from(i32::MAX));
        for user in [bob, nobody] {
            let receipt = base.db.read(move |conn| Ok(member(conn, user, room)?.receipt())).await;
            assert!(matches!(receipt, Err(persistence::error::Error::NotFound)), "{receipt:?}");
        }
    }
}

/// Returns how far a member has received and read a room.
async fn receipt_of(base: &Base, user: UserId, room: RoomId) -> Receipt {
    base.read(move |conn| Ok(member(conn, user, room)?.receipt())).await
}

/// Moves receipts in one batch.
async fn advance(db: &Db, new: &[NewReceipt]) -> Batch {
    let (db, new) = (db.clone(), new.to_vec());
    let moved = tokio::task::spawn_blocking(move || db.write_blocking(|conn| advance_batch(conn, &new)));
    moved.await.unwrap().unwrap()
}
