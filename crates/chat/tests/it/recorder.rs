//! Records what a message writer publishes, and can hold its thread in the middle of publishing.

use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use chat::message_writer::MessageWriter;
use domain::event::{Event, Logged};
use domain::id::{SessionId, UserId};
use domain::live::Live;
use domain::message::Message;
use persistence::db::Db;
use persistence::error::Error;
use persistence::messages::{NewMessage, Written};
use serde_json::Value;

/// How long to wait for a thread that must come.
const PATIENCE: Duration = Duration::from_mins(1);

#[derive(Default)]
pub(crate) struct Recorder {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    published: Vec<Value>,
    firsts: Vec<i64>,
    holding: bool,
}

impl Live for Recorder {
    fn publish(&self, logged: Vec<Logged>) {
        let mut state = self.state.lock().unwrap();
        state.firsts.push(logged[0].position);
        let bodies = logged.iter().map(|logged| serde_json::from_str(logged.events[0].body.get()).unwrap());
        state.published.extend(bodies);
        self.changed.notify_all();
        let held = self.changed.wait_timeout_while(state, PATIENCE, |state| state.holding).unwrap();
        assert!(!held.1.timed_out(), "the thread was not released");
    }

    fn send(&self, _: Event) {}

    fn revoke(&self, _: SessionId) {}

    fn online(&self, _: UserId) -> bool {
        false
    }
}

impl Recorder {
    /// Starts a message writer that publishes to this recorder.
    pub(crate) fn writer(db: &Db) -> (MessageWriter, Arc<Self>) {
        let recorder = Arc::new(Self::default());
        let live: Arc<dyn Live> = Arc::<Self>::clone(&recorder);
        (MessageWriter::start(db, &live).unwrap(), recorder)
    }

    /// Returns the published messages once there are `count`.
    pub(crate) fn wait_for(&self, count: usize) -> Vec<Value> {
        let state = self.state.lock().unwrap();
        let came =
            self.changed.wait_timeout_while(state, PATIENCE, |state| state.published.len() < count).unwrap();
        assert!(!came.1.timed_out(), "{} messages were published of {count}", came.0.published.len());
        came.0.published.clone()
    }

    /// Returns the position in the event log of the first message of each batch that was published so far.
    pub(crate) fn firsts(&self) -> Vec<i64> {
        self.state.lock().unwrap().firsts.clone()
    }

    /// Writes `first`, and holds its thread while it publishes: what is queued until `release` becomes one batch.
    pub(crate) fn hold(
        &self,
        writer: &MessageWriter,
        first: NewMessage,
    ) -> impl Future<Output = Result<Written, Error>> + use<> {
        let before = {
            let mut state = self.state.lock().unwrap();
            state.holding = true;
            state.firsts.len()
        };
        let outcome = writer.write(first, None);
        let state = self.state.lock().unwrap();
        let came =
            self.changed.wait_timeout_while(state, PATIENCE, |state| state.firsts.len() == before).unwrap();
        assert!(!came.1.timed_out(), "the thread did not publish");
        outcome
    }

    /// Lets the thread go on.
    pub(crate) fn release(&self) {
        self.state.lock().unwrap().holding = false;
        self.changed.notify_all();
    }
}

/// Returns messages as they are published.
pub(crate) fn values(messages: &[Message]) -> Vec<Value> {
    messages.iter().map(|message| serde_json::to_value(message).unwrap()).collect()
}

/// Returns the contents of published messages.
pub(crate) fn texts(published: &[Value]) -> Vec<&str> {
    published.iter().map(|message| message["content"].as_str().unwrap()).collect()
}

/// Queues messages in their order and waits for all.
pub(crate) async fn write_all(
    writer: &MessageWriter,
    messages: impl IntoIterator<Item = NewMessage>,
) -> Vec<Result<Written, Error>> {
    let waiting: Vec<_> = messages.into_iter().map(|message| writer.write(message, None)).collect();
    let mut outcomes = Vec::with_capacity(waiting.len());
    for outcome in waiting {
        outcomes.push(outcome.await);
    }
    outcomes
}
