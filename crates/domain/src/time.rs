//! A moment, cut to microseconds, the same in every database and for every client.

use std::borrow::Cow;
use std::fmt;

use chrono::{DateTime, NaiveDateTime, SecondsFormat, TimeDelta, Utc};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};

/// A moment in UTC with microsecond precision; written as RFC 3339 with six digits and `Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(DateTime<Utc>);

impl Time {
    /// Takes a moment and drops what is finer than a microsecond.
    pub fn new(moment: DateTime<Utc>) -> Self {
        DateTime::from_timestamp_micros(moment.timestamp_micros()).map_or(Self(moment), Self)
    }

    /// Takes a database's zoneless UTC value.
    pub fn from_naive(moment: NaiveDateTime) -> Self {
        Self::new(moment.and_utc())
    }

    /// Returns the zoneless UTC value that the database keeps.
    pub fn naive(self) -> NaiveDateTime {
        self.0.naive_utc()
    }

    /// Returns the seconds since 1970.
    pub fn unix_seconds(self) -> i64 {
        self.0.timestamp()
    }

    /// Returns the microseconds since 1970.
    pub fn unix_micros(self) -> i64 {
        self.0.timestamp_micros()
    }

    /// Returns the first moment after this one.
    #[must_use]
    pub fn next(self) -> Self {
        self + TimeDelta::microseconds(1)
    }

    /// Returns the moment this long ago.
    #[must_use]
    pub fn before(self, span: std::time::Duration) -> Self {
        Self(self.0 - chrono::Duration::from_std(span).unwrap_or_default())
    }

    /// Reads RFC 3339, a zoneless date and time (taken as UTC) or the seconds since 1970.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Ok(moment) = DateTime::parse_from_rfc3339(text) {
            return Some(Self::new(moment.to_utc()));
        }
        for format in ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f"] {
            if let Ok(moment) = NaiveDateTime::parse_from_str(text, format) {
                return Some(Self::from_naive(moment));
            }
        }
        let seconds: f64 = text.parse().ok()?;
        Self::from_unix_seconds(seconds)
    }

    fn from_unix_seconds(seconds: f64) -> Option<Self> {
        const LAST: f64 = 253_402_300_799.0;
        if !(0.0..=LAST).contains(&seconds) {
            return None;
        }
        #[expect(clippy::cast_possible_truncation, reason = "bounded just above, far inside i64")]
        let micros = (seconds * 1e6) as i64;
        DateTime::from_timestamp_micros(micros).map(Self)
    }
}

impl std::ops::Add<TimeDelta> for Time {
    type Output = Self;

    fn add(self, delta: TimeDelta) -> Self {
        Self(self.0 + delta)
    }
}

impl std::ops::Sub<TimeDelta> for Time {
    type Output = Self;

    fn sub(self, delta: TimeDelta) -> Self {
        Self(self.0 - delta)
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.to_rfc3339_opts(SecondsFormat::Micros, true))
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl JsonSchema for Time {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Time".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let written = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$";
        json_schema!({ "type": "string", "format": "date-time", "pattern": written })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_written_with_six_digits_and_z() {
        let time = Time::parse("2026-11-22T11:29:15.123456789+08:00").unwrap();
        assert_eq!(time.to_string(), "2026-11-22T03:29:15.123456Z");
        assert_eq!(Time::parse("2026-11-22T11:29:15").unwrap().to_string(), "2026-11-22T11:29:15.000000Z");
    }

    #[test]
    fn reads_every_spelling_that_clients_send() {
        let wanted = Time::parse("2026-11-22T03:29:15Z").unwrap();
        for text in ["2026-11-22 03:29:15", "1795318155", "1795318155.0", "2026-11-22T03:29:15.000Z"] {
            assert_eq!(Time::parse(text), Some(wanted), "{text}");
        }
        for text in ["", "yesterday", "2026-13-01T00:00:00Z", "1e300", "nan", "-5"] {
            assert_eq!(Time::parse(text), None, "{text}");
        }
    }
}
