use super::*;

#[test]
fn every_entry_is_read_back_from_its_columns() {
    let (room, to, user) = (RoomId::generate(), UserId(6), UserId(7));
    for entry in [
        LogEntry::MessageSent { room, seq: 1 },
        LogEntry::MessageEdited { room, seq: 2 },
        LogEntry::MessageUnsent { room, seq: 3 },
        LogEntry::MessageReacted { room, seq: 4 },
        LogEntry::MessagePinned { room, seq: 5 },
        LogEntry::MessagePreviewed { room, seq: 5 },
        LogEntry::MessageHidden { to, message: MessageSeq { room, seq: 5 } },
        LogEntry::ReceiptMoved { to: Scope::Room(room), member: Membership { room, user } },
        LogEntry::RoomCreated { to, room },
        LogEntry::RoomSettingsChanged { to, room },
        LogEntry::ScheduledMessagesChanged { to, room },
        LogEntry::MessageExpired { room, seq: 6 },
        LogEntry::DisappearAfterChanged { room, user },
        LogEntry::RoomUpdated { room, user },
        LogEntry::MemberAdded { room, user },
        LogEntry::RoleChanged { room, user },
        LogEntry::MemberLeft { to: Scope::Room(room), member: Membership { room, user } },
        LogEntry::MemberLeft { to: Scope::User(user), member: Membership { room, user } },
        LogEntry::ProfileChanged { to: Scope::User(to), user },
        LogEntry::ProfileChanged { to: Scope::Room(room), user },
        LogEntry::FriendRequested { to, user },
        LogEntry::FriendAccepted { to, user },
        LogEntry::FriendRemoved { to, user },
        LogEntry::ExportReady { to, user },
    ] {
        let columns = entry.columns();
        assert_eq!(LogEntry::parse(columns), Some(entry));
        assert!(columns.kind.len() <= 16, "the column holds it");
    }
}

#[test]
fn a_receipt_of_a_version_before_is_read() {
    let (room, user) = (RoomId::generate(), UserId(7));
    let entry = LogEntry::ReceiptMoved { to: room.into(), member: Membership { room, user } };
    assert_eq!(LogEntry::parse(Columns { room: None, ..entry.columns() }), Some(entry));
}

#[test]
fn columns_that_do_not_fit_each_other_are_refused() {
    let (room, to) = (RoomId::generate(), UserId(6));
    let sent = LogEntry::MessageSent { room, seq: 1 }.columns();
    let hidden = LogEntry::MessageHidden { to, message: MessageSeq { room, seq: 1 } }.columns();
    for columns in [
        Columns { room: None, ..hidden },
        Columns { room: Some(room), ..sent },
        Columns { scope: Scope::User(to), ..sent },
        Columns { kind: "unheard", ..sent },
    ] {
        assert_eq!(LogEntry::parse(columns), None, "{columns:?}");
    }
}

#[test]
fn an_entry_names_the_message_that_it_is_about() {
    let (room, to) = (RoomId::generate(), UserId(6));
    let message = MessageSeq { room, seq: 3 };
    assert_eq!(LogEntry::MessageUnsent { room, seq: 3 }.message(), Some(message));
    assert_eq!(LogEntry::MessageHidden { to, message }.message(), Some(message));
    assert_eq!(LogEntry::RoomCreated { to, room }.message(), None);
}

#[test]
fn events_have_names_of_their_own() {
    let mut names: Vec<&str> = EVENTS.iter().map(|event| event.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), EVENTS.len());
}
