//! The sign-ins in use, kept in memory so that each request and event is checked without a query.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use domain::id::{SessionId, UserId};
use parking_lot::Mutex;

/// How long a found sign-in is believed before the database is asked again.
const BELIEVED: Duration = Duration::from_secs(10);

/// How many are remembered before those that ran out are dropped.
const REMEMBERED: usize = 50_000;

/// What is known of the sign-ins.
#[derive(Default)]
pub(crate) struct Sessions(Mutex<HashMap<SessionId, Known>>);

#[derive(Clone, Copy)]
enum Known {
    Standing { user: UserId, until: Instant },
    Ended,
}

/// What is known of one sign-in.
pub(crate) enum Standing {
    /// It stands, and is this user's.
    Of(UserId),
    /// It has ended.
    Ended,
    /// The database has to be asked.
    Unknown,
}

impl Sessions {
    /// Returns what is known of a sign-in.
    pub(crate) fn standing(&self, id: SessionId) -> Standing {
        match self.0.lock().get(&id) {
            Some(Known::Standing { user, until }) if Instant::now() < *until => Standing::Of(*user),
            Some(Known::Ended) => Standing::Ended,
            _ => Standing::Unknown,
        }
    }

    /// Tells whether it is known to have ended.
    pub(crate) fn ended(&self, id: SessionId) -> bool {
        matches!(self.0.lock().get(&id), Some(Known::Ended))
    }

    /// Notes a sign-in that the database says stands; an end that came meanwhile wins.
    pub(crate) fn stands(&self, id: SessionId, user: UserId) {
        let mut known = self.0.lock();
        let now = Instant::now();
        if known.len() >= REMEMBERED {
            known.retain(|_, entry| matches!(entry, Known::Standing { until, .. } if now < *until));
        }
        let entry = known.entry(id).or_insert(Known::Standing { user, until: now });
        if let Known::Standing { until, .. } = entry {
            *until = now + BELIEVED;
        }
    }

    /// Notes that a sign-in has ended.
    pub(crate) fn end(&self, id: SessionId) {
        self.0.lock().insert(id, Known::Ended);
    }
}
