//! The order in which what is in the log is sent.

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
mod tests;
