//! Reports to the administrators.

use std::collections::HashMap;

use diesel::prelude::*;
use domain::id::{ReportId, UserId};
use domain::report::{ReceivedReport, Report, ReportReason, ReportState};
use domain::text::Body;
use domain::time::Time;
use domain::user::Profile;

use crate::admins::Admin;
use crate::conn::{Conn, MultiBackend};
use crate::error::Error;
use crate::ids::{report_id, room_id};
use crate::schema::reports;
use crate::users;

/// Stores a report.
pub fn insert(conn: &mut Conn, report: &Report, at: Time) -> Result<(), Error> {
    let id = ReportId::generate();
    diesel::insert_into(reports::table)
        .values((
            reports::report_id.eq(id.bytes()),
            reports::reporter_id.eq(report.reporter.0),
            reports::reported_id.eq(report.reported.0),
            reports::chatroom_id.eq(report.message.as_ref().map(|message| message.room.bytes())),
            reports::seq.eq(report.message.map(|message| message.seq)),
            reports::reason.eq(report.reason.as_str()),
            reports::note.eq(report.note.as_ref().map(Body::as_str)),
            reports::evidence.eq(report.evidence.as_deref()),
            reports::created_at.eq(at.naive()),
        ))
        .execute(conn)?;
    Ok(())
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = reports)]
struct Row {
    report_id: Vec<u8>,
    reporter_id: i64,
    reported_id: i64,
    chatroom_id: Option<Vec<u8>>,
    seq: Option<i64>,
    reason: String,
    note: Option<String>,
    evidence: Option<String>,
    created_at: chrono::NaiveDateTime,
    closed_at: Option<chrono::NaiveDateTime>,
    closed_by: Option<i64>,
    admin_note: Option<String>,
}

impl Row {
    fn received(self, people: &HashMap<UserId, Profile>) -> Result<ReceivedReport, Error> {
        let unknown = || Error::Other(format!("no such reason: {}", self.reason).into());
        let person = |id| people.get(&UserId(id)).cloned().ok_or(Error::NotFound);
        Ok(ReceivedReport {
            report_id: report_id(&self.report_id)?,
            state: if self.closed_at.is_some() { ReportState::Closed } else { ReportState::Open },
            reporter: person(self.reporter_id)?,
            reported: person(self.reported_id)?,
            chatroom_id: self.chatroom_id.as_deref().map(room_id).transpose()?,
            seq: self.seq,
            reason: ReportReason::parse(&self.reason).ok_or_else(unknown)?,
            evidence: self.evidence,
            note: self.note,
            created_at: Time::from_naive(self.created_at),
            closed_at: self.closed_at.map(Time::from_naive),
            closed_by: self.closed_by.map(UserId),
            admin_note: self.admin_note,
        })
    }
}

fn received(conn: &mut Conn, rows: Vec<Row>) -> Result<Vec<ReceivedReport>, Error> {
    let people = rows.iter().flat_map(|row| [UserId(row.reporter_id), UserId(row.reported_id)]);
    let people = users::all_shown(conn, &people.collect())?;
    rows.into_iter().map(|row| row.received(&people)).collect()
}

/// Returns the next reports before one, the last made first; all states if none is given.
pub fn page(
    conn: &mut Conn,
    _: &Admin,
    (state, before): (Option<ReportState>, Option<ReportId>),
    limit: i64,
) -> Result<Vec<ReceivedReport>, Error> {
    let mut found = reports::table.into_boxed::<MultiBackend>();
    if let Some(before) = before {
        found = found.filter(reports::report_id.lt(before.bytes().to_vec()));
    }
    found = match state {
        Some(ReportState::Open) => found.filter(reports::closed_at.is_null()),
        Some(ReportState::Closed) => found.filter(reports::closed_at.is_not_null()),
        None => found,
    };
    let rows = found.order(reports::report_id.desc()).limit(limit).select(Row::as_select()).load(conn)?;
    received(conn, rows)
}

/// Stores whether a report waits, and what administrators note of it; who closed it before stays who did.
pub fn settle(
    conn: &mut Conn,
    admin: &Admin,
    (report, state): (ReportId, ReportState),
    note: Option<&Body>,
    at: Time,
) -> Result<ReceivedReport, Error> {
    let row = reports::table.find(report.bytes());
    diesel::update(row).set(reports::admin_note.eq(note.map(Body::as_str))).execute(conn)?;
    match state {
        ReportState::Open => {
            let nobody =
                (reports::closed_at.eq(None::<chrono::NaiveDateTime>), reports::closed_by.eq(None::<i64>));
            diesel::update(row).set(nobody).execute(conn)?
        }
        ReportState::Closed => {
            let admin = (reports::closed_at.eq(at.naive()), reports::closed_by.eq(admin.user().0));
            diesel::update(row.filter(reports::closed_at.is_null())).set(admin).execute(conn)?
        }
    };
    let row = row.select(Row::as_select()).first(conn)?;
    received(conn, vec![row])?.pop().ok_or(Error::NotFound)
}

/// Forgets what a user has noted in their reports.
pub fn forget_notes(conn: &mut Conn, reporter: UserId) -> Result<(), Error> {
    diesel::update(reports::table.filter(reports::reporter_id.eq(reporter.0)))
        .set(reports::note.eq(None::<&str>))
        .execute(conn)?;
    Ok(())
}
