//! How far each member of a room has received and read it: two marks a member, which only ever move forward.

use schemars::JsonSchema;
use serde::Serialize;

use crate::id::{MessageId, RoomId, UserId};

/// What a viewer learns of a message's fate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ReadStatus {
    /// Not everybody has received it.
    Unread,
    /// Everybody has received it.
    Delivered,
    /// Everybody has read it.
    Read,
}

/// The marks of one member: every message up to and including `seq` counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Marks {
    /// Whose marks these are.
    #[serde(rename = "user_id")]
    pub user: UserId,
    /// The newest message that reached a device of theirs.
    #[serde(rename = "last_delivered_seq")]
    pub delivered: i64,
    /// The newest message that they have read.
    #[serde(rename = "last_read_seq")]
    pub read: i64,
}

impl Marks {
    /// Moves the marks forward; whoever reads has received. Tells whether anything changed.
    pub fn advance(&mut self, delivered: i64, read: i64) -> bool {
        let before = *self;
        self.read = self.read.max(read);
        self.delivered = self.delivered.max(delivered).max(self.read);
        *self != before
    }
}

/// Derives what `viewer` sees of the message `seq` by `sender`, and how many others have read it.
///
/// On one's own message it is the slowest of the others that counts, on others' messages one's own marks.
pub fn status(marks: &[Marks], viewer: UserId, sender: UserId, seq: i64) -> (ReadStatus, usize) {
    let others = || marks.iter().filter(|m| m.user != sender);
    let readers = others().filter(|m| m.read >= seq).count();
    let counted: Vec<&Marks> =
        if viewer == sender { others().collect() } else { others().filter(|m| m.user == viewer).collect() };
    let all = |reached: fn(&Marks) -> i64| !counted.is_empty() && counted.iter().all(|m| reached(m) >= seq);
    let status = if all(|m| m.read) {
        ReadStatus::Read
    } else if all(|m| m.delivered) {
        ReadStatus::Delivered
    } else {
        ReadStatus::Unread
    };
    (status, readers)
}

/// A member's marks as the room's members are told of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Receipt {
    /// The room.
    #[serde(rename = "chatroom_id")]
    pub room: RoomId,
    /// Whose marks these are.
    #[serde(rename = "user_id")]
    pub user: UserId,
    /// The place in the room up to which messages were received.
    pub last_delivered_seq: i64,
    /// The place in the room up to which messages were read.
    pub last_read_seq: i64,
    /// The message at that place, if any was received.
    pub last_delivered_id: Option<MessageId>,
    /// The message at that place, if any was read.
    pub last_read_id: Option<MessageId>,
    /// How many of the room's messages lie after it.
    pub unread_count: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: UserId = UserId(1);
    const B: UserId = UserId(2);
    const C: UserId = UserId(3);

    fn marks(b: (i64, i64), c: (i64, i64)) -> [Marks; 3] {
        [
            Marks { user: A, delivered: 0, read: 0 },
            Marks { user: B, delivered: b.0, read: b.1 },
            Marks { user: C, delivered: c.0, read: c.1 },
        ]
    }

    #[test]
    fn a_sender_sees_the_slowest_of_the_others() {
        assert_eq!(status(&marks((5, 5), (4, 4)), A, A, 5), (ReadStatus::Unread, 1));
        assert_eq!(status(&marks((5, 5), (5, 4)), A, A, 5), (ReadStatus::Delivered, 1));
        assert_eq!(status(&marks((5, 5), (6, 6)), A, A, 5), (ReadStatus::Read, 2));
    }

    #[test]
    fn a_reader_sees_their_own_marks() {
        assert_eq!(status(&marks((5, 4), (0, 0)), B, A, 5).0, ReadStatus::Delivered);
        assert_eq!(status(&marks((5, 5), (0, 0)), B, A, 5).0, ReadStatus::Read);
        assert_eq!(status(&marks((5, 5), (0, 0)), C, A, 5).0, ReadStatus::Unread);
    }

    #[test]
    fn nobody_else_in_the_room_means_unread() {
        assert_eq!(status(&[Marks { user: A, delivered: 9, read: 9 }], A, A, 5), (ReadStatus::Unread, 0));
    }

    #[test]
    fn marks_never_move_back() {
        let mut m = Marks { user: B, delivered: 5, read: 3 };
        assert!(!m.advance(4, 2));
        assert!(m.advance(0, 7));
        assert_eq!(m, Marks { user: B, delivered: 7, read: 7 });
    }
}
