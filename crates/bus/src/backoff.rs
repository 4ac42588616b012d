//! How long to wait before the next attempt to connect.

use std::time::Duration;

use uuid::Uuid;

const FIRST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(1);

/// Pauses that begin at nothing and double up to a second, each shortened by chance so that nodes do not come at once.
#[derive(Debug, Default)]
pub(crate) struct Backoff {
    attempts: u32,
}

impl Backoff {
    pub(crate) fn next(&mut self) -> Duration {
        let attempt = self.attempts;
        self.attempts = attempt.saturating_add(1);
        let Some(doublings) = attempt.checked_sub(1) else { return Duration::ZERO };
        let longest = FIRST.saturating_mul(1 << doublings.min(8)).min(LONGEST);
        let [chance, ..] = Uuid::new_v4().into_bytes();
        longest / 2 + longest.mul_f64(f64::from(chance) / 512.0)
    }

    pub(crate) fn reset(&mut self) {
        self.attempts = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn begins_at_once_grows_and_never_exceeds_a_second() {
        let mut backoff = Backoff::default();
        assert_eq!(backoff.next(), Duration::ZERO);
        for longest in [100, 200, 400, 800, 1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000] {
            let pause = backoff.next().as_millis();
            assert!((longest / 2..=longest).contains(&pause), "{pause} of {longest}");
        }
        backoff.reset();
        assert_eq!(backoff.next(), Duration::ZERO);
    }

    #[test]
    fn differs_between_nodes() {
        let pauses = std::iter::repeat_with(|| {
            let mut backoff = Backoff { attempts: 9 };
            backoff.next()
        });
        let mut pauses: Vec<_> = pauses.take(64).collect();
        pauses.dedup();
        assert!(pauses.len() > 16);
    }
}
