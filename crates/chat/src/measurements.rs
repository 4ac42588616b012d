//! What the use cases count and measure.

use metrics::{Counter, Histogram};

/// What use cases have done.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    /// Sign-ins with a wrong login or password.
    pub(crate) login_failures: Counter,
    /// Attempts to post an event to a webhook that were accepted.
    pub(crate) webhooks_accepted: Counter,
    /// Those that were not.
    pub(crate) webhooks_failed: Counter,
    /// Pushes that a push service took.
    pub(crate) pushes_accepted: Counter,
    /// Those that it did not take.
    pub(crate) pushes_failed: Counter,
    /// Those whose subscription it does not know any more.
    pub(crate) pushes_gone: Counter,
    /// Links that were fetched and have a preview.
    pub(crate) link_previews_made: Counter,
    /// Those that have none.
    pub(crate) link_previews_failed: Counter,
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
