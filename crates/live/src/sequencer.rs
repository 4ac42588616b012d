//! Restores the order of the log: entries that are early wait, repeated ones are dropped.

use std::collections::BTreeMap;

use parking_lot::Mutex;
use tokio::sync::Notify;

/// Passes on each position of the log once and in order, for any order of arrival.
#[derive(Debug)]
pub struct Sequencer<T> {
    state: Mutex<State<T>>,
    early: Notify,
}

#[derive(Debug)]
struct State<T> {
    next: i64,
    waiting: BTreeMap<i64, T>,
    /// The last position that is known to be taken.
    known: i64,
}

impl<T> Sequencer<T> {
    /// The next position is the one after `head`.
    pub(crate) fn after(head: i64) -> Self {
        Self {
            state: Mutex::new(State { next: head + 1, waiting: BTreeMap::new(), known: head }),
            early: Notify::new(),
        }
    }

    /// Adds items at their positions, and passes on those without a gap before them.
    ///
    /// `pass` runs under the lock, so that no other thread sends later positions first.
    pub(crate) fn admit(&self, new: Vec<(i64, T)>, pass: impl FnOnce(Vec<T>)) {
        let mut state = self.state.lock();
        let next = state.next;
        for (position, item) in new.into_iter().filter(|(position, _)| *position >= next) {
            // The first one has the origin; one that is read from the log has none.
            state.waiting.entry(position).or_insert(item);
        }
        let mut due = Vec::new();
        while let Some(item) = take_next(&mut state) {
            due.push(item);
        }
        if !due.is_empty() {
            pass(due);
        }
        if !state.waiting.is_empty() {
            self.early.notify_one();
        }
    }

    /// Notes that a position is taken whose item has not arrived.
    pub fn expect(&self, position: i64) {
        let mut state = self.state.lock();
        state.known = state.known.max(position);
        if position >= state.next {
            self.early.notify_one();
        }
    }

    /// Returns the position up to which everything has been passed on.
    pub fn head(&self) -> i64 {
        self.state.lock().next - 1
    }

    /// Returns when an item has arrived early.
    pub async fn early(&self) {
        self.early.notified().await;
    }

    /// Returns whether a position is missing that is known to be taken.
    pub fn stuck(&self) -> bool {
        let state = self.state.lock();
        !state.waiting.is_empty() || state.known >= state.next
    }
}

fn take_next<T>(state: &mut State<T>) -> Option<T> {
    let next = state.next;
    let item = state.waiting.remove(&next)?;
    state.next += 1;
    Some(item)
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    fn numbered(first: i64, items: &[char]) -> Vec<(i64, (i64, char))> {
        (first..).zip(items).map(|(position, item)| (position, (position, *item))).collect()
    }

    #[test]
    fn passes_on_in_order_and_once() {
        let sequencer = Sequencer::after(10);
        let passed = RefCell::new(Vec::new());
        let admit = |first, items: &[char]| {
            sequencer.admit(numbered(first, items), |due| passed.borrow_mut().push(due));
        };
        admit(13, &['c', 'd']);
        assert!(sequencer.stuck() && passed.borrow().is_empty());
        admit(13, &['x']);
        admit(11, &['a', 'b']);
        assert_eq!(passed.take(), [[(11, 'a'), (12, 'b'), (13, 'c'), (14, 'd')]]);
        admit(11, &['x', 'x', 'x', 'x', 'e']);
        admit(9, &['x']);
        assert_eq!(passed.take(), [[(15, 'e')]], "what was passed on is not passed on again");
        assert!(!sequencer.stuck());
        assert_eq!(sequencer.head(), 15);
    }

    #[tokio::test]
    async fn says_when_something_came_too_early() {
        let sequencer = Sequencer::after(0);
        sequencer.admit(numbered(2, &['b']), |_| {});
        sequencer.early().await;
        assert!(sequencer.stuck());
        sequencer.admit(numbered(1, &['a']), |_| {});
        assert!(!sequencer.stuck());
    }

    #[test]
    fn keeps_the_order_between_threads() {
        let (sequencer, passed) = (Sequencer::after(0), Mutex::new(Vec::new()));
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let (sequencer, passed) = (&sequencer, &passed);
                scope.spawn(move || {
                    for position in (1 + thread..=4_000).step_by(4) {
                        sequencer.admit(vec![(position, position)], |due| passed.lock().extend(due));
                    }
                });
            }
        });
        assert_eq!(passed.into_inner(), (1..=4_000).collect::<Vec<i64>>());
    }
}
