//! The books: which message came when to whom, and what is missing.

use std::collections::HashMap;

use serde::Serialize;

use crate::client::Stamp;

/// What one connection has sent and received; it is in one room.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    /// How many messages it sent.
    pub(crate) sent: u64,
    /// How many of them were acknowledged.
    pub(crate) acknowledged: u64,
    /// How many messages of others it received.
    pub(crate) received: u64,
    next_from: HashMap<u64, u64>,
    last_received: i64,
    first: Option<i64>,
    last: i64,
    faults: Faults,
}

/// What must not be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Faults {
    /// Messages that were acknowledged and did not come to a listener.
    pub(crate) lost: u64,
    /// Messages that came twice.
    pub(crate) repeated: u64,
    /// Messages that came before an earlier one.
    pub(crate) disordered: u64,
    /// Places in a room that were given twice or to nobody.
    pub(crate) gaps: u64,
    /// Messages that were refused or never acknowledged.
    pub(crate) unanswered: u64,
    /// Connections that closed by themselves.
    pub(crate) closed: u64,
    /// Attacks under which something took more than it may.
    pub(crate) exceeded: u64,
}

impl Ledger {
    /// Notes an own message that was acknowledged; `awaited` is whether it was not before.
    ///
    /// Acknowledgements carry their number and may overtake each other; the seqs must be right.
    pub(crate) fn acknowledge(&mut self, awaited: bool, seq: i64) {
        if !awaited {
            self.faults.repeated += 1;
            return;
        }
        self.acknowledged += 1;
        self.last = self.last.max(seq);
        self.first = self.first.min(Some(seq)).or(Some(seq));
    }

    /// Notes a message of somebody else.
    pub(crate) fn receive(&mut self, stamp: Stamp, seq: i64) {
        let next = self.next_from.entry(stamp.sender).or_insert(1);
        if stamp.number < *next {
            self.faults.repeated += 1;
            return;
        }
        self.received += 1;
        if stamp.number > *next || seq <= self.last_received {
            self.faults.disordered += 1;
        }
        *next = stamp.number + 1;
        self.last_received = self.last_received.max(seq);
        self.last = self.last.max(seq);
        self.first = self.first.min(Some(seq)).or(Some(seq));
    }

    pub(crate) fn refuse(&mut self) {
        self.faults.unanswered += 1;
    }

    /// Returns how often the server refused a message, and whether it closed the connection.
    pub(crate) fn turned_away(&self) -> u64 {
        self.faults.unanswered + self.faults.closed
    }

    pub(crate) fn close(&mut self) {
        self.faults.closed += 1;
    }
}

/// Adds up what is wrong in one room.
pub(crate) fn faults(room: &[&Ledger]) -> Faults {
    let acknowledged: u64 = room.iter().map(|ledger| ledger.acknowledged).sum();
    let mut faults = Faults::default();
    for ledger in room {
        let Faults { repeated, disordered, unanswered, closed, .. } = ledger.faults;
        faults.repeated += repeated;
        faults.disordered += disordered;
        faults.closed += closed;
        faults.unanswered += unanswered.max(ledger.sent.saturating_sub(ledger.acknowledged));
        faults.lost += (acknowledged - ledger.acknowledged).saturating_sub(ledger.received);
    }
    let first = room.iter().filter_map(|ledger| ledger.first).min();
    let last = room.iter().map(|ledger| ledger.last).max();
    if let (Some(first), Some(last)) = (first, last) {
        faults.gaps = (last - first + 1).abs_diff(i64::try_from(acknowledged).unwrap_or(i64::MAX));
    }
    faults
}

impl std::ops::AddAssign for Faults {
    fn add_assign(&mut self, other: Self) {
        self.lost += other.lost;
        self.repeated += other.repeated;
        self.disordered += other.disordered;
        self.gaps += other.gaps;
        self.unanswered += other.unanswered;
        self.closed += other.closed;
        self.exceeded += other.exceeded;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(sender: u64, number: u64) -> Stamp {
        Stamp { sender, number, left: 0 }
    }

    /// Two who each sent two messages, which got the seqs 1 to 4.
    fn pair(received: &[(Stamp, i64)]) -> Faults {
        let (mut one, mut other) = (Ledger::default(), Ledger::default());
        (one.sent, other.sent) = (2, 2);
        one.acknowledge(true, 1);
        one.acknowledge(true, 3);
        other.acknowledge(true, 2);
        other.acknowledge(true, 4);
        one.receive(from(2, 1), 2);
        one.receive(from(2, 2), 4);
        for (stamp, seq) in received {
            other.receive(*stamp, *seq);
        }
        faults(&[&one, &other])
    }

    #[test]
    fn everything_in_order_is_no_fault() {
        assert_eq!(pair(&[(from(1, 1), 1), (from(1, 2), 3)]), Faults::default());
    }

    #[test]
    fn what_is_missing_repeated_or_out_of_order_is_noticed() {
        assert_eq!(pair(&[(from(1, 1), 1)]), Faults { lost: 1, ..Faults::default() });
        let twice = pair(&[(from(1, 1), 1), (from(1, 1), 1), (from(1, 2), 3)]);
        assert_eq!(twice, Faults { repeated: 1, ..Faults::default() });
        let crossed = pair(&[(from(1, 2), 3), (from(1, 1), 1)]);
        assert!(crossed.disordered > 0 && crossed != Faults::default());
        let mut twice = Ledger { sent: 1, ..Ledger::default() };
        twice.acknowledge(true, 1);
        twice.acknowledge(false, 1);
        assert_eq!(faults(&[&twice]), Faults { repeated: 1, ..Faults::default() });
        let elsewhere = pair(&[(from(1, 1), 1), (from(1, 2), 9)]);
        assert_eq!(elsewhere.gaps, 5);
    }
}
