//! The context of every use case.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use auth::keys::Key;
use auth::password::Passwords;
use auth::push::VapidKey;
use auth::throttle::Throttle;
use auth::token::Tokens;
use domain::id::UserId;
use domain::revision::Window;
use domain::text::Body;
use domain::time::Time;
use live::Live;
use media::store::Store;
use metrics::{Counters, Histogram};
use persistence::db::Db;
use persistence::usage::{PoolUsage, Waits};
use persistence::viewer::Viewer;
use tokio::sync::Semaphore;

use crate::clock::Clock;
use crate::measurements::Counts;
use crate::message_writer::MessageWriter;
use crate::receipt_writer::ReceiptWriter;
use crate::sessions::Sessions;

/// What an operator can set.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The shortest new password, in code points.
    pub password_min: usize,
    /// The longest message, in code points.
    pub text_max: usize,
    /// How long a message may be edited.
    pub edit: Window,
    /// How long a message may be unsent.
    pub unsend: Window,
    /// The most bytes of events that are read of the log at once for a client, unless the first alone has more.
    pub sync_bytes: usize,
    /// How many bytes the files of a user may take.
    pub upload_quota: u64,
    /// How long a file is kept that nothing shows.
    pub upload_unused: Duration,
    /// How many positions of the log may wait until they are indexed for search.
    pub search_unindexed: i64,
    /// How many bots a user may have.
    pub bots: usize,
    /// The most friend requests of a user that wait for their answers.
    pub friend_requests: usize,
    /// How long a session lasts when it is not used.
    pub session: Duration,
    /// How long a session lasts at most.
    pub session_max: Duration,
    /// How long the audit log is kept; for ever if none.
    pub audit: Option<Duration>,
    /// How long an account can be restored that its user has deleted.
    pub account_grace: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            password_min: 8,
            text_max: Body::MAX,
            edit: Window::DEFAULT,
            unsend: Window::DEFAULT,
            sync_bytes: 1024 * 1024,
            upload_quota: 5 * 1024 * 1024 * 1024,
            upload_unused: Duration::from_hours(24),
            search_unindexed: 256,
            bots: 20,
            friend_requests: 100,
            session: Duration::from_hours(30 * 24),
            session_max: Duration::from_hours(180 * 24),
            audit: Some(Duration::from_hours(90 * 24)),
            account_grace: Duration::from_hours(7 * 24),
        }
    }
}

/// Who may make an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RegistrationMode {
    /// Everybody.
    Open,
    /// Who has this code.
    Invite(String),
    /// Nobody.
    Closed,
}

/// The parts that a [`Chat`] is made of.
pub struct Parts {
    /// The database.
    pub db: Db,
    /// The key that tokens are signed with and session secrets are derived with.
    pub key: Key,
    /// Makes and checks access tokens.
    pub tokens: Tokens,
    /// Hashes and checks passwords.
    pub passwords: Passwords,
    /// Pauses attempts to guess a password.
    pub throttle: Throttle,
    /// Who may make an account.
    pub registration: RegistrationMode,
    /// Keeps files.
    pub store: Store,
    /// Reaches the connected clients.
    pub live: Arc<Live>,
    /// Makes requests to addresses that users name.
    pub outbound: outbound::Client,
    /// Fetches the pages that messages link to; links have no previews if none.
    pub previews: Option<outbound::Client>,
    /// What push services know this server by.
    pub vapid: VapidKey,
    /// The settings of the operator.
    pub limits: Limits,
    /// Returns the time.
    pub clock: Clock,
}

/// The product: the context of every use case.
pub struct Chat {
    pub(crate) db: Db,
    pub(crate) writer: MessageWriter,
    pub(crate) receipts: ReceiptWriter,
    pub(crate) key: Key,
    pub(crate) tokens: Tokens,
    pub(crate) passwords: Passwords,
    pub(crate) throttle: Throttle,
    pub(crate) registration: RegistrationMode,
    pub(crate) store: Store,
    pub(crate) live: Arc<Live>,
    pub(crate) outbound: outbound::Client,
    pub(crate) previews: Option<outbound::Client>,
    pub(crate) vapid: VapidKey,
    pub(crate) limits: Limits,
    pub(crate) clock: Clock,
    pub(crate) sessions: Sessions,
    pub(crate) counts: Counts,
    /// Pages of the log are made by half of the processors at once, so that the others go on with what is new.
    pub(crate) pages: Semaphore,
}

