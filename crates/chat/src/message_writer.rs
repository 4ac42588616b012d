//! New messages: those that wait are written in one commit, then their senders are answered, then they are published.
//!
//! A batch is what was queued during the last commit, so that no timer is needed and a lone message is written at once.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::sync::Arc;
use std::time::Instant;

use domain::event::{Logged, Origin};
use domain::event_table::LogEntry;
use domain::id::RoomId;
use domain::message::{Message, MessageSeq};
use live::{Live, Reach};
use persistence::db::Db;
use persistence::error::Error;
use persistence::hidden;
use persistence::log::LogRow;
use persistence::messages::{NewMessage, Written, write_batch};
use tokio::sync::{mpsc, oneshot};

use crate::batches;
use crate::events::{build, message_sent};
use crate::measurements::MessageTimes;
use crate::members::{Members, load};

/// The threads that write messages; those of one room are always written by the same thread.
///
/// When it is dropped, the threads write what is queued, and end.
pub struct MessageWriter {
    queues: Vec<mpsc::Sender<Queued>>,
    members: Arc<Members>,
    times: MessageTimes,
}

struct Queued {
    message: NewMessage,
    sender: Sender,
}

/// The sender that waits for the outcome of a message.
struct Sender {
    origin: Option<Origin>,
    since: Instant,
    answer: oneshot::Sender<Result<Written, Error>>,
}

impl MessageWriter {
    /// Starts the threads: one on `SQLite`, three on `MySQL`.
    pub fn start(db: &Db, live: &Arc<Live>) -> io::Result<Self> {
        let (members, times) = (Arc::new(Members::default()), MessageTimes::default());
        let start = |number: usize| {
            let (db, live, members) = (db.clone(), Arc::clone(live), Arc::clone(&members));
            let writer = Writer { db, members, live, times: times.clone() };
            batches::spawn(&format!("messages-{number}"), move |batch: Vec<Queued>| {
                let (messages, senders) =
                    batch.into_iter().map(|queued| (queued.message, queued.sender)).unzip();
                writer.write(messages, senders);
            })
        };
        let queues = (0..db.message_writers()).map(start).collect::<io::Result<_>>()?;
        Ok(Self { queues, members, times })
    }

    /// Queues a message and returns its outcome to come; messages of one room are written in the order of these calls.
    ///
    /// The outcome is one of [`persistence::messages::Batch::outcomes`], or [`Error::Unavailable`] if the queue is full.
    pub fn write(
        &self,
        message: NewMessage,
        origin: Option<Origin>,
    ) -> impl Future<Output = Result<Written, Error>> + use<> {
        let (answer, outcome) = oneshot::channel();
        let queue = self.queue_of(message.room);
        let queued = Queued { message, sender: Sender { origin, since: Instant::now(), answer } };
        let full = queue.is_none_or(|queue| queue.try_send(queued).is_err());
        async move {
            if full {
                return Err(Error::Unavailable("too many messages wait to be written".into()));
            }
            outcome.await.map_err(|_gone| Error::OutcomeUnknown("the message writer stopped".into()))?
        }
    }

    /// Returns the cached members of rooms.
    pub(crate) fn members(&self) -> &Arc<Members> {
        &self.members
    }

    /// Returns how many messages wait to be written.
    pub(crate) fn queued(&self) -> usize {
        self.queues.iter().map(batches::queued).sum()
    }

    /// Returns how long messages take.
    pub(crate) fn times(&self) -> &MessageTimes {
        &self.times
    }

    fn queue_of(&self, room: RoomId) -> Option<&mpsc::Sender<Queued>> {
        let mut hasher = DefaultHasher::new();
        room.hash(&mut hasher);
        let number = hasher.finish() % u64::try_from(self.queues.len()).ok()?.max(1);
        self.queues.get(usize::try_from(number).ok()?)
    }
}

/// One of the threads.
struct Writer {
    db: Db,
    members: Arc<Members>,
    live: Arc<Live>,
    times: MessageTimes,
}

impl Writer {
    /// Writes all in one commit; if that fails, each alone, so that one bad row fails alone.
    fn write(&self, messages: Vec<NewMessage>, senders: Vec<Sender>) {
        let begun = Instant::now();
        match self.db.write_blocking(|conn| write_batch(conn, &messages)) {
            Ok(batch) => {
                self.times.persist.observe(begun.elapsed());
                let (mut new, mut since) =
                    (Vec::with_capacity(senders.len()), Vec::with_capacity(senders.len()));
                for (sender, outcome) in senders.into_iter().zip(batch.outcomes) {
                    if let Ok(Written { message, is_new: true }) = &outcome {
                        new.push((message.clone(), sender.origin));
                        since.push(sender.since);
                    }
                    // A sender that no longer waits needs no answer; the message is stored all the same.
                    drop(sender.answer.send(outcome));
                }
                if let Some(first) = batch.first {
                    self.publish(first, new);
                }
                self.publish_accepted(&batch.accepted, &messages);
                for since in &since {
                    self.times.send.observe(since.elapsed());
                }
            }
            Err(error) if messages.len() == 1 || error.is_outage() => {
                for sender in senders {
                    // A sender that no longer waits needs no answer.
                    drop(sender.answer.send(Err(error.again())));
                }
            }
            Err(_) => {
                for (message, sender) in messages.into_iter().zip(senders) {
                    self.write(vec![message], vec![sender]);
                }
            }
        }
    }

    /// Publishes that requests were accepted by writing back, with these messages.
    fn publish_accepted(&self, rows: &[LogRow], messages: &[NewMessage]) {
        let Some(now) = messages.iter().map(|new| new.at).max().filter(|_| !rows.is_empty()) else { return };
        match self.db.read_blocking(|conn| build(conn, &self.live, rows, (None, now))) {
            Ok(logged) => self.live.publish(logged, Reach::AllNodes),
            Err(error) => tracing::warn!(%error, "accepted requests are published from the event log"),
        }
    }

    /// Publishes new messages, the first at position `first` of the event log.
    fn publish(&self, first: i64, new: Vec<(Message, Option<Origin>)>) {
        let logged = (first..).zip(new).map(|(position, (message, origin))| {
            let Message { room, seq, .. } = message;
            let load = || self.db.read_blocking(|conn| load(conn, room));
            let readers = self.members.readers(&message, load)?;
            let quoted: Vec<_> =
                message.reply_to.iter().map(|quote| MessageSeq { room, seq: quote.seq }).collect();
            let hidden = if quoted.is_empty() {
                HashSet::new()
            } else {
                self.db.read_blocking(|conn| hidden::at(conn, &quoted))?
            };
            let events = message_sent(&message, readers, &hidden);
            Ok(Logged { position, entry: LogEntry::MessageSent { room, seq }, events, origin })
        });
        match logged.collect::<Result<_, Error>>() {
            Ok(logged) => self.live.publish(logged, Reach::AllNodes),
            Err(error) => tracing::warn!(%error, "new messages are published from the event log"),
        }
    }
}

#[cfg(test)]
mod tests;
