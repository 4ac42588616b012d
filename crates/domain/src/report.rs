//! Reports of users and messages to the administrators.

use schemars::JsonSchema;
use serde::Serialize;

use crate::id::{ReportId, RoomId, UserId};
use crate::message::MessageSeq;
use crate::text::Body;
use crate::time::Time;
use crate::user::Profile;

/// The longest note of a report, in code points.
pub const NOTE_MAX: usize = 1_000;

/// Why something is reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
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

/// Whether an administrator has still to look at a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum ReportState {
    /// It waits for an administrator.
    Open,
    /// It was dealt with.
    Closed,
}

impl ReportState {
    /// Every value, as an error lists them.
    pub const VALUES: &'static str = "'open' or 'closed'";

    /// Parses the value.
    pub fn parse(value: &str) -> Option<Self> {
        match value {
            "open" => Some(Self::Open),
            "closed" => Some(Self::Closed),
            _ => None,
        }
    }
}

/// A report as administrators see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ReceivedReport {
    /// The report.
    pub report_id: ReportId,
    /// Whether it waits for an administrator.
    pub state: ReportState,
    /// Who reports.
    pub reporter: Profile,
    /// Who is reported: the sender, if it is a message.
    pub reported: Profile,
    /// The room of the message, if one is reported.
    pub chatroom_id: Option<RoomId>,
    /// The number of the message in its room.
    pub seq: Option<i64>,
    /// What the message said by then: its text or the address of its file, and the caption in a line of its own.
    pub evidence: Option<String>,
    /// Why.
    pub reason: ReportReason,
    /// What the reporter adds.
    pub note: Option<String>,
    /// When it was reported.
    pub created_at: Time,
    /// When it was closed.
    pub closed_at: Option<Time>,
    /// The administrator who closed it.
    pub closed_by: Option<UserId>,
    /// What administrators note of it.
    pub admin_note: Option<String>,
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
