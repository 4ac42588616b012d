//! What a socket has heard, in order, and waiting for more of it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;

use crate::asyncapi;
use crate::deadline::{PATIENCE, within};
use crate::received::Received;

/// Everything that came, kept for all who listen.
#[derive(Debug)]
pub(crate) struct Log {
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
    events: Vec<Received>,
    waiting: HashMap<u64, Asked>,
    next_id: u64,
    closed: Option<Closed>,
}

/// An event that is to be acknowledged.
#[derive(Debug)]
struct Asked {
    name: String,
    payload: Value,
    answer: oneshot::Sender<Value>,
}

impl Log {
    /// `recovers` is whether the connection can be recovered.
    pub(crate) fn new(recovers: bool) -> Arc<Self> {
        Arc::new(Self { recovers, inner: Mutex::default(), changed: watch::Sender::new(()) })
    }

    fn with<T>(&self, work: impl FnOnce(&mut Inner) -> T) -> T {
        work(&mut self.inner.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn event(&self, heard: Received) {
        asyncapi::assert_valid(asyncapi::heard(&heard, self.recovers));
        self.with(|inner| inner.events.push(heard));
        self.changed.send_replace(());
    }

    /// Promises an acknowledgement; its number goes out with the question.
    pub(crate) fn expect_answer(
        &self,
        name: &str,
        payload: Option<&Value>,
    ) -> (u64, oneshot::Receiver<Value>) {
        let (answer, receiver) = oneshot::channel();
        let asked = Asked { name: name.to_owned(), payload: payload.cloned().unwrap_or_default(), answer };
        let id = self.with(|inner| {
            inner.next_id += 1;
            inner.waiting.insert(inner.next_id, asked);
            inner.next_id
        });
        (id, receiver)
    }

    pub(crate) fn answer(&self, id: u64, payload: Value) {
        match self.with(|inner| inner.waiting.remove(&id)) {
            Some(asked) => {
                asyncapi::assert_valid(asyncapi::answered(&asked.name, &asked.payload, &payload));
                // Whoever asked may have stopped waiting.
                drop(asked.answer.send(payload));
            }
            None => panic!("an acknowledgement {id} that nobody asked for, or twice: {payload}"),
        }
    }

    pub(crate) fn close(&self, code: Option<u16>) {
        self.with(|inner| {
            inner.closed.get_or_insert(Closed { code });
            inner.waiting.clear();
        });
        self.changed.send_replace(());
    }

    pub(crate) fn all(&self) -> Vec<Received> {
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
                assert!(waited.is_ok(), "{what}: nobody can bring it any more");
            }
        };
        let limited = tokio::time::timeout(PATIENCE, found).await;
        limited.unwrap_or_else(|elapsed| panic!("{what}: {elapsed}; this did come: {:#?}", self.all()))
    }
}

/// The tasks behind a connection; it breaks off when the socket and all who listen are gone.
#[derive(Debug)]
pub(crate) struct Line(pub(crate) [JoinHandle<()>; 2]);

impl Drop for Line {
    fn drop(&mut self) {
        self.0.iter().for_each(JoinHandle::abort);
    }
}

/// Hears the events of one name, one after the other, from the moment that it was made.
#[derive(Debug)]
pub struct Listener {
    log: Arc<Log>,
    _line: Arc<Line>,
    name: String,
    from: usize,
}

impl Listener {
    pub(crate) fn new(log: Arc<Log>, line: Arc<Line>, name: &str) -> Self {
        let from = log.with(|inner| inner.events.len());
        Self { log, _line: line, name: name.to_owned(), from }
    }

    pub(crate) fn from_start(log: Arc<Log>, line: Arc<Line>, name: &str) -> Self {
        Self { log, _line: line, name: name.to_owned(), from: 0 }
    }

    /// Waits for the next one and returns what it carries.
    pub async fn next(&mut self) -> Value {
        self.next_where(|_| true).await
    }

    /// Waits for the next one that `wanted` takes; those before it are passed over.
    pub async fn next_where(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        let (name, from) = (self.name.clone(), self.from);
        let look = |log: &Log| {
            let found = log.with(|inner| {
                let rest = inner.events.iter().enumerate().skip(from);
                let mut matching = rest.filter(|(_, event)| event.name == name && wanted(&event.payload));
                matching.next().map(|(at, event)| (at, event.payload.clone()))
            });
            assert!(
                found.is_some() || log.closed().is_none(),
                "{name}: the connection closed before it came"
            );
            found
        };
        let (at, payload) = self.log.until(&format!("the event {}", self.name), look).await;
        self.from = at + 1;
        payload
    }

    /// Waits for `count` of them.
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
