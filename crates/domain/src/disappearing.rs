//! Messages that disappear: gone for everybody some time after they were sent.

use std::fmt;

use chrono::TimeDelta;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::time::Time;

/// How long the messages of a room are there after they are sent, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct DisappearAfter(i64);

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

impl DisappearAfter {
    /// The shortest time.
    pub const MIN: i64 = 5 * MINUTE;
    /// The longest time.
    pub const MAX: i64 = 365 * DAY;

    /// Takes a number of seconds that is within the two.
    pub fn new(seconds: i64) -> Option<Self> {
        (Self::MIN..=Self::MAX).contains(&seconds).then_some(Self(seconds))
    }

    /// Returns the number of seconds.
    pub fn seconds(self) -> i64 {
        self.0
    }

    /// Returns when a message is gone that was sent then.
    pub fn since(self, sent: Time) -> Time {
        sent + TimeDelta::seconds(self.0)
    }
}

/// In English, by the greatest unit that has a whole number of it.
impl fmt::Display for DisappearAfter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = [(DAY, "day"), (HOUR, "hour"), (MINUTE, "minute"), (1, "second")];
        let whole = units.into_iter().find(|(unit, _)| self.0 % unit == 0);
        let (unit, name) = whole.unwrap_or((1, "second"));
        match self.0 / unit {
            1 => write!(f, "1 {name}"),
            number => write!(f, "{number} {name}s"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_from_five_minutes_to_a_year() {
        for (seconds, is_one) in [(299, false), (300, true), (31_536_000, true), (31_536_001, false)] {
            assert_eq!(DisappearAfter::new(seconds).is_some(), is_one, "{seconds}");
        }
    }

    #[test]
    fn it_is_said_in_the_greatest_unit() {
        let said = |seconds| DisappearAfter::new(seconds).unwrap().to_string();
        assert_eq!(said(301), "301 seconds");
        assert_eq!(said(300), "5 minutes");
        assert_eq!((said(HOUR), said(36 * HOUR)), ("1 hour".to_owned(), "36 hours".to_owned()));
        assert_eq!((said(DAY), said(365 * DAY)), ("1 day".to_owned(), "365 days".to_owned()));
    }

    #[test]
    fn a_message_is_gone_so_long_after_it_was_sent() {
        let sent = Time::parse("2026-01-01T00:00:00Z").unwrap();
        let gone = DisappearAfter::new(300).unwrap().since(sent);
        assert_eq!(gone, Time::parse("2026-01-01T00:05:00Z").unwrap());
    }
}
