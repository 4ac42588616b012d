//! The open database: reads and transactions, off the async threads.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::{ArcMutexGuard, FairMutex, RawFairMutex};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::conn::Conn;
use crate::error::Error;
use crate::migrate;
use crate::pool::{self, Pool, Pooled, Role, Target, WAIT};
use crate::sqlite_file::WatchedFile;
use crate::transaction::in_transaction;
use crate::usage::{PoolUsage, Waits, timed};

/// How the database is used.
#[derive(Debug, Clone)]
pub struct Config {
    /// `mysql://user:password@host/name` or `sqlite:path`.
    pub url: String,
    /// How many connections serve reads and, on `MySQL`, transactions.
    pub connections: u32,
}

/// The open database; cheap to clone.
#[derive(Clone)]
pub struct Db(Arc<Pools>);

struct Pools {
    readers: Pool,
    writers: Pool,
    /// Reads of use cases; they leave a connection to the message writers.
    reads: Arc<Semaphore>,
    /// Transactions of use cases: few, so that a batch of messages waits for few of them.
    transactions: Arc<Semaphore>,
    /// Where there is one writer, the longest wait is served next; else a busy message writer would starve the others.
    turn: Option<Arc<FairMutex<()>>>,
    message_writers: usize,
    waits: Waits,
    /// Last, so that the process has it until all connections are closed.
    file: Option<WatchedFile>,
}

/// A connection that may write.
struct Writer {
    // Before the turn, so that it is dropped first.
    conn: Pooled,
    _turn: Option<ArcMutexGuard<RawFairMutex, ()>>,
}

impl Deref for Writer {
    type Target = Conn;

    fn deref(&self) -> &Conn {
        &self.conn
    }
}

impl DerefMut for Writer {
    fn deref_mut(&mut self) -> &mut Conn {
        &mut self.conn
    }
}

impl std::fmt::Debug for Db {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Db").field("message_writers", &self.0.message_writers).finish_non_exhaustive()
    }
}

/// How many threads write messages on `MySQL`, each with batches and a connection of its own.
const MYSQL_MESSAGE_WRITERS: usize = 3;

/// How many transactions of use cases are run at once on `MySQL`: all end by appending to the log, one at a time, and a
/// batch of messages waits for those that came before it.
const MYSQL_TRANSACTIONS: usize = 2;

/// How often a transaction that loses races is run, at most.
const TRIES: u32 = 5;

impl Db {
    /// Migrates the database and opens it. Blocks: it must not be called on a thread of an async runtime.
    pub fn open(config: &Config) -> Result<Self, Error> {
        let target = Target::parse(&config.url)?;
        let (file, ran) = match &target {
            Target::Sqlite(path) => {
                let (file, ran) = migrate::open_file(path)?;
                (Some(file.watch(pool::connect_sqlite(path)?)?), ran)
            }
            Target::Mysql(_) => (None, migrate::run(&target)?),
        };
        if !ran.is_empty() {
            tracing::info!(
                migrations = ran.len(),
                newest = ran.last(),
                "the database has this version's schema now"
            );
        }
        let readers = pool::open(&target, config.connections, Role::Read);
        let connections = usize::try_from(config.connections).unwrap_or(Semaphore::MAX_PERMITS);
        let reads = Arc::new(Semaphore::new((connections - 1).max(1)));
        let pools = match target {
            // SQLite takes one writer at a time; its readers never wait for it.
            Target::Sqlite(_) => Pools {
                readers,
                writers: pool::open(&target, 1, Role::Write),
                reads,
                transactions: Arc::new(Semaphore::new(1)),
                turn: Some(Arc::default()),
                message_writers: 1,
                waits: Waits::default(),
                file,
            },
            Target::Mysql(_) => Pools {
                writers: pool::open(
                    &target,
                    config.connections + u32::try_from(MYSQL_MESSAGE_WRITERS).unwrap_or(1),
                    Role::Write,
                ),
                readers,
                reads,
                transactions: Arc::new(Semaphore::new(MYSQL_TRANSACTIONS)),
                turn: None,
                message_writers: MYSQL_MESSAGE_WRITERS,
                waits: Waits::default(),
                file,
            },
        };
        Ok(Self(Arc::new(pools)))
    }

    /// Runs queries that only read.
    pub async fn read<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + DatabaseError + Send + 'static,
        F: FnOnce(&mut Conn) -> Result<T, E> + Send + 'static,
    {
        let db = self.clone();
        self.blocking(&self.0.reads, move || db.read_blocking(work)).await
    }

    /// Runs queries that only read, on a thread that may block.
    pub fn read_blocking<T, E: From<Error> + DatabaseError>(
        &self,
        work: impl FnOnce(&mut Conn) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut conn = timed(&self.0.waits.read, || self.0.readers.get()).map_err(Error::from)?;
        self.noting(work(&mut conn))
    }

