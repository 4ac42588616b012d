//! Hears what a lane announces, and can hold its writer up between two batches.

use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use domain::message::Message;
use persistence::error::Error;
use persistence::lane::{Announce, Lane, Posted, Posting};

use crate::base::Base;

/// How long to wait for a writer that must come.
const PATIENCE: Duration = Duration::from_mins(1);

#[derive(Default)]
pub(crate) struct Witness {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    told: Vec<Message>,
    firsts: Vec<i64>,
    calls: usize,
    held: bool,
}

impl Witness {
    /// Starts a lane that tells this witness.
    pub(crate) fn lane(base: &Base) -> (Lane, Arc<Self>) {
        let witness = Arc::new(Self::default());
        let announce: Announce = {
            let witness = Arc::clone(&witness);
            Arc::new(move |_, first, sent| {
                witness.hear(first, sent.into_iter().map(|(message, _)| message).collect());
            })
        };
        (Lane::start(&base.db, &announce).unwrap(), witness)
    }

    fn hear(&self, first: i64, mut sent: Vec<Message>) {
        let mut state = self.state.lock().unwrap();
        state.firsts.push(first);
        state.told.append(&mut sent);
        state.calls += 1;
        self.changed.notify_all();
        let held = self.changed.wait_timeout_while(state, PATIENCE, |state| state.held).unwrap();
        assert!(!held.1.timed_out(), "nobody let the writer go on");
    }

    /// Returns what was announced so far.
    pub(crate) fn told(&self) -> Vec<Message> {
        self.state.lock().unwrap().told.clone()
    }

    /// Returns the place in the log of the first message of each batch that was announced so far.
    pub(crate) fn firsts(&self) -> Vec<i64> {
        self.state.lock().unwrap().firsts.clone()
    }

    /// Returns how many batches were announced so far.
    pub(crate) fn batches(&self) -> usize {
        self.state.lock().unwrap().calls
    }

    /// Writes `first`, and holds its writer up until `release`: what is queued meanwhile becomes one batch.
    pub(crate) fn hold(
        &self,
        lane: &Lane,
        first: Posting,
    ) -> impl Future<Output = Result<Posted, Error>> + use<> {
        let before = {
            let mut state = self.state.lock().unwrap();
            state.held = true;
            state.calls
        };
        let outcome = lane.write(first);
        let state = self.state.lock().unwrap();
        let came = self.changed.wait_timeout_while(state, PATIENCE, |state| state.calls == before).unwrap();
        assert!(!came.1.timed_out(), "the writer did not come");
        outcome
    }

    /// Lets the writer go on.
    pub(crate) fn release(&self) {
        self.state.lock().unwrap().held = false;
        self.changed.notify_all();
    }

    /// Writes postings of one room in one batch, after a first one on its own.
    pub(crate) async fn batch(
        &self,
        lane: &Lane,
        first: Posting,
        postings: Vec<Posting>,
    ) -> Vec<Result<Posted, Error>> {
        let first = self.hold(lane, first);
        let waiting: Vec<_> = postings.into_iter().map(|posting| lane.write(posting)).collect();
        let before = self.batches();
        self.release();
        first.await.unwrap();
        let mut outcomes = Vec::new();
        for outcome in waiting {
            outcomes.push(outcome.await);
        }
        assert_eq!(self.batches(), before + 1, "the postings were to be one batch");
        outcomes
    }
}
