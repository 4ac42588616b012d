//! How often each limit has refused something since the start.

use actix_web::http::StatusCode;
use realtime::server::Counter;

/// Counters of what was refused.
#[derive(Debug, Clone, Default)]
pub struct Refusals {
    /// Requests whose body came too slowly.
    pub slow: Counter,
    /// Requests and files that were too large, alone or with the user's other files.
    pub too_large: Counter,
    /// Requests and events beyond a user's rate.
    pub rate_limited: Counter,
    /// Requests and events that found the server busy.
    pub busy: Counter,
    /// Requests that found no space on the disk.
    pub no_space: Counter,
    /// Connections that were cut because their client did not read.
    pub unread: Counter,
    /// Sessions of Engine.IO that were not opened because their address had too many.
    pub sessions: Counter,
    /// Sockets that were not let in because their user had too many.
    pub sockets: Counter,
    /// Sessions of Engine.IO that were not opened because the server was short of memory.
    pub memory: Counter,
}

impl Refusals {
    /// Counts an answer with this status.
    pub(crate) fn count(&self, status: StatusCode) {
        match status {
            StatusCode::REQUEST_TIMEOUT => self.slow.add(),
            StatusCode::PAYLOAD_TOO_LARGE => self.too_large.add(),
            StatusCode::TOO_MANY_REQUESTS => self.rate_limited.add(),
            StatusCode::SERVICE_UNAVAILABLE => self.busy.add(),
            StatusCode::INSUFFICIENT_STORAGE => self.no_space.add(),
            _ => {}
        }
    }
}
