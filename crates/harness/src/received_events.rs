//! The events that a socket has received, in order, and waiting for more.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;

use crate::asyncapi;
use crate::deadline::{PATIENCE, within};
use crate::received_event::ReceivedEvent;

/// All events of a socket, for all its streams.
#[derive(Debug)]
pub(crate) struct ReceivedEvents {
    recovers: bool,
    inner: Mutex<Inner>,
    changed: watch::Sender<()>,
}

/// The end of a connection.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Closed {
    /// The code that the server gave, if it gave any.
    pub(crate) code: Option<u16>,
}

#[derive(Debug, Default)]
struct Inner {
    events: Vec<ReceivedEvent>,
    waiting: HashMap<u64, PendingAck>,
    next_id: u64,
    closed: Option<Closed>,
}

/// An event that is to be acknowledged.
#[derive(Debug)]
struct PendingAck {
    name: String,
    payload: Value,
    answer: oneshot::Sender<Value>,
}

impl ReceivedEvents {
    /// `recovers` is whether the connection can be recovered.
    pub(crate) fn new(recovers: bool) -> Arc<Self> {
        Arc::new(Self { recovers, inner: Mutex::default(), changed: watch::Sender::new(()) })
    }

    fn with<T>(&self, work: impl FnOnce(&mut Inner) -> T) -> T {
        work(&mut self.inner.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn event(&self, received: ReceivedEvent) {
        asyncapi::assert_valid(asyncapi::check_event(&received, self.recovers));
        self.with(|inner| inner.events.push(received));
        self.changed.send_replace(());
    }

    /// Registers an acknowledgement to come; returns the id to send with the event.
    pub(crate) fn expect_answer(
        &self,
        name: &str,
        payload: Option<&Value>,
    ) -> (u64, oneshot::Receiver<Value>) {
        let (answer, receiver) = oneshot::channel();
        let pending =
            PendingAck { name: name.to_owned(), payload: payload.cloned().unwrap_or_default(), answer };
        let id = self.with(|inner| {
            inner.next_id += 1;
            inner.waiting.insert(inner.next_id, pending);
            inner.next_id
        });
        (id, receiver)
    }

    pub(crate) fn answer(&self, id: u64, payload: Value) {
        match self.with(|inner| inner.waiting.remove(&id)) {
            Some(pending) => {
                asyncapi::assert_valid(asyncapi::check_acknowledgement(
                    &pending.name,
                    &pending.payload,
                    &payload,
                ));
                // Fails if the test has dropped the receiver.
                drop(pending.answer.send(payload));
            }
            None => panic!("an acknowledgement {id} that nobody pending for, or twice: {payload}"),
        }
    }

    pub(crate) fn close(&self, code: Option<u16>) {
        self.with(|inner| {
            inner.closed.get_or_insert(Closed { code });
            inner.waiting.clear();
        });
        self.changed.send_replace(());
    }

    pub(crate) fn all(&self) -> Vec<ReceivedEvent> {
        self.with(|inner| inner.events.clone())
    }

    /// Returns whether the connection is gone, and with which code.
    pub(crate) fn closed(&self) -> Option<Closed> {
        self.with(|inner| inner.closed)
    }

    /// Waits until `look` finds what it looks for.
    pub(crate) async fn until<T>(&self, what: &str, mut look: impl FnMut(&Self) -> Option<T>) -> T {
        let mut changed = self.changed.subscribe();
        let found = async {
            loop {
                if let Some(found) = look(self) {
                    return found;
                }
                let waited = changed.changed().await;
                assert!(waited.is_ok(), "{what}: the sender is gone");
            }
        };
        let limited = tokio::time::timeout(PATIENCE, found).await;
        limited.unwrap_or_else(|elapsed| panic!("{what}: {elapsed}; received: {:#?}", self.all()))
    }
}

/// The tasks of a connection, aborted with the last of its socket and streams.
#[derive(Debug)]
pub(crate) struct ConnectionTasks(pub(crate) [JoinHandle<()>; 2]);

impl Drop for ConnectionTasks {
    fn drop(&mut self) {
        self.0.iter().for_each(JoinHandle::abort);
    }
}

/// The events of one name, in order, from the moment that the stream was made.
#[derive(Debug)]
pub struct EventStream {
    received: Arc<ReceivedEvents>,
    _tasks: Arc<ConnectionTasks>,
    name: String,
    from: usize,
}

impl EventStream {
    pub(crate) fn new(received: Arc<ReceivedEvents>, tasks: Arc<ConnectionTasks>, name: &str) -> Self {
        let from = received.with(|inner| inner.events.len());
        Self { received, _tasks: tasks, name: name.to_owned(), from }
    }

    pub(crate) fn from_start(received: Arc<ReceivedEvents>, tasks: Arc<ConnectionTasks>, name: &str) -> Self {
        Self { received, _tasks: tasks, name: name.to_owned(), from: 0 }
    }

    /// Waits for the next event and returns its payload.
    pub async fn next(&mut self) -> Value {
        self.next_where(|_| true).await
    }

    /// Waits for the next event that `wanted` accepts; skips those before it.
    pub async fn next_where(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        let (name, from) = (self.name.clone(), self.from);
        let look = |received: &ReceivedEvents| {
            let found = received.with(|inner| {
                let rest = inner.events.iter().enumerate().skip(from);
                let mut matching = rest.filter(|(_, event)| event.name == name && wanted(&event.payload));
                matching.next().map(|(at, event)| (at, event.payload.clone()))
            });
            assert!(
                found.is_some() || received.closed().is_none(),
                "{name}: the connection closed before it came"
            );
            found
        };
        let (at, payload) = self.received.until(&format!("the event {}", self.name), look).await;
        self.from = at + 1;
        payload
    }

    /// Waits for the next `count` events.
    pub async fn take(&mut self, count: usize) -> Vec<Value> {
        let mut taken = Vec::with_capacity(count);
        for _ in 0..count {
            taken.push(self.next().await);
        }
        taken
    }
}

/// Waits for an acknowledgement.
pub(crate) async fn acknowledged(name: &str, answer: oneshot::Receiver<Value>) -> Value {
    let answer = within(&format!("the acknowledgement of {name}"), answer).await;
    answer.unwrap_or_else(|gone| panic!("{name}: the connection closed before the acknowledgement: {gone}"))
}
