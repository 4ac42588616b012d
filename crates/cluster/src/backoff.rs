//! The pauses between attempts to connect.

use std::time::Duration;

use uuid::Uuid;

/// Returns the pause before an attempt to connect: none, then 100 ms doubling up to 1 s, each shortened at random by up
/// to a half so that nodes do not come at once.
pub(crate) fn backoff(attempts: u32) -> Duration {
    let Some(doublings) = attempts.checked_sub(1) else { return Duration::ZERO };
    let longest = Duration::from_millis(100 << doublings.min(4)).min(Duration::from_secs(1));
    let [random, ..] = Uuid::new_v4().into_bytes();
    longest / 2 + longest.mul_f64(f64::from(random) / 512.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_backoff_begins_at_once_grows_and_never_exceeds_a_second() {
        assert_eq!(backoff(0), Duration::ZERO);
        for (attempts, longest) in (1..).zip([100, 200, 400, 800, 1000, 1000, 1000, 1000, 1000, 1000]) {
            let pause = backoff(attempts).as_millis();
            assert!((longest / 2..=longest).contains(&pause), "{pause} of {longest}");
        }
        assert!(backoff(u32::MAX) <= Duration::from_secs(1));
    }

    #[test]
    fn the_backoff_differs_between_nodes() {
        let mut pauses: Vec<_> = std::iter::repeat_with(|| backoff(10)).take(64).collect();
        pauses.dedup();
        assert!(pauses.len() > 16);
    }
}
