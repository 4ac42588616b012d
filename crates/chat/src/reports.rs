//! Reports of users and messages, which administrators read and close.

use domain::audit::AuditAction;
use domain::id::{ReportId, UserId};
use domain::message::{Message, MessageRef};
use domain::report::{ReceivedReport, Report, ReportReason, ReportState};
use domain::text::Body;
use persistence::error::Error as Stored;
use persistence::viewer::Viewer;
use persistence::{Conn, reports, users};

use crate::accounts::AuthUser;
use crate::admins::{self, AdminUser, prove};
use crate::audit::{self, Actor, Audited};
use crate::context::Chat;
use crate::error::{Error, Refusal, Resource};
use crate::{hidden, membership};

/// What is reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reported {
    /// A user.
    User(UserId),
    /// A message of a room that the reporter is in.
    Message(MessageRef),
}

/// Reports a user or a message; of a message, what it says now is kept.
///
/// Reporting who is not there is answered as any report, so that it tells nobody who is.
pub async fn report(
    chat: &Chat,
    me: &AuthUser,
    reported: Reported,
    reason: ReportReason,
    note: Option<Body>,
) -> Result<(), Error> {
    let viewer = chat.viewer(me.id);
    let Viewer { user: id, now } = viewer;
    chat.db
        .transaction(move |conn| {
            let (user, message) = match reported {
                Reported::User(user) => (user, None),
                Reported::Message(message) => {
                    let found = find(conn, viewer, message)?;
                    (found.sender, Some(found))
                }
            };
            if user == id {
                return Err(Error::Refused(Refusal::ReportsOneself));
            }
            match users::find(conn, user) {
                Err(Stored::NotFound) if message.is_none() => return Ok(()),
                Ok(_) | Err(Stored::NotFound) => {}
                Err(other) => return Err(other.into()),
            }
            let report = Report {
                reporter: id,
                reported: user,
                message: message.as_ref().map(Message::at),
                evidence: message.as_ref().map(evidence),
                reason,
                note: note.clone(),
            };
            Ok(reports::insert(conn, &report, now)?)
        })
        .await
}

/// Finds a message that the reporter sees.
fn find(conn: &mut Conn, viewer: Viewer, MessageRef { room, message }: MessageRef) -> Result<Message, Error> {
    let member = membership::find(conn, viewer, room)?;
    hidden::load(conn, &member, message)
}

fn evidence(message: &Message) -> String {
    match &message.caption {
        Some(caption) => format!("{}\n{caption}", message.content),
        None => message.content.clone(),
    }
}

/// Lists the reports before one, the last made first; of all states if none is given.
pub async fn list(
    chat: &Chat,
    me: &AdminUser,
    state: Option<ReportState>,
    before: Option<ReportId>,
    limit: i64,
) -> Result<Vec<ReceivedReport>, Error> {
    admins::read(chat, me, AuditAction::ReportsRead, move |conn, admin| {
        reports::page(conn, admin, (state, before), limit)
    })
    .await
}

/// Closes a report or opens it again, with what administrators note of it.
pub async fn settle(
    chat: &Chat,
    me: &AdminUser,
    report: ReportId,
    state: ReportState,
    note: Option<Body>,
) -> Result<ReceivedReport, Error> {
    let (user, at, actor) = (me.id(), chat.now(), Actor::from(me));
    let action = match state {
        ReportState::Open => AuditAction::ReportOpened,
        ReportState::Closed => AuditAction::ReportClosed,
    };
    let settled = chat.db.transaction(move |conn| {
        let admin = prove(conn, user)?;
        let settled = reports::settle(conn, &admin, (report, state), note.as_ref(), at);
        let settled = settled.map_err(|error| Error::or_not_found(error, Resource::Report))?;
        audit::append(conn, at, &actor, [Audited::to(action, &report)])?;
        Ok(settled)
    });
    settled.await
}
