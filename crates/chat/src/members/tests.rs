use std::cell::Cell;
use std::convert::Infallible;

use domain::id::MessageId;
use domain::message::{MessageKind, MessageSeq};
use domain::receipt::ReadStatus;
use domain::time::Time;
use domain::user::Author;

use super::*;

const ALICE: UserId = UserId(1);
const BOB: UserId = UserId(2);

impl Members {
    /// Has everybody wait who asks for members, until the guard is dropped.
    pub(crate) fn lock(&self) -> impl Sized {
        self.rooms.lock()
    }
}

fn message(room: RoomId, sender: UserId, seq: i64) -> Message {
    Message {
        id: MessageId(seq),
        room,
        seq,
        sender,
        user: Author {
            id: sender,
            user_name: "愛麗絲".into(),
            username: "愛麗絲".into(),
            nickname: None,
            picture_url: None,
            is_bot: false,
        },
        content: "你好".into(),
        caption: None,
        kind: MessageKind::Text,
        media_url: None,
        media: None,
        read_status: ReadStatus::Unread,
        read_by_count: 0,
        timestamp: Time::parse("2026-11-22T11:29:15Z").unwrap(),
        client_msg_id: None,
        reply_to: None,
        reactions: Vec::new(),
        edited_at: None,
        deleted: false,
        expires_at: None,
        system: None,
        extras: None,
    }
}

fn receipts(read: i64) -> Vec<Receipt> {
    [ALICE, BOB].map(|user| Receipt { user, delivered_seq: read, read_seq: read }).to_vec()
}

/// A room of which all messages are taken in.
fn loaded(receipts: Vec<Receipt>) -> LoadedRoom {
    LoadedRoom { last_seq: i64::MAX, receipts, hidden: Vec::new(), system: Vec::new() }
}

/// The unread counts that a message has for Alice and for Bob.
fn unread_of(members: &Members, message: &Message, read: i64) -> [i64; 2] {
    let Ok(readers) = members.readers::<Infallible>(message, || Ok(loaded(receipts(read))));
    [ALICE, BOB].map(|user| readers.iter().find(|member| member.user == user).unwrap().unread)
}

#[test]
fn a_sender_has_read_what_they_sent() {
    let (members, room) = (Members::default(), RoomId::generate());
    assert_eq!(unread_of(&members, &message(room, ALICE, 4), 3), [0, 1]);
    assert_eq!(unread_of(&members, &message(room, BOB, 5), 0), [1, 0], "the room is loaded once");
    members.read(room, ALICE, 5);
    assert_eq!(unread_of(&members, &message(room, BOB, 6), 0), [1, 0]);
}

#[test]
fn a_message_published_late_takes_back_no_receipt() {
    let (members, room) = (Members::default(), RoomId::generate());
    assert_eq!(unread_of(&members, &message(room, BOB, 1), 0), [1, 0]);
    // Alice's second message is answered, and she reads Bob's third, before the second is published.
    members.read(room, ALICE, 3);
    assert_eq!(unread_of(&members, &message(room, ALICE, 2), 0), [0, 1]);
    assert_eq!(unread_of(&members, &message(room, BOB, 3), 0), [0, 0]);
    assert_eq!(unread_of(&members, &message(room, BOB, 4), 0), [1, 0]);
}

#[test]
fn a_room_that_changes_while_it_is_loaded_is_loaded_again() {
    let (members, room) = (Members::default(), RoomId::generate());
    let loads = Cell::new(0);
    let readers = members.readers::<Infallible>(&message(room, BOB, 9), || {
        loads.set(loads.get() + 1);
        if loads.get() == 1 {
            members.read(room, ALICE, 8);
            return Ok(loaded(receipts(0)));
        }
        Ok(loaded(receipts(8)))
    });
    let Ok(readers) = readers;
    assert_eq!((loads.get(), readers[0].unread), (2, 1));
    members.forget(room);
    assert_eq!(unread_of(&members, &message(room, BOB, 10), 9), [1, 0]);
}

#[test]
fn what_a_member_has_hidden_is_not_unread() {
    let (members, room) = (Members::default(), RoomId::generate());
    let hidden = |seq| HiddenMessage { user: ALICE, message: MessageSeq { room, seq } };
    let load = || Ok(LoadedRoom { hidden: vec![hidden(3), hidden(5)], ..loaded(receipts(2)) });
    let unread = |seq| {
        let Ok(readers) = members.readers::<Infallible>(&message(room, BOB, seq), load);
        readers[0].unread
    };
    assert_eq!((unread(4), unread(6)), (1, 2));
    members.read(room, ALICE, 4);
    assert_eq!(unread(7), 2);
}

#[test]
fn what_was_read_before_a_member_left_is_not_cached_by_a_slower_load() {
    let (members, room, loads) = (Members::default(), RoomId::generate(), Cell::new(0));
    let stay = || loaded(receipts(0).into_iter().filter(|receipt| receipt.user == ALICE).collect());
    let load = || {
        loads.set(loads.get() + 1);
        if loads.get() > 1 {
            return Ok(stay());
        }
        let before = receipts(0);
        members.forget(room);
        // Another thread loads the room in the meantime.
        let Ok(users) = members.users::<Infallible>(room, || Ok(stay()));
        assert_eq!(users, [ALICE]);
        Ok(loaded(before))
    };
    let Ok(users) = members.users::<Infallible>(room, load);
    assert_eq!(users, [ALICE]);
}

#[test]
fn what_the_server_wrote_is_not_counted() {
    let (members, room) = (Members::default(), RoomId::generate());
    let load = || Ok(LoadedRoom { system: vec![3, 5], ..loaded(receipts(2)) });
    let Ok(readers) = members.readers::<Infallible>(&message(room, ALICE, 6), load);
    let unread: Vec<i64> = readers.iter().map(|reader| reader.unread).collect();
    assert_eq!(unread, [0, 2]);
}

#[test]
fn a_room_is_loaded_again_where_a_message_of_the_server_lies_between() {
    let (members, room, loads) = (Members::default(), RoomId::generate(), Cell::new(0));
    let readers = |seq| {
        let load = || {
            loads.set(loads.get() + 1);
            Ok(LoadedRoom { last_seq: seq, ..loaded(receipts(0)) })
        };
        let Ok(readers) = members.readers::<Infallible>(&message(room, ALICE, seq), load);
        assert_eq!(readers.len(), 2);
        loads.get()
    };
    assert_eq!([readers(4), readers(5), readers(7), readers(6), readers(8)], [1, 1, 2, 2, 2]);
}
