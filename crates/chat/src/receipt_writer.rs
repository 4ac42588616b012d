//! Receipts that move: those that wait are written in one commit, then who moved them is answered, then they are
//! published.

use std::io;
use std::sync::Arc;

use domain::event::{Logged, Origin};
use domain::receipt::RoomReceipt;
use domain::room::Membership;
use live::{Live, Reach};
use persistence::db::Db;
use persistence::error::Error as Stored;
use persistence::receipts::{Batch, Missing, MovedReceipt, NewReceipt, advance_batch};
use tokio::sync::{mpsc, oneshot};

use crate::batches;
use crate::error::{Error, Resource};
use crate::events::receipt_moved;
use crate::members::{Members, load};

/// The thread that writes receipts; when this is dropped it writes what is queued, and ends.
pub(crate) struct ReceiptWriter(mpsc::Sender<Queued>);

/// What became of a receipt.
pub(crate) struct Advanced {
    /// The receipt as it is now.
    pub(crate) receipt: RoomReceipt,
    /// Whether the member has marked the room unread.
    pub(crate) marked_unread: bool,
}

struct Queued {
    new: NewReceipt,
    origin: Option<Origin>,
    answer: oneshot::Sender<Result<Advanced, Error>>,
}

impl ReceiptWriter {
    /// Starts the thread.
    pub(crate) fn start(db: &Db, live: &Arc<Live>, members: &Arc<Members>) -> io::Result<Self> {
        let writer = Writer { db: db.clone(), live: Arc::clone(live), members: Arc::clone(members) };
        batches::spawn("receipts", move |batch| writer.write(batch)).map(Self)
    }

    /// Returns how many receipts wait to be written.
    pub(crate) fn queued(&self) -> usize {
        batches::queued(&self.0)
    }

    /// Moves a receipt forward, in one commit with others, and returns it.
    pub(crate) async fn write(&self, new: NewReceipt, origin: Option<Origin>) -> Result<Advanced, Error> {
        let (answer, outcome) = oneshot::channel();
        self.0.try_send(Queued { new, origin, answer }).map_err(|_full| Error::Busy)?;
        outcome.await.map_err(|_gone| Error::Unknown)?
    }
}

struct Writer {
    db: Db,
    live: Arc<Live>,
    members: Arc<Members>,
}

impl Writer {
    /// Writes all in one commit; if that fails, each alone, so that one bad row fails alone.
    fn write(&self, batch: Vec<Queued>) {
        let new: Vec<NewReceipt> = batch.iter().map(|queued| queued.new).collect();
        match self.db.write_blocking(|conn| advance_batch(conn, &new)) {
            Ok(Batch { outcomes, moved, first, marked_unread }) => {
                let origins: Vec<_> = batch.iter().map(|queued| (queued.new, queued.origin)).collect();
                for (queued, outcome) in batch.into_iter().zip(outcomes) {
                    let member = Membership { room: queued.new.room, user: queued.new.user };
                    let marked_unread = marked_unread.contains(&member);
                    let outcome = outcome.map(|receipt| Advanced { receipt, marked_unread });
                    // Who no longer waits needs no answer; the receipt has moved all the same.
                    drop(queued.answer.send(outcome.map_err(not_found)));
                }
                self.publish(first, &moved, &origins);
            }
            Err(error) if batch.len() == 1 || error.is_outage() => {
                for queued in batch {
                    drop(queued.answer.send(Err(error.again().into())));
                }
            }
            Err(_) => batch.into_iter().for_each(|queued| self.write(vec![queued])),
        }
    }

    /// Publishes receipts that have moved, the first at position `first` of the event log.
    fn publish(&self, first: i64, moved: &[MovedReceipt], origins: &[(NewReceipt, Option<Origin>)]) {
        let logged = (first..).zip(moved).map(|(position, moved)| {
            let RoomReceipt { room, user, last_read_seq, .. } = moved.receipt;
            self.members.read(room, user, last_read_seq);
            let load = || self.db.read_blocking(|conn| load(conn, room));
            let events = receipt_moved(moved, self.members.users(room, load)?);
            let mut own = origins.iter().filter(|(new, _)| (new.room, new.user) == (room, user));
            // Where several connections have moved it, each gets the event.
            let origin = own.next().and_then(|(_, origin)| *origin);
            let origin = origin.filter(|_| own.all(|(_, other)| *other == origin));
            Ok(Logged { position, entry: moved.entry(), events, origin })
        });
        match logged.collect::<Result<Vec<_>, Stored>>() {
            Ok(logged) if logged.is_empty() => {}
            Ok(logged) => self.live.publish(logged, Reach::AllNodes),
            Err(error) => tracing::warn!(%error, "receipts are published from the event log"),
        }
    }
}

fn not_found(missing: Missing) -> Error {
    Error::NotFound(match missing {
        Missing::Room => Resource::Room,
        Missing::Message => Resource::Message,
    })
}
