//! Rooms and their members.

use domain::id::{RoomId, UserId};
use domain::room::{RoomKind, direct_key};
use domain::text::RoomName;
use persistence::error::Error;
use persistence::messages::NewMessage;
use persistence::rooms::{self, NewRoom};
use persistence::{groups, receipts, room_views};
use testdb::base::{Base, NOBODY, as_member, member, moment, new_group, reader, text};
use testdb::on_each_database;

fn direct(one: UserId, other: UserId) -> NewRoom {
    NewRoom { kind: RoomKind::Direct, direct_key: Some(direct_key(one, other)), ..new_group(&[one, other]) }
}

on_each_database! {
    async fn two_people_have_one_room(base: &Base) {
        let (alice, bob) = base.two().await;
        let carol = base.user("Carol").await;
        let first = direct(alice, bob);
        let id = first.id;
        base.write(move |conn| rooms::insert(conn, &first)).await.unwrap();
        let second = direct(bob, alice);
        let refused = second.id;
        let outcome = base.write(move |conn| rooms::insert(conn, &second)).await;
        assert!(matches!(outcome, Err(Error::Conflict)), "{outcome:?}");
        assert_eq!(base.read(move |conn| rooms::by_direct_key(conn, &direct_key(bob, alice))).await, Some(id));
        assert_eq!(base.read(move |conn| rooms::by_direct_key(conn, &direct_key(bob, carol))).await, None);
        let members = base.read(move |conn| receipts::whole(conn, refused)).await;
        assert_eq!(members.len(), 0, "nothing is left of the room that was refused");
    }

    async fn two_who_open_their_room_at_once_get_one(base: &Base) {
        let (alice, bob) = base.two().await;
        let second_server = base.second_server().clone();
        for db in [base.db.clone(), second_server.clone()] {
            // Warm, so that both really begin at once.
            db.read(|conn| persistence::users::existing(conn, &[])).await.unwrap();
        }
        let open = |db: persistence::db::Db, new: NewRoom| {
            tokio::spawn(async move { db.transaction(move |conn| rooms::insert(conn, &new)).await })
        };
        let both = [open(base.db.clone(), direct(alice, bob)), open(second_server, direct(bob, alice))];
        let mut conflicts = 0;
        for outcome in both {
            match outcome.await.unwrap() {
                Ok(()) => {}
                Err(Error::Conflict) => conflicts += 1,
                Err(error) => panic!("{error}"),
            }
        }
        assert_eq!(conflicts, 1);
        assert_eq!(base.read(move |conn| room_views::list(conn, reader(alice))).await.len(), 1);
    }

    async fn a_one_to_one_room_shows_the_other(base: &Base) {
        let (alice, bob) = base.two().await;
        let new = direct(alice, bob);
        let id = new.id;
        base.write(move |conn| rooms::insert(conn, &new)).await.unwrap();
        for (me, other, name) in [(alice, bob, "小明"), (bob, alice, "愛麗絲")] {
            let room = base.read(as_member(me, id, room_views::view)).await;
            assert_eq!((room.user_id, room.username.as_str(), room.is_group), (Some(other), name, false));
        }
    }

    async fn a_group_keeps_its_name_and_members(base: &Base) {
        let (alice, bob) = base.two().await;
        let carol = base.user("Carol").await;
        let new = NewRoom { name: Some(RoomName::parse("讀書會").unwrap()), ..new_group(&[alice, carol]) };
        let id = new.id;
        base.write(move |conn| rooms::insert(conn, &new)).await.unwrap();
        let room = base.read(as_member(carol, id, room_views::view)).await;
        assert_eq!((room.is_group, room.friend_name.as_str(), room.user_id), (true, "讀書會", None));
        let members = base.read(as_member(alice, id, move |conn, member| groups::participants(conn, member, NOBODY, 9))).await;
        assert_eq!(members.iter().map(|member| member.profile.id).collect::<Vec<_>>(), [alice, carol]);
        let strange = base.db.read(move |conn| member(conn, bob, id).map(|_| ())).await;
        assert!(matches!(strange, Err(Error::NotFound)), "{strange:?}");
    }

    async fn the_room_that_spoke_last_comes_first(base: &Base) {
        let (alice, bob) = base.two().await;
        let mut ids = Vec::new();
        for _ in 0..3 {
            ids.push(base.room(&[alice, bob]).await);
        }
        for (room, seconds) in [(ids[1], 10), (ids[2], 20), (ids[0], 30), (ids[2], 40)] {
            let message = NewMessage { at: moment(seconds), ..text(room, bob, "嗨") };
            base.sent([message]).await;
        }
        let list = base.read(move |conn| room_views::list(conn, reader(alice))).await;
        assert_eq!(list.iter().map(|room| room.id).collect::<Vec<RoomId>>(), [ids[2], ids[0], ids[1]]);
        assert_eq!(list.iter().map(|room| room.unread_count).collect::<Vec<_>>(), [2, 1, 1]);
        let last: Vec<_> = list.iter().filter_map(|room| Some(room.last_message.as_ref()?.seq)).collect();
        assert_eq!(last, [2, 1, 1]);
        let his = base.read(move |conn| room_views::list(conn, reader(bob))).await;
        assert!(his.iter().all(|room| room.unread_count == 0 && room.last_read_seq == room.last_seq));
    }
}
