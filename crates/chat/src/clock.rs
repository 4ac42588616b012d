//! The time at which use cases happen.

use std::sync::Arc;

use chrono::Utc;
use domain::time::Time;
use parking_lot::Mutex;

/// Returns the system's time, or the one that a test has set; copies return the same.
#[derive(Debug, Clone, Default)]
pub struct Clock(Arc<Mutex<Option<Time>>>);

impl Clock {
    /// Returns the time.
    pub fn now(&self) -> Time {
        self.0.lock().unwrap_or_else(|| Time::new(Utc::now()))
    }

    /// Stops the clock at a time, for all copies.
    pub fn set(&self, time: Time) {
        *self.0.lock() = Some(time);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn returns_the_systems_time_until_one_is_set() {
        let (clock, before) = (Clock::default(), Time::new(Utc::now()));
        let copy = clock.clone();
        assert!(clock.now() >= before);
        let set = Time::parse("2026-11-22T11:29:15Z").unwrap();
        copy.set(set);
        assert_eq!(clock.now(), set);
    }
}
