//! How often each limit has refused something since the start.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use metrics::{Counter, Counters};

use crate::problem::Problem;

/// The limits, by their setting where they have one.
const LIMITS: [&str; 31] = [
    "limits.body_max_bytes",
    "limits.form_parts_max",
    "limits.part_header_max_bytes",
    "limits.body_idle_ms",
    "limits.upload_max_bytes",
    "limits.upload_quota_bytes",
    "limits.friend_requests_max",
    UNREAD,
    SESSIONS,
    UNAUTHENTICATED,
    "limits.user_sockets_max",
    MEMORY,
    POLLING,
    "rates.send",
    "rates.typing",
    "rates.react",
    "rates.edit",
    "rates.profile",
    "rates.room",
    "rates.friend",
    "rates.search",
    "rates.search_people",
    "rates.search_messages",
    "rates.upload",
    "rates.report",
    "rates.hook",
    "rates.export",
    "queues",
    "database",
    "disk",
    "files",
];

/// How long an answer may be left unread.
const UNREAD: &str = "limits.answer_unread_ms";
/// The sessions of Engine.IO of an address.
pub(crate) const SESSIONS: &str = "limits.address_sessions_max";
/// Those of them that no user has authenticated.
pub(crate) const UNAUTHENTICATED: &str = "limits.address_unauthenticated_max";
/// The resident memory.
pub(crate) const MEMORY: &str = "limits.memory_max_bytes";
/// The longest polling request.
const POLLING: &str = "polling_bytes";

/// Counters of what was refused, by limit.
#[derive(Debug, Clone)]
pub struct Refusals(Counters);

impl Default for Refusals {
    fn default() -> Self {
        Self(Counters::new(LIMITS))
    }
}

impl Refusals {
    /// Returns how often a limit has refused something.
    pub fn get(&self, limit: &str) -> u64 {
        self.0.get(limit)
    }

    /// Returns how often the limits have refused something whose names begin like this.
    pub fn of(&self, section: &str) -> u64 {
        self.0.all().filter(|(limit, _)| limit.starts_with(section)).map(|(_, number)| number).sum()
    }

    /// Returns all limits, each with how often it has refused something.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&'static str, u64)> {
        self.0.all()
    }

    /// Counts that a limit has refused something.
    pub(crate) fn add(&self, limit: &str) {
        self.0.add(limit);
    }

    /// Counts a refusal by the limit that made it, if one did; rates are counted where they refuse.
    pub(crate) fn count(&self, problem: &Problem) {
        if let Some(limit) = problem.limit() {
            self.add(limit);
        }
    }

    /// Counts an answer, if a limit has refused its request.
    pub(crate) fn count_answer<B>(&self, answer: &HttpResponse<B>) {
        match answer.error().and_then(|error| error.as_error::<Problem>()) {
            Some(problem) => self.count(problem),
            None if answer.status() == StatusCode::PAYLOAD_TOO_LARGE => self.add(POLLING),
            None => {}
        }
    }

    /// The counter of connections that were cut because their client did not read.
    pub(crate) fn unread(&self) -> Counter {
        self.0.of(UNREAD).cloned().unwrap_or_default()
    }
}
