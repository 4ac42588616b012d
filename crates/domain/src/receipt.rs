//! How far each member of a room has received and read it: a receipt a member, which only ever moves forward.

use schemars::JsonSchema;
use serde::Serialize;

use crate::group::Participant;
use crate::id::{MessageId, RoomId, UserId};

/// What a viewer sees of who has got a message.
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

/// The receipt of one member: every message up to and including a `seq` counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Marks")]
pub struct Receipt {
    /// The member.
    #[serde(rename = "user_id")]
    pub user: UserId,
    /// The newest message that reached a device of theirs.
    #[serde(rename = "last_delivered_seq")]
    pub delivered_seq: i64,
    /// The newest message that they have read.
    #[serde(rename = "last_read_seq")]
    pub read_seq: i64,
}

impl Receipt {
    /// Moves the receipt forward; what was read was also received. Returns whether anything changed.
    pub fn advance(&mut self, delivered_seq: i64, read_seq: i64) -> bool {
        let before = *self;
        self.read_seq = self.read_seq.max(read_seq);
        self.delivered_seq = self.delivered_seq.max(delivered_seq).max(self.read_seq);
        *self != before
    }

    /// Removes how far the member has read, for others who do not see it.
    #[must_use]
    pub fn without_read(self) -> Self {
        Self { read_seq: 0, ..self }
    }

    /// Returns how many messages up to `seq` the member has not read.
    ///
    /// Of those in `hidden`, which are the seqs that they have hidden, none counts, and of `system`, which are the
    /// ascending seqs of the room's system messages, none either. A message that was unsent still does, as what is left
    /// of it is shown.
    pub fn unread(&self, seq: i64, hidden: impl IntoIterator<Item = i64>, system: &[i64]) -> i64 {
        let counts = |hidden: &i64| {
            (self.read_seq + 1..=seq).contains(hidden) && system.binary_search(hidden).is_err()
        };
        let hidden = hidden.into_iter().filter(counts).count();
        let up_to = |seq: i64| system.partition_point(|system| *system <= seq);
        let system = up_to(seq).saturating_sub(up_to(self.read_seq));
        (seq - self.read_seq).max(0) - i64::try_from(hidden + system).unwrap_or(0)
    }
}

/// Returns what `viewer` sees of the message `seq` by `sender`, and how many others have read it.
///
/// On one's own message the slowest of the others counts, on others' messages one's own receipt.
pub fn status(receipts: &[Receipt], viewer: UserId, sender: UserId, seq: i64) -> (ReadStatus, usize) {
    let others = || receipts.iter().filter(|receipt| receipt.user != sender);
    let readers = others().filter(|receipt| receipt.read_seq >= seq).count();
    let counted: Vec<&Receipt> = if viewer == sender {
        others().collect()
    } else {
        others().filter(|receipt| receipt.user == viewer).collect()
    };
    let all = |reached: fn(&Receipt) -> i64| {
        !counted.is_empty() && counted.iter().all(|receipt| reached(receipt) >= seq)
    };
    let status = if all(|receipt| receipt.read_seq) {
        ReadStatus::Read
    } else if all(|receipt| receipt.delivered_seq) {
        ReadStatus::Delivered
    } else {
        ReadStatus::Unread
    };
    (status, readers)
}

/// Who has got a message, other than its sender.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct MessageReceipts {
    /// The members who have read it, by their ids.
    pub read: Vec<Participant>,
    /// The members who have received it and not read it, by their ids.
    pub delivered: Vec<Participant>,
}

