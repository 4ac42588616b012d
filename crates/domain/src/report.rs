//! Reports of users and messages to the administrator.

use crate::id::UserId;
use crate::message::MessageSeq;
use crate::text::Body;

/// The longest note of a report, in code points.
pub const NOTE_MAX: usize = 1_000;

/// Why something is reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportReason {
    /// Advertising and the like.
    Spam,
    /// Insults, threats, stalking.
    Harassment,
    /// Hatred of a group of people.
    Hate,
    /// Violence, or a call for it.
    Violence,
    /// Sexual content that was not asked for.
    Sexual,
    /// Somebody pretends to be another.
    Impersonation,
    /// Anything else, which the note says.
    Other,
}

impl ReportReason {
    /// Every reason.
    pub const ALL: [Self; 7] = [
        Self::Spam,
        Self::Harassment,
        Self::Hate,
        Self::Violence,
        Self::Sexual,
        Self::Impersonation,
        Self::Other,
    ];

    /// Every value, as an error lists them.
    pub const VALUES: &'static str =
        "'spam', 'harassment', 'hate', 'violence', 'sexual', 'impersonation' or 'other'";

    /// Returns the value on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Spam => "spam",
            Self::Harassment => "harassment",
            Self::Hate => "hate",
            Self::Violence => "violence",
            Self::Sexual => "sexual",
            Self::Impersonation => "impersonation",
            Self::Other => "other",
        }
    }

    /// Parses the value.
    pub fn parse(value: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == value)
    }
}

/// What a user reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Who reports.
    pub reporter: UserId,
    /// Who is reported: the sender, if it is a message.
    pub reported: UserId,
    /// The message, if one is reported.
    pub message: Option<MessageSeq>,
    /// What the message said by then: its text or the address of its file, and the caption in a line of its own.
    pub evidence: Option<String>,
    /// Why.
    pub reason: ReportReason,
    /// What the reporter adds.
    pub note: Option<Body>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_a_value_of_its_own_that_errors_name() {
        for reason in ReportReason::ALL {
            assert_eq!(ReportReason::parse(reason.as_str()), Some(reason));
            assert!(ReportReason::VALUES.contains(&format!("'{}'", reason.as_str())));
        }
        assert_eq!(ReportReason::parse("boring"), None);
    }
}
