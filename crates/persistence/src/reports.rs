//! Reports to the administrator.

use diesel::prelude::*;
use domain::id::UserId;
use domain::message::MessageSeq;
use domain::report::{Report, ReportReason};
use domain::text::Body;
use domain::time::Time;
use uuid::Uuid;

use crate::conn::Conn;
use crate::error::Error;
use crate::ids::room_id;
use crate::schema::reports;

/// Stores a report.
pub fn insert(conn: &mut Conn, report: &Report, at: Time) -> Result<(), Error> {
    let id = Uuid::now_v7();
    diesel::insert_into(reports::table)
        .values((
            reports::report_id.eq(id.as_bytes().as_slice()),
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
    reporter_id: i64,
    reported_id: i64,
    chatroom_id: Option<Vec<u8>>,
    seq: Option<i64>,
    reason: String,
    note: Option<String>,
    evidence: Option<String>,
    created_at: chrono::NaiveDateTime,
}

impl TryFrom<Row> for (Report, Time) {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        let unknown = || Error::Other(format!("no such reason: {}", row.reason).into());
        let reason = ReportReason::parse(&row.reason).ok_or_else(unknown)?;
        let room = row.chatroom_id.as_deref().map(room_id).transpose()?;
        let report = Report {
            reporter: UserId(row.reporter_id),
            reported: UserId(row.reported_id),
            message: room.zip(row.seq).map(|(room, seq)| MessageSeq { room, seq }),
            evidence: row.evidence,
            reason,
            note: row.note.map(Body::stored),
        };
        Ok((report, Time::from_naive(row.created_at)))
    }
}

/// Returns the newest reports, the last one first, each with its time.
pub fn newest(conn: &mut Conn, limit: i64) -> Result<Vec<(Report, Time)>, Error> {
    let rows: Vec<Row> = reports::table
        .order((reports::created_at.desc(), reports::report_id.desc()))
        .limit(limit)
        .select(Row::as_select())
        .load(conn)?;
    rows.into_iter().map(TryInto::try_into).collect()
}

/// Forgets what a user has noted in their reports.
pub fn forget_notes(conn: &mut Conn, reporter: UserId) -> Result<(), Error> {
    diesel::update(reports::table.filter(reports::reporter_id.eq(reporter.0)))
        .set(reports::note.eq(None::<&str>))
        .execute(conn)?;
    Ok(())
}
