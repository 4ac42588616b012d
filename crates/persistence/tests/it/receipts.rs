//! The receipts of a room's members.

use domain::id::UserId;
use domain::receipt::Receipt;
use persistence::{receipts, rooms};
use testdb::base::{Base, text};
use testdb::on_each_database;

on_each_database! {
    async fn receipts_never_move_back(base: &Base) {
        let (alice, bob) = base.two().await;
        let room = base.room(&[alice, bob]).await;
        for (delivered, read) in [(5, 3), (4, 2), (0, 4), (6, 0)] {
            base.write(move |conn| receipts::put(conn, room, Receipt { user: bob, delivered_seq: delivered, read_seq: read })).await.unwrap();
        }
        let receipt = base.read(move |conn| rooms::member(conn, room, bob)).await;
        assert_eq!(receipt, Receipt { user: bob, delivered_seq: 6, read_seq: 4 });
        let hers = base.read(move |conn| rooms::member(conn, room, alice)).await;
        assert_eq!((hers.delivered_seq, hers.read_seq), (0, 0));
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
            let now = base.read(move |conn| rooms::member(conn, room, bob)).await.read_seq;
            assert!(now >= seen, "the receipt moved back from {seen} to {now}");
            seen = now;
        }
        let receipt = base.read(move |conn| rooms::member(conn, room, bob)).await;
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
            let receipt = base.db.read(move |conn| rooms::member(conn, room, user)).await;
            assert!(matches!(receipt, Err(persistence::error::Error::NotFound)), "{receipt:?}");
        }
    }
}
