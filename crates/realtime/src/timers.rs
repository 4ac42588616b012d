//! One timer for all sessions of a hub: it sleeps until the next of them is due.

use std::{
    cell::RefCell,
    cmp::{Ordering, Reverse},
    collections::BinaryHeap,
    rc::{Rc, Weak},
    time::Instant,
};

use tokio::sync::Notify;

use crate::seat::Seat;

/// Sessions by the instant at which they have to be looked at.
///
/// A deadline that moves away leaves its entry where it is; whoever is looked at too early is put back.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    heap: RefCell<BinaryHeap<Reverse<Entry>>>,
    earlier: Notify,
}

#[derive(Debug)]
struct Entry {
    at: Instant,
    seat: Weak<Seat>,
}

impl Ord for Entry {
    fn cmp(&self, other: &Self) -> Ordering {
        self.at.cmp(&other.at)
    }
}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Entry {}

impl Timers {
    /// Has the session looked at when it is due, if it would not be by then anyway.
    pub(crate) fn arm(&self, seat: &Rc<Seat>) {
        let Some(at) = seat.next_due().filter(|at| seat.rearm(*at)) else { return };
        let mut heap = self.heap.borrow_mut();
        let first = heap.peek().is_none_or(|Reverse(entry)| at < entry.at);
        heap.push(Reverse(Entry { at, seat: Rc::downgrade(seat) }));
        if first {
            self.earlier.notify_one();
        }
    }

    /// The next session that is due at `now`.
    pub(crate) fn pop(&self, now: Instant) -> Option<Rc<Seat>> {
        let mut heap = self.heap.borrow_mut();
        while heap.peek().is_some_and(|Reverse(entry)| entry.at <= now) {
            let Reverse(entry) = heap.pop()?;
            if let Some(seat) = entry.seat.upgrade().filter(|seat| seat.disarm(entry.at)) {
                return Some(seat);
            }
        }
        None
    }

    /// Waits until a session is due.
    pub(crate) async fn due(&self) {
        loop {
            let next = self.heap.borrow().peek().map(|Reverse(entry)| entry.at);
            let Some(next) = next else {
                self.earlier.notified().await;
                continue;
            };
            tokio::select! {
                () = tokio::time::sleep_until(next.into()) => return,
                () = self.earlier.notified() => {}
            }
        }
    }
}