impl MessageReceipts {
    /// Sorts the members of a room by whether they have got the message `seq` by `sender`.
    pub fn of(members: Vec<Participant>, receipts: &[Receipt], sender: UserId, seq: i64) -> Self {
        let reached = |member: &Participant, end: fn(&Receipt) -> i64| {
            let own = receipts.iter().find(|receipt| receipt.user == member.profile.id);
            own.is_some_and(|own| end(own) >= seq)
        };
        let others = members.into_iter().filter(|member| member.profile.id != sender);
        let (read, others): (Vec<_>, Vec<_>) =
            others.partition(|member| reached(member, |receipt| receipt.read_seq));
        let delivered = others.into_iter().filter(|member| reached(member, |receipt| receipt.delivered_seq));
        Self { read, delivered: delivered.collect() }
    }
}

/// A member's receipt in a room, as the room's members see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Receipt")]
pub struct RoomReceipt {
    /// The room.
    #[serde(rename = "chatroom_id")]
    pub room: RoomId,
    /// The member.
    #[serde(rename = "user_id")]
    pub user: UserId,
    /// The `seq` up to which messages were received.
    pub last_delivered_seq: i64,
    /// The `seq` up to which messages were read; 0 if others do not see it.
    pub last_read_seq: i64,
    /// The message with that `seq`, if any was received.
    pub last_delivered_id: Option<MessageId>,
    /// The message with that `seq`, if any was read.
    pub last_read_id: Option<MessageId>,
    /// How many of the room's messages come after it; 0 if others do not see it.
    pub unread_count: i64,
}

impl RoomReceipt {
    /// Removes how far the member has read, for others who do not see it.
    #[must_use]
    pub fn without_read(self) -> Self {
        Self { last_read_seq: 0, last_read_id: None, unread_count: 0, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: UserId = UserId(1);
    const B: UserId = UserId(2);
    const C: UserId = UserId(3);

    fn receipt(user: UserId, delivered_seq: i64, read_seq: i64) -> Receipt {
        Receipt { user, delivered_seq, read_seq }
    }

    fn receipts(b: (i64, i64), c: (i64, i64)) -> [Receipt; 3] {
        [receipt(A, 0, 0), receipt(B, b.0, b.1), receipt(C, c.0, c.1)]
    }

    #[test]
    fn a_sender_sees_the_slowest_of_the_others() {
        assert_eq!(status(&receipts((5, 5), (4, 4)), A, A, 5), (ReadStatus::Unread, 1));
        assert_eq!(status(&receipts((5, 5), (5, 4)), A, A, 5), (ReadStatus::Delivered, 1));
        assert_eq!(status(&receipts((5, 5), (6, 6)), A, A, 5), (ReadStatus::Read, 2));
    }

    #[test]
    fn a_reader_sees_their_own_receipt() {
        assert_eq!(status(&receipts((5, 4), (0, 0)), B, A, 5).0, ReadStatus::Delivered);
        assert_eq!(status(&receipts((5, 5), (0, 0)), B, A, 5).0, ReadStatus::Read);
        assert_eq!(status(&receipts((5, 5), (0, 0)), C, A, 5).0, ReadStatus::Unread);
    }

    #[test]
    fn nobody_else_in_the_room_means_unread() {
        assert_eq!(status(&[receipt(A, 9, 9)], A, A, 5), (ReadStatus::Unread, 0));
    }

    #[test]
    fn what_is_hidden_and_what_the_server_wrote_does_not_count_as_unread() {
        let read = receipt(B, 3, 3);
        assert_eq!(read.unread(10, [], &[]), 7);
        assert_eq!(read.unread(10, [2, 3, 4, 10, 11], &[]), 5);
        assert_eq!(read.unread(10, [], &[1, 3, 4, 9, 12]), 5);
        assert_eq!(read.unread(10, [4, 5], &[4, 9]), 4, "what is both counts once");
        assert_eq!(read.unread(2, [1], &[1, 2]), 0, "a message that was read before");
    }

    #[test]
    fn a_receipt_never_moves_back() {
        let mut moved = receipt(B, 5, 3);
        assert!(!moved.advance(4, 2));
        assert!(moved.advance(0, 7));
        assert_eq!(moved, receipt(B, 7, 7));
    }
}
