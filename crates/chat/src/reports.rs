//! Reports of users and messages, which an administrator reads.

use domain::id::UserId;
use domain::message::{Message, MessageRef};
use domain::report::{Report, ReportReason};
use domain::text::Body;
use persistence::error::Error as Stored;
use persistence::viewer::Viewer;
use persistence::{Conn, reports, users};

use crate::accounts::AuthUser;
use crate::context::Chat;
use crate::error::{Error, Refusal};
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
