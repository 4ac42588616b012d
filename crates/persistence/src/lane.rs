//! The one hot write: messages that wait are written together, in one commit, and each sender is answered after it.
//!
//! No timer is needed: a batch is what queued up while the last commit ran, so a lone message goes at once.

use std::hash::{Hash, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use domain::event::Origin;
use domain::id::{MessageId, RoomId, UserId};
use domain::media::Media;
use domain::message::{ClientKey, Content, Message};
use domain::time::Time;
use tokio::sync::{mpsc, oneshot};

use crate::conn::Conn;
use crate::db::{Db, in_transaction, with_retries};
use crate::error::Error;
use crate::ids::Ids;

mod batch;

/// The most messages in one commit.
const BATCH: usize = 128;

/// The most messages that wait for one writer; beyond it senders are told to come again.
const WAITING: usize = 8_192;

/// A message to be written.
#[derive(Debug, Clone)]
pub struct Posting {
    /// The room it goes to.
    pub room: RoomId,
    /// Who sends it.
    pub sender: UserId,
    /// What it says.
    pub content: Content,
    /// The upload behind the content, where it is one of ours.
    pub media: Option<Media>,
    /// What makes a repeated send the same one.
    pub key: Option<ClientKey>,
    /// The message of the room that it answers.
    pub reply_to: Option<MessageId>,
    /// The connection that it came by.
    pub origin: Option<Origin>,
    /// Now.
    pub at: Time,
}

/// A message that was just committed, and the connection that it came by.
pub type Committed = (Message, Option<Origin>);

/// What the writers call after each commit: the place of its first message in the log, its messages in their order,
/// and a connection to look things up with.
pub type Announce = Arc<dyn Fn(&mut Conn, i64, Vec<Committed>) + Send + Sync>;

/// A message that is in the database.
#[derive(Debug, Clone)]
pub struct Posted {
    /// The message.
    pub message: Message,
    /// Whether this posting wrote it; if not, an earlier one with the same key had.
    pub fresh: bool,
}

struct Waiting {
    posting: Posting,
    answer: oneshot::Sender<Result<Posted, Error>>,
}

/// The writers; a room's messages always go to the same one. Dropping it lets them finish what waits.
#[derive(Debug)]
pub struct Lane(Vec<mpsc::Sender<Waiting>>);

impl Lane {
    /// Starts the writers: one on `SQLite`, a few on `MySQL`.
    pub fn start(db: &Db, announce: &Announce) -> std::io::Result<Self> {
        let start = |number: usize| {
            let (sender, receiver) = mpsc::channel(WAITING);
            let announce = Arc::clone(announce);
            let writer = Writer { db: db.clone(), announce, receiver, ids: Ids::default() };
            std::thread::Builder::new().name(format!("lane-{number}")).spawn(move || writer.run())?;
            Ok(sender)
        };
        (0..db.lanes()).map(start).collect::<std::io::Result<_>>().map(Self)
    }

    /// Queues a message and returns its outcome to come; messages of one room are written in the order of these calls.
    ///
    /// The outcome is [`Error::NotFound`] if the sender is not in the room, or what they answer is not there for them,
    /// and [`Error::Conflict`] if the key stands for another message. A message that an earlier one repeats comes
    /// back without its quote and reactions.
    pub fn write(&self, posting: Posting) -> impl Future<Output = Result<Posted, Error>> + use<> {
        let (answer, outcome) = oneshot::channel();
        let writer = self.writer_of(posting.room);
        let queued = writer.is_some_and(|writer| writer.try_send(Waiting { posting, answer }).is_ok());
        async move {
            if !queued {
                return Err(Error::Unavailable("too many messages wait to be written".into()));
            }
            outcome.await.map_err(|_gone| Error::OutcomeUnknown("the writer stopped".into()))?
        }
    }

    fn writer_of(&self, room: RoomId) -> Option<&mpsc::Sender<Waiting>> {
        let mut hasher = std::hash::DefaultHasher::new();
        room.hash(&mut hasher);
        let number = hasher.finish() % u64::try_from(self.0.len()).ok()?.max(1);
        self.0.get(usize::try_from(number).ok()?)
    }
}

struct Writer {
    db: Db,
    announce: Announce,
    receiver: mpsc::Receiver<Waiting>,
    ids: Ids,
}

impl Writer {
    fn run(mut self) {
        let mut batch = Vec::with_capacity(BATCH);
        while self.receiver.blocking_recv_many(&mut batch, BATCH) > 0 {
            let (postings, answers): (Vec<_>, Vec<_>) =
                batch.drain(..).map(|w| (w.posting, w.answer)).unzip();
            // A fault must not silence the writer's rooms for good; these senders learn that the outcome is unknown.
            let written = catch_unwind(AssertUnwindSafe(|| self.write(&postings))).unwrap_or_default();
            for (answer, outcome) in answers.into_iter().zip(written) {
                // The sender may have gone; the message is stored all the same.
                drop(answer.send(outcome));
            }
        }
    }

    /// Writes all in one commit; if that fails, each alone, so that one bad row fails alone.
    fn write(&mut self, postings: &[Posting]) -> Vec<Result<Posted, Error>> {
        match self.commit(postings) {
            Ok(outcomes) => outcomes,
            Err(error) if postings.len() == 1 || is_about_all(&error) => {
                let again = |_: &Posting| Err(error.again());
                postings.iter().map(again).collect()
            }
            Err(_) => postings
                .iter()
                .map(|posting| {
                    self.commit(std::slice::from_ref(posting))?.pop().unwrap_or(Err(Error::NotFound))
                })
                .collect(),
        }
    }

    fn commit(&mut self, postings: &[Posting]) -> Result<Vec<Result<Posted, Error>>, Error> {
        let Self { db, ids, announce, .. } = self;
        let (mut conn, (outcomes, first)) = with_retries(|| {
            let mut conn = db.writer()?;
            // Twice as many as it has: another writer may store one of its keys in this moment, and then it runs again.
            ids.reserve(&mut conn, 2 * postings.len())?;
            let mut write = || in_transaction(&mut conn, |conn| batch::write(conn, ids, postings));
            let outcomes = match write() {
                Err(Error::Conflict) => write(),
                outcome => outcome,
            }?;
            Ok::<_, Error>((conn, outcomes))
        })?;
        let fresh = |(posting, outcome): (&Posting, &Result<Posted, Error>)| match outcome {
            Ok(Posted { message, fresh: true }) => Some((message.clone(), posting.origin)),
            _ => None,
        };
        if let Some(first) = first {
            announce(&mut conn, first, postings.iter().zip(&outcomes).filter_map(fresh).collect());
        }
        Ok(outcomes)
    }
}

/// Tells whether an error would meet every message of the batch alike.
fn is_about_all(error: &Error) -> bool {
    matches!(error, Error::Unavailable(_) | Error::Away(_) | Error::OutcomeUnknown(_) | Error::DiskFull(_))
}
