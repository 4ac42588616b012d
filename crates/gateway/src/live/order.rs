//! The order of the log: what comes too early waits, what comes twice is dropped.

use std::collections::BTreeMap;

use parking_lot::Mutex;
use tokio::sync::Notify;

/// Passes on the changes of the log one after the other, whatever the order in which they are announced.
#[derive(Debug)]
pub(crate) struct Order<T> {
    state: Mutex<State<T>>,
    early: Notify,
}

#[derive(Debug)]
struct State<T> {
    next: i64,
    waiting: BTreeMap<i64, T>,
    /// The last change that is known to be there.
    known: i64,
}

impl<T> Order<T> {
    /// The next change is the one after place `head`.
    pub(crate) fn after(head: i64) -> Self {
        Self {
            state: Mutex::new(State { next: head + 1, waiting: BTreeMap::new(), known: head }),
            early: Notify::new(),
        }
    }

    /// Takes changes that follow each other from place `first`, and passes on all whose turn has come, with the place
    /// of the first of them.
    ///
    /// `pass` runs while others wait, lest two threads pass each other between here and the sockets.
    pub(crate) fn admit(&self, first: i64, changes: Vec<T>, pass: impl FnOnce(i64, Vec<T>)) {
        let mut state = self.state.lock();
        let next = state.next;
        for (pos, change) in (first..).zip(changes).filter(|(pos, _)| *pos >= next) {
            // Whoever made the change says more of it than the log.
            state.waiting.entry(pos).or_insert(change);
        }
        let mut due = Vec::new();
        while let Some(change) = take_next(&mut state) {
            due.push(change);
        }
        if !due.is_empty() {
            pass(next, due);
        }
        if !state.waiting.is_empty() {
            self.early.notify_one();
        }
    }

    /// Notes that a change is there that has still to come.
    pub(crate) fn expect(&self, pos: i64) {
        let mut state = self.state.lock();
        state.known = state.known.max(pos);
        if pos >= state.next {
            self.early.notify_one();
        }
    }

    /// The place up to which everything has been passed on.
    pub(crate) fn head(&self) -> i64 {
        self.state.lock().next - 1
    }

    /// Returns when something has come too early.
    pub(crate) async fn early(&self) {
        self.early.notified().await;
    }

    /// Whether a change has not come that is known to be there.
    pub(crate) fn stuck(&self) -> bool {
        let state = self.state.lock();
        !state.waiting.is_empty() || state.known >= state.next
    }
}

fn take_next<T>(state: &mut State<T>) -> Option<T> {
    let next = state.next;
    let change = state.waiting.remove(&next)?;
    state.next += 1;
    Some(change)
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    #[test]
    fn passes_on_in_order_and_once() {
        let order = Order::after(10);
        let passed = RefCell::new(Vec::new());
        let admit = |first, changes: &[char]| {
            order.admit(first, changes.to_vec(), |first, due| passed.borrow_mut().push((first, due)));
        };
        admit(13, &['c', 'd']);
        assert!(order.stuck() && passed.borrow().is_empty());
        admit(13, &['x']);
        admit(11, &['a', 'b']);
        assert_eq!(passed.take(), [(11, vec!['a', 'b', 'c', 'd'])]);
        admit(11, &['x', 'x', 'x', 'x', 'e']);
        admit(9, &['x']);
        assert_eq!(passed.take(), [(15, vec!['e'])], "what was passed on is not passed on again");
        assert!(!order.stuck());
        assert_eq!(order.head(), 15);
    }

    #[tokio::test]
    async fn says_when_something_came_too_early() {
        let order = Order::after(0);
        order.admit(2, vec!['b'], |_, _| {});
        order.early().await;
        assert!(order.stuck());
        order.admit(1, vec!['a'], |_, _| {});
        assert!(!order.stuck());
    }

    #[test]
    fn keeps_the_order_between_threads() {
        let (order, passed) = (Order::after(0), Mutex::new(Vec::new()));
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let (order, passed) = (&order, &passed);
                scope.spawn(move || {
                    for pos in (1 + thread..=4_000).step_by(4) {
                        order.admit(pos, vec![pos], |_, due| passed.lock().extend(due));
                    }
                });
            }
        });
        assert_eq!(passed.into_inner(), (1..=4_000).collect::<Vec<i64>>());
    }
}
