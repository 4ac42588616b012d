//! Pages of a room's history.

use domain::id::{MessageId, RoomId};
use domain::message::Message;
use domain::page::{Anchor, Page};
use domain::receipt::{ReadStatus, Receipt};
use persistence::error::Error;
use persistence::messages::{self, seen_by};
use testdb::base::{Base, NOBODY, as_member, reader, seqs, text};
use testdb::on_each_database;

const COUNT: i64 = 53;
const LIMIT: i64 = 7;

/// A room with many messages, beside one whose messages lie between its own in time and id.
async fn full_room(base: &Base) -> (RoomId, RoomId, Vec<Message>) {
    let (alice, bob) = base.two().await;
    let (room, beside) = (base.room(&[alice, bob]).await, base.room(&[alice, bob]).await);
    let messages = (0..COUNT).flat_map(|_| [text(room, alice, "這裡"), text(beside, bob, "旁邊")]);
    let sent = base.sent(messages).await;
    (room, beside, sent.into_iter().filter(|message| message.room == room).collect())
}

on_each_database! {
    async fn the_newest_page_is_the_end_in_ascending_order(base: &Base) {
        let (room, _, sent) = full_room(base).await;
        assert_eq!(base.page(room, Anchor::Newest, LIMIT).await, sent[sent.len() - 7..]);
        assert_eq!(base.page(room, Anchor::Newest, 0).await, []);
        assert_eq!(base.page(room, Anchor::Newest, 200).await, sent);
    }

    async fn pages_backwards_neither_lose_nor_repeat(base: &Base) {
        let (room, _, sent) = full_room(base).await;
        let anchors: [fn(&Message) -> Anchor; 2] =
            [|oldest| Anchor::Before(oldest.id), |oldest| Anchor::BeforeTime(oldest.timestamp)];
        for anchor in anchors {
            let mut walked = base.page(room, Anchor::Newest, LIMIT).await;
            loop {
                let page = base.page(room, anchor(&walked[0]), LIMIT).await;
                if page.is_empty() {
                    break;
                }
                walked.splice(0..0, page);
            }
            assert_eq!(walked, sent);
        }
    }

    async fn pages_forwards_neither_lose_nor_repeat(base: &Base) {
        let (room, _, sent) = full_room(base).await;
        let mut walked = vec![sent[0].clone()];
        loop {
            let page = base.page(room, Anchor::After(walked[walked.len() - 1].id), LIMIT).await;
            if page.is_empty() {
                break;
            }
            walked.extend(page);
        }
        assert_eq!(walked, sent);
    }

    async fn a_page_beside_a_message_of_elsewhere_is_not_found(base: &Base) {
        let (room, beside, sent) = full_room(base).await;
        let (first, sender) = (sent[0].id, sent[0].sender);
        for (room, id) in [(room, MessageId(i64::from(i32::MAX))), (beside, first)] {
            for anchor in [Anchor::Before(id), Anchor::After(id)] {
                let page = base.db.read(as_member(sender, room, move |conn, member| messages::page(conn, member, Page { anchor, limit: 5 }))).await;
                assert!(matches!(page, Err(Error::NotFound)), "{page:?}");
            }
        }
    }

    async fn a_room_has_one_newest_message(base: &Base) {
        let (room, beside, sent) = full_room(base).await;
        let silent = base.room(&[sent[0].sender]).await;
        let newest = base
            .read(move |conn| messages::newest(conn, reader(NOBODY), &[room.bytes(), beside.bytes(), silent.bytes()]))
            .await;
        assert_eq!(seqs(&newest), [COUNT, COUNT]);
        assert!(newest.contains(&sent[sent.len() - 1]));
    }

    async fn a_sender_sees_who_has_read(base: &Base) {
        let (_, _, sent) = full_room(base).await;
        let sender = sent[4].sender;
        let receipts = |delivered, read| [Receipt { user: domain::id::UserId(0), delivered_seq: delivered, read_seq: read }];
        let status = |receipts: &[Receipt]| seen_by(sent[4].clone(), sender, receipts).read_status;
        assert_eq!(status(&receipts(4, 4)), ReadStatus::Unread);
        assert_eq!(status(&receipts(5, 4)), ReadStatus::Delivered);
        assert_eq!(status(&receipts(5, 5)), ReadStatus::Read);
    }
}
