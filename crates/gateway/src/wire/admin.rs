//! What administrators ask, and the pages that they are answered with.

use chat::admins::NamedEntry;
use deserr::Deserr;
use domain::audit::AuditEntry;
use domain::id::{ReportId, UserId};
use domain::invalid::Invalid;
use domain::page::cut;
use domain::report::ReportState;
use domain::text::is_blank;
use domain::user::Profile;
use schemars::{JsonSchema, json_schema};
use serde::Serialize;

use super::fields::{fields, inline_schemas, text};
use super::input::requests;
use super::number::Count;
use super::reports::Note;
use crate::problem::Problem;

/// The accounts to list.
#[derive(Deserr, JsonSchema)]
#[deserr(error = Problem)]
pub(crate) struct ListAccounts {
    /// What they have in a name or their address, or as their id; at most 128 characters.
    #[deserr(default)]
    #[schemars(with = "Option<String>", length(max = 128))]
    pub(crate) q: Option<Named>,
    /// The `next_cursor` of the page before.
    #[deserr(default)]
    pub(crate) cursor: Option<UserId>,
    /// The most accounts: 50 if absent; more than 200 counts as 200.
    #[deserr(default)]
    pub(crate) limit: Option<Count<1>>,
}

/// The reports to list.
#[derive(Deserr, JsonSchema)]
#[deserr(error = Problem)]
pub(crate) struct ListReports {
    /// Those that wait, or those that were closed; all if absent.
    #[deserr(default)]
    pub(crate) state: Option<State>,
    /// The `next_cursor` of the page before.
    #[deserr(default)]
    pub(crate) cursor: Option<ReportId>,
    /// The most reports: 50 if absent; more than 200 counts as 200.
    #[deserr(default)]
    pub(crate) limit: Option<Count<1>>,
}

/// The entries of the audit log to list.
#[derive(Deserr, JsonSchema)]
#[deserr(error = Problem)]
pub(crate) struct ListAudit {
    /// The `next_cursor` of the page before.
    #[deserr(default)]
    pub(crate) cursor: Option<Count<1>>,
    /// The most entries: 50 if absent; more than 200 counts as 200.
    #[deserr(default)]
    pub(crate) limit: Option<Count<1>>,
}

/// What becomes of a report.
#[derive(Deserr, JsonSchema)]
#[deserr(error = Problem)]
pub(crate) struct SettleReport {
    /// The report.
    pub(crate) report_id: ReportId,
    /// Whether it is dealt with.
    pub(crate) state: State,
    /// What administrators note of it, at most 1,000 characters; none if absent.
    #[deserr(default)]
    #[schemars(with = "Option<String>")]
    pub(crate) admin_note: Option<Note>,
}

/// A state of reports.
pub(crate) struct State(pub(crate) ReportState);

/// A part of a name; one that shows nothing is none.
pub(crate) struct Named(pub(crate) Option<String>);

fields! {
    State: |value, place| text(value, place, |text| {
        ReportState::parse(text).map(State).ok_or(Invalid::NotOneOf(ReportState::VALUES))
    }),
    Named: |value, place| text(value, place, Named::parse),
}

impl Named {
    /// The longest, in code points.
    const MAX: usize = 128;

    fn parse(text: &str) -> Result<Self, Invalid> {
        if text.chars().count() > Self::MAX {
            return Err(Invalid::TooLong(Self::MAX));
        }
        Ok(Self((!is_blank(text)).then(|| text.trim().to_owned())))
    }
}

inline_schemas! {
    State: |_| json_schema!({ "enum": ["open", "closed"] })
}

requests!(ListAccounts, ListReports, ListAudit, SettleReport);

/// A page of what administrators list.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "{T}Page")]
pub(crate) struct Page<T, C> {
    /// What is on the page.
    items: Vec<T>,
    /// The `cursor` of the next page, if there is one.
    next_cursor: Option<C>,
}

/// How many items a page has.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PageSize(i64);

impl PageSize {
    const DEFAULT: i64 = 50;
    const MAX: i64 = 200;

    pub(crate) fn of(limit: Option<Count<1>>) -> Self {
        Self(limit.map_or(Self::DEFAULT, |limit| limit.0.min(Self::MAX)))
    }

    /// How many to read: one more than is shown, which says that there is a next page.
    pub(crate) fn read(self) -> i64 {
        self.0 + 1
    }
}

impl<T, C> Page<T, C> {
    /// Makes a page of what was read for it.
    pub(crate) fn of(mut items: Vec<T>, size: PageSize, cursor: impl Fn(&T) -> C) -> Self {
        let next_cursor = cut(&mut items, size.0).map(cursor);
        Self { items, next_cursor }
    }
}

/// An entry of the audit log, with the people in it.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ListedEntry {
    /// The entry.
    #[serde(flatten)]
    pub(crate) entry: AuditEntry,
    /// Who did it.
    actor: Option<Profile>,
    /// The user that it was done to, if it was one.
    target_user: Option<Profile>,
}

impl From<NamedEntry> for ListedEntry {
    fn from(NamedEntry { entry, actor, target_user }: NamedEntry) -> Self {
        Self { entry, actor, target_user }
    }
}