impl Chat {
    /// Assembles the product and starts the threads that write messages and receipts.
    pub fn start(parts: Parts) -> std::io::Result<Self> {
        let Parts { db, key, tokens, passwords, throttle, registration, store, .. } = parts;
        let Parts { live, outbound, previews, vapid, limits, clock, .. } = parts;
        let writer = MessageWriter::start(&db, &live)?;
        let receipts = ReceiptWriter::start(&db, &live, writer.members())?;
        let sessions = Sessions::default();
        Ok(Self {
            db,
            writer,
            receipts,
            key,
            tokens,
            passwords,
            throttle,
            registration,
            store,
            live,
            outbound,
            previews,
            vapid,
            limits,
            clock,
            sessions,
            counts: Counts::default(),
            pages: Semaphore::new(thread::available_parallelism().map_or(1, |count| count.get().div_ceil(2))),
        })
    }

    /// Returns the settings of the operator.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Returns whether the database answers, and its file is there to write to.
    pub async fn ready(&self) -> bool {
        let db = self.db.clone();
        let answer = self.db.read(move |conn| {
            persistence::users::existing(conn, &[])?;
            db.check_file()
        });
        answer.await.is_ok()
    }

    /// Returns a user as they read messages now.
    pub(crate) fn viewer(&self, user: UserId) -> Viewer {
        Viewer { user, now: self.now() }
    }

    /// Returns the time at which a use case happens.
    pub(crate) fn now(&self) -> Time {
        self.clock.now()
    }
}

/// What is counted and measured.
impl Chat {
    /// How many sign-ins had a wrong login or password.
    pub fn login_failures(&self) -> u64 {
        self.counts.login_failures.get()
    }

    /// How many attempts to post an event to a webhook were accepted, and failed.
    pub fn webhook_deliveries(&self) -> [(&'static str, u64); 2] {
        let Counts { webhooks_accepted, webhooks_failed, .. } = &self.counts;
        [("accepted", webhooks_accepted.get()), ("failed", webhooks_failed.get())]
    }

    /// How many pushes were accepted, failed, and were for subscriptions that are no more.
    pub fn pushes(&self) -> [(&'static str, u64); 3] {
        let Counts { pushes_accepted, pushes_failed, pushes_gone, .. } = &self.counts;
        [("accepted", pushes_accepted.get()), ("failed", pushes_failed.get()), ("gone", pushes_gone.get())]
    }

    /// How many links were fetched and have a preview, and have none.
    pub fn link_previews(&self) -> [(&'static str, u64); 2] {
        let Counts { link_previews_made, link_previews_failed, .. } = &self.counts;
        [("made", link_previews_made.get()), ("failed", link_previews_failed.get())]
    }

    /// How many bytes of files were taken in.
    pub fn upload_bytes(&self) -> u64 {
        self.counts.upload_bytes.get()
    }

    /// How often a pause between attempts refused one, by the setting that made the pause.
    pub fn paused_attempts(&self) -> &Counters {
        self.throttle.refused()
    }

    /// How long new messages take, from being queued to being handed to the connections.
    pub fn message_send_time(&self) -> &Histogram {
        &self.writer.times().send
    }

    /// How long it takes to write the new messages of a batch.
    pub fn message_persist_time(&self) -> &Histogram {
        &self.writer.times().persist
    }

    /// How much waits to be written: messages and receipts.
    pub fn queues(&self) -> [(&'static str, usize); 2] {
        [("messages", self.writer.queued()), ("receipts", self.receipts.queued())]
    }

    /// How the connections to the database are used now.
    pub fn database_usage(&self) -> [PoolUsage; 2] {
        self.db.usage()
    }

    /// How long work has waited for a connection to the database.
    pub fn database_waits(&self) -> &Waits {
        self.db.waits()
    }
}
