//! Messages that a user has deleted for themselves: gone for them, there for everybody else.

use domain::id::{RoomId, UserId};
use domain::page::{Anchor, Page};
use persistence::hidden::{self, HiddenMessage};
use persistence::messages;
use testdb::base::{Base, NOBODY, as_member, at, reader, seqs, text};
use testdb::on_each_database;

async fn hide(base: &Base, user: UserId, room: RoomId, seq: i64) -> bool {
    base.write(as_member(user, room, move |conn, member| hidden::hide(conn, member, seq))).await.unwrap()
}

/// The newest message of each room as a user has it, by its content.
async fn newest(base: &Base, viewer: UserId, rooms: &[RoomId]) -> Vec<String> {
    let rooms = rooms.to_vec();
    let found = base.read(move |conn| {
        let rooms: Vec<&[u8]> = rooms.iter().map(RoomId::bytes).collect();
        messages::newest(conn, reader(viewer), &rooms)
    });
    let mut texts: Vec<String> = found.await.into_iter().map(|message| message.content).collect();
    texts.sort_unstable();
    texts
}

on_each_database! {
    async fn pages_stay_full(base: &Base) {
        let (alice, bob) = base.two().await;
        let room = base.room(&[alice, bob]).await;
        let sent = base.sent((1..=9).map(|n| text(room, alice, &n.to_string()))).await;
        for seq in [9, 7, 6, 1] {
            assert!(hide(base, bob, room, seq).await);
            assert!(!hide(base, bob, room, seq).await, "hiding it again changes nothing");
        }
        assert_eq!(seqs(&base.newest_for(bob, room, 3).await), [4, 5, 8]);
        assert_eq!(seqs(&base.newest_for(alice, room, 3).await), [7, 8, 9]);
        let page = async |anchor| {
            let page = Page { anchor, limit: 3 };
            seqs(&base.read(as_member(bob, room, move |conn, member| messages::page(conn, member, page))).await)
        };
        assert_eq!(page(Anchor::Before(sent[6].id)).await, [3, 4, 5], "a hidden message still says where it was");
        assert_eq!(page(Anchor::After(sent[4].id)).await, [8]);
        assert_eq!(page(Anchor::BeforeTime(sent[8].timestamp)).await, [4, 5, 8]);
        assert_eq!(page(Anchor::Before(sent[1].id)).await, [0; 0]);
    }

    async fn the_newest_message_is_the_newest_that_one_has(base: &Base) {
        let (alice, bob) = base.two().await;
        let rooms = [base.room(&[alice, bob]).await, base.room(&[alice, bob]).await, base.room(&[alice, bob]).await];
        let messages = (0..3).flat_map(|n| ["甲", "乙", "丙"].map(|name| (n, name)));
        let messages = messages.map(|(n, name)| text(rooms[n], alice, &format!("{n}{name}")));
        base.sent(messages).await;
        for (room, seq) in [(0, 3), (0, 1), (1, 1), (1, 2), (1, 3)] {
            hide(base, bob, rooms[room], seq).await;
        }
        hide(base, alice, rooms[2], 3).await;
        assert_eq!(newest(base, bob, &rooms).await, ["0乙", "2丙"], "of the second room nothing is left");
        assert_eq!(newest(base, alice, &rooms).await, ["0丙", "1丙", "2乙"]);
        assert_eq!(newest(base, NOBODY, &rooms).await, ["0丙", "1丙", "2丙"]);
    }

    async fn it_is_known_who_hid_what(base: &Base) {
        let (alice, bob) = base.two().await;
        let (room, other) = (base.room(&[alice, bob]).await, base.room(&[alice, bob]).await);
        let messages = [text(room, alice, "一"), text(room, alice, "二"), text(other, alice, "三")];
        base.sent(messages).await;
        let all = [(alice, room, 1), (bob, room, 1), (bob, other, 1)];
        for (user, room, seq) in all {
            hide(base, user, room, seq).await;
        }
        let messages = [at(room, 1), at(room, 2), at(other, 1)];
        let found = base.read(move |conn| hidden::at(conn, &messages)).await;
        let all = all.map(|(user, room, seq)| HiddenMessage { user, message: at(room, seq) });
        assert_eq!(found, all.into());
        assert!(base.read(move |conn| hidden::at(conn, &[at(room, 2), at(other, 2)])).await.is_empty());
        assert!(base.read(|conn| hidden::at(conn, &[])).await.is_empty());
        for (seq, hidden) in [(1, true), (2, false)] {
            let found = base.read(as_member(bob, room, move |conn, member| hidden::is_hidden(conn, member, seq))).await;
            assert_eq!(found, hidden, "{seq}");
        }
    }
}