    /// Fails if nothing can be written because the database's file was lost or is corrupt.
    pub fn check_file(&self) -> Result<(), Error> {
        self.0.file.as_ref().map_or(Ok(()), WatchedFile::check)
    }

    /// Runs `work` in one transaction: all of it is stored, or nothing. It runs again if it lost a race.
    pub async fn transaction<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + DatabaseError + Send + 'static,
        F: Fn(&mut Conn) -> Result<T, E> + Send + 'static,
    {
        let db = self.clone();
        self.blocking(&self.0.transactions, move || db.write_blocking(|conn| in_transaction(conn, &work)))
            .await
    }

    /// Runs `work`, which begins and commits transactions of its own, on a thread that may block.
    ///
    /// It runs again if it lost a race; its connection is free for others when this returns.
    pub fn write_blocking<T, E: From<Error> + DatabaseError>(
        &self,
        mut work: impl FnMut(&mut Conn) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut tries = 1;
        loop {
            match self.noting(
                timed(&self.0.waits.write, || self.writer())
                    .map_err(E::from)
                    .and_then(|mut conn| work(&mut conn)),
            ) {
                // What went into a lost file is not stored.
                Ok(value) => return self.check_file().map_err(E::from).map(|()| value),
                Err(error) if error.is_transient() && tries < TRIES => {
                    std::thread::sleep(Duration::from_millis(u64::from(tries * tries) * 5));
                    tries += 1;
                }
                outcome => return outcome,
            }
        }
    }

    /// Notes that an outcome shows the database's file to be corrupt.
    fn noting<T, E: DatabaseError>(&self, outcome: Result<T, E>) -> Result<T, E> {
        if let (Err(error), Some(file)) = (&outcome, &self.0.file)
            && error.is_corrupt()
        {
            file.note_corrupt();
        }
        outcome
    }

    /// Returns how the connections are used now.
    pub fn usage(&self) -> [PoolUsage; 2] {
        [("read", &self.0.readers), ("write", &self.0.writers)].map(|(name, pool)| PoolUsage::of(name, pool))
    }

    /// Returns how long work has waited for connections.
    pub fn waits(&self) -> &Waits {
        &self.0.waits
    }

    /// Returns how many threads can write messages at once: one on `SQLite`, three on `MySQL`.
    pub fn message_writers(&self) -> usize {
        self.0.message_writers
    }

    /// Runs `work` on a thread that may block, when its turn has come.
    async fn blocking<T, E>(
        &self,
        turns: &Arc<Semaphore>,
        work: impl FnOnce() -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let begun = Instant::now();
        // It is never closed.
        let Ok(Ok(turn)) = timeout(WAIT, Arc::clone(turns).acquire_owned()).await else {
            return Err(late().into());
        };
        self.0.waits.turn.observe(begun.elapsed());
        let work = move || {
            let _turn = turn;
            work()
        };
        match tokio::task::spawn_blocking(work).await {
            Ok(outcome) => outcome,
            Err(panicked) => Err(Error::Other(panicked.into()).into()),
        }
    }

    /// Returns a connection that may write; where there is only one, callers get it in the order of their calls.
    fn writer(&self) -> Result<Writer, Error> {
        self.check_file()?;
        let turn =
            self.0.turn.as_ref().map(|turn| turn.try_lock_arc_for(WAIT).ok_or_else(late)).transpose()?;
        Ok(Writer { conn: self.0.writers.get()?, _turn: turn })
    }
}

/// Runs queries that only read, on a database that a server may have open. Blocks, like [`Db::open`].
pub fn read_beside<T>(url: &str, work: impl FnOnce(&mut Conn) -> Result<T, Error>) -> Result<T, Error> {
    let mut conn = pool::Manager::connect(&Target::parse(url)?)?;
    work(&mut conn)
}

/// Runs `work` in one transaction, on a database that a server may have open. Blocks, like [`Db::open`].
pub fn write_beside<T, E: From<Error>>(
    url: &str,
    work: impl FnOnce(&mut Conn) -> Result<T, E>,
) -> Result<T, E> {
    let mut conn = Target::parse(url).and_then(|target| pool::connect_writer(&target))?;
    in_transaction(&mut conn, work)
}

/// An error of work with the database, which is acted upon here.
pub trait DatabaseError {
    /// Returns whether the same transaction, run again at once, may succeed.
    fn is_transient(&self) -> bool;

    /// Returns whether the database's file contradicts itself.
    fn is_corrupt(&self) -> bool;
}

impl DatabaseError for Error {
    fn is_transient(&self) -> bool {
        Self::is_transient(self)
    }

    fn is_corrupt(&self) -> bool {
        matches!(self, Self::Corrupt(_))
    }
}

fn late() -> Error {
    Error::Away("others have been using the database for too long".into())
}
