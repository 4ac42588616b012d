//! The settings of how often each user may do what costs others.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// How often each user may do what costs others.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rates {
    /// Whether there are any such limits.
    pub enabled: bool,
    /// Messages.
    pub send: Rate,
    /// Typing, begun and stopped.
    pub typing: Rate,
    /// Reactions, put on and taken off.
    pub react: Rate,
    /// Messages edited, unsent and hidden; settings of one's own for a room.
    pub edit: Rate,
    /// Changes of the profile.
    pub profile: Rate,
    /// New rooms; changes of groups, their members and invite links.
    pub room: Rate,
    /// Friend requests.
    pub friend: Rate,
    /// Searches for a user; invite links looked at and used.
    pub search: Rate,
    /// Searches for a user, over a longer time.
    pub search_people: Rate,
    /// Searches of messages.
    pub search_messages: Rate,
    /// Uploads.
    pub upload: Rate,
    /// Reports to the administrator.
    pub report: Rate,
    /// Messages of each incoming webhook.
    pub hook: Rate,
    /// Copies of all that is one's own.
    pub export: Rate,
}

impl Default for Rates {
    fn default() -> Self {
        let rate = |times, seconds| Rate { times, period: Duration::from_secs(seconds) };
        Self {
            enabled: true,
            send: rate(20, 2),
            typing: rate(10, 10),
            react: rate(30, 10),
            edit: rate(20, 10),
            profile: rate(10, 60),
            room: rate(30, 60),
            friend: rate(20, 3_600),
            search: rate(10, 60),
            search_people: rate(100, 86_400),
            search_messages: rate(30, 30),
            upload: rate(20, 60),
            report: rate(20, 86_400),
            hook: rate(60, 60),
            export: rate(1, 86_400),
        }
    }
}

/// So many times at once, and as many again over each period; written `20/2s`, or `off` for no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// How many times; 0 for no limit.
    pub times: u32,
    /// The period.
    pub period: Duration,
}

impl Rate {
    /// No limit.
    pub const OFF: Self = Self { times: 0, period: Duration::ZERO };
}

/// The text is no rate.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is no rate; it must be like `20/2s`, `10/1m` or `20/1h`, or `off`")]
pub struct NotARate(String);

impl FromStr for Rate {
    type Err = NotARate;

    fn from_str(text: &str) -> Result<Self, NotARate> {
        if text == "off" {
            return Ok(Self::OFF);
        }
        let read = || {
            let (times, period) = text.split_once('/')?;
            let (number, unit) = period.split_at_checked(period.len().checked_sub(1)?)?;
            let seconds = match unit {
                "s" => 1,
                "m" => 60,
                "h" => 3_600,
                _ => return None,
            };
            let period = Duration::from_secs(u64::from(number.parse::<u16>().ok()?) * seconds);
            let times = times.parse().ok()?;
            (times > 0 && !period.is_zero()).then_some(Self { times, period })
        };
        read().ok_or_else(|| NotARate(text.to_owned()))
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.period.as_secs();
        match self.times {
            0 => f.write_str("off"),
            times if seconds.is_multiple_of(3_600) => write!(f, "{times}/{}h", seconds / 3_600),
            times if seconds.is_multiple_of(60) => write!(f, "{times}/{}m", seconds / 60),
            times => write!(f, "{times}/{seconds}s"),
        }
    }
}

impl Serialize for Rate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Rate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_read_back_and_nothing_else_is() {
        for text in ["20/2s", "1/1s", "10/1m", "90/90s", "20/1h", "4294967295/65535h", "off"] {
            assert_eq!(text.parse::<Rate>().unwrap().to_string(), text);
        }
        for text in
            ["", "0", "20", "/", "20/", "/2s", "20/2", "20/s", "0/2s", "20/0s", "-1/2s", "20/2d", "20/2秒"]
        {
            assert!(text.parse::<Rate>().is_err(), "{text}");
        }
    }
}
