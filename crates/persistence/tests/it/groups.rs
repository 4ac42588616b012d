//! Groups: members who come and go, and what the server writes of it.

use domain::event_table::LogEntry;
use domain::group::Role;
use domain::id::{RoomId, UserId};
use domain::room::Membership;
use domain::system_message::{SystemAction, SystemMessage};
use persistence::error::Error;
use persistence::system_messages::{self, Happened};
use persistence::{groups, log, receipts};
use testdb::base::{Base, as_member, member, moment, text};
use testdb::on_each_database;

/// Ends a membership, by one of the members.
async fn remove(base: &Base, room: RoomId, user: UserId, by: UserId) -> Result<(), Error> {
    base.write(as_member(by, room, move |conn, member| groups::remove(conn, member, user))).await
}

on_each_database! {
    async fn system_messages_follow_their_entries_in_the_log(base: &Base) {
        let (alice, bob) = base.two().await;
        let room = base.room(&[alice, bob]).await;
        base.sent([text(room, alice, "在嗎")]).await;
        let entries = [LogEntry::RoomUpdated { room, user: alice }, LogEntry::RoleChanged { room, user: bob }];
        let logged = base.write(move |conn| {
            let renamed = SystemMessage::new(SystemAction::Renamed, alice).named(Some("讀書會".to_owned()));
            let left = SystemMessage::new(SystemAction::Left, bob);
            let happened = Happened { room, messages: &[renamed, left], at: moment(9) };
            system_messages::append(conn, &entries, &happened)
        });
        let logged = logged.await.unwrap();
        let sent = |seq| LogEntry::MessageSent { room, seq };
        let [first, second] = entries;
        let all = [(2, first), (3, second), (4, sent(2)), (5, sent(3))];
        assert_eq!(logged.iter().map(|row| (row.position, row.entry)).collect::<Vec<_>>(), all);
        assert_eq!(base.read(|conn| log::after(conn, 1, 9)).await, logged);
        let history = base.history(room).await;
        assert_eq!(history.iter().map(|message| (message.id.0, message.seq)).collect::<Vec<_>>(), [(1, 1), (4, 2), (5, 3)]);
        assert_eq!(history[1].content, "愛麗絲 named the group “讀書會”");
        assert_eq!(history[1].system.as_ref().unwrap().action, SystemAction::Renamed);
        assert!(history[0].system.is_none());
        assert!(history[1].timestamp < history[2].timestamp);
        // The next message goes on from there.
        assert_eq!(base.sent([text(room, alice, "在")]).await[0].seq, 4);
    }

    async fn what_the_server_wrote_is_counted_for_nobody(base: &Base) {
        let (alice, bob) = base.two().await;
        let room = base.room(&[alice, bob]).await;
        base.write(move |conn| {
            let created = SystemMessage::new(SystemAction::Created, alice);
            system_messages::append(conn, &[], &Happened { room, messages: &[created], at: moment(2) })
        })
        .await
        .unwrap();
        base.sent([text(room, alice, "在嗎")]).await;
        let unread = async |user: Option<UserId>| {
            base.read(move |conn| system_messages::unread(conn, &[room.bytes()], user)).await.remove(&room)
        };
        assert_eq!((unread(None).await, unread(Some(alice)).await), (Some(vec![1]), None));
        let receipt = base.read(move |conn| {
            let receipt = member(conn, bob, room)?.receipt();
            receipts::receipt(conn, room, receipt)
        });
        assert_eq!(receipt.await.unread_count, 1);
    }

    async fn members_come_and_go_and_come_back(base: &Base) {
        let (alice, bob) = base.two().await;
        let carol = base.user("卡蘿").await;
        let room = base.room(&[alice, bob]).await;
        base.sent([text(room, alice, "在嗎")]).await;
        let add = async |users: Vec<UserId>| {
            base.write(move |conn| groups::add(conn, room, &users, moment(5))).await.unwrap()
        };
        assert_eq!(add(vec![carol, bob, carol]).await, [carol]);
        let read = base.read(move |conn| Ok(member(conn, carol, room)?.receipt())).await;
        assert_eq!((read.delivered_seq, read.read_seq), (1, 1));
        remove(base, room, carol, alice).await.unwrap();
        let by = async || base.read(move |conn| groups::removed_by(conn, Membership { room, user: carol })).await;
        assert_eq!(by().await, Some(alice));
        let again = remove(base, room, carol, alice).await;
        assert!(matches!(again, Err(Error::NotFound)), "{again:?}");
        assert_eq!(add(vec![carol]).await, [carol]);
        assert_eq!(by().await, None);
        remove(base, room, carol, carol).await.unwrap();
        assert_eq!(by().await, None, "who leaves is removed by nobody");
        assert_eq!(add(vec![carol]).await, [carol]);
        assert_eq!(base.read(move |conn| groups::member_count(conn, room)).await, 3);
        assert_eq!(base.read(move |conn| groups::in_groups(conn, &[carol, alice], 1)).await.len(), 2);
        assert_eq!(base.read(move |conn| groups::in_groups(conn, &[carol], 2)).await, []);
    }

    async fn the_admin_who_joined_first_is_the_heir_or_else_the_member(base: &Base) {
        let (alice, bob) = base.two().await;
        let carol = base.user("卡蘿").await;
        let room = base.room(&[alice, bob, carol]).await;
        let heir = async || base.read(as_member(alice, room, groups::heir)).await;
        assert_eq!(heir().await, Some(bob));
        base.write(as_member(alice, room, move |conn, member| groups::set_role(conn, member, carol, Role::Admin))).await.unwrap();
        assert_eq!(heir().await, Some(carol));
        assert_eq!(base.read(move |conn| groups::owned(conn, alice)).await, [room]);
        for user in [bob, carol] {
            remove(base, room, user, user).await.unwrap();
        }
        assert_eq!(heir().await, None, "the owner is none");
    }
}
