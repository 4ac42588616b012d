//! What the use cases count and measure.

use metrics::{Counter, Counters, Histogram};
use persistence::usage::{PoolUsage, Waits};

use crate::context::Chat;

/// What use cases have done.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    /// Sign-ins with a wrong login or password.
    pub(crate) login_failures: Counter,
    /// The bytes of files that were taken in.
    pub(crate) upload_bytes: Counter,
}

/// How long new messages take.
#[derive(Debug, Clone, Default)]
pub(crate) struct MessageTimes {
    /// From being queued to being handed to the connections.
    pub(crate) send: Histogram,
    /// To be written, with all that are written together.
    pub(crate) persist: Histogram,
}

impl Chat {
    /// How many sign-ins had a wrong login or password.
    pub fn login_failures(&self) -> u64 {
        self.counts.login_failures.get()
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
