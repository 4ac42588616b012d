//! The sessions in use, kept in memory so that each request and event is checked without a query.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use domain::id::{SessionId, UserId};
use parking_lot::Mutex;

/// How long a session counts as valid before the database is asked again.
const VALID_FOR: Duration = Duration::from_secs(10);

/// How many sessions are kept before expired ones are dropped.
const SESSIONS_MAX: usize = 50_000;

/// What is known of the sessions.
#[derive(Default)]
pub(crate) struct Sessions(Mutex<HashMap<SessionId, Known>>);

#[derive(Clone, Copy)]
enum Known {
    Valid { user: UserId, until: Instant },
    Ended,
}

/// What is known of one session.
pub(crate) enum Validity {
    /// It is valid, and this user's.
    ValidFor(UserId),
    /// It has ended.
    Ended,
    /// The database has to be asked.
    Unknown,
}

impl Sessions {
    /// Returns what is known of a session.
    pub(crate) fn validity(&self, id: SessionId) -> Validity {
        match self.0.lock().get(&id) {
            Some(Known::Valid { user, until }) if Instant::now() < *until => Validity::ValidFor(*user),
            Some(Known::Ended) => Validity::Ended,
            _ => Validity::Unknown,
        }
    }

    /// Returns whether it is known to have ended.
    pub(crate) fn ended(&self, id: SessionId) -> bool {
        matches!(self.0.lock().get(&id), Some(Known::Ended))
    }

    /// Notes a session that is valid in the database; an end that came meanwhile wins.
    pub(crate) fn note_valid(&self, id: SessionId, user: UserId) {
        let mut known = self.0.lock();
        let now = Instant::now();
        if known.len() >= SESSIONS_MAX {
            known.retain(|_, entry| matches!(entry, Known::Valid { until, .. } if now < *until));
        }
        let entry = known.entry(id).or_insert(Known::Valid { user, until: now });
        if let Known::Valid { until, .. } = entry {
            *until = now + VALID_FOR;
        }
    }

    /// Notes that a session has ended.
    pub(crate) fn end(&self, id: SessionId) {
        self.0.lock().insert(id, Known::Ended);
    }
}
