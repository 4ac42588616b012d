//! Message requests: a stranger's one-to-one room is answered by who is written to.

use domain::event::Origin;
use domain::event_table::LogEntry;
use domain::id::RoomId;
use domain::message_request::RequestState;
use persistence::message_requests;

use crate::accounts::AuthUser;
use crate::context::Chat;
use crate::error::{Error, Resource};
use crate::log::{publish, record};
use crate::membership;

/// How a request is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Both may write from now on.
    Accept,
    /// Nothing changes for the other.
    Ignore,
}

/// Answers the request that a room is to oneself; one that was ignored may still be accepted.
pub async fn answer(
    chat: &Chat,
    me: &AuthUser,
    room: RoomId,
    answer: Answer,
    origin: Option<Origin>,
) -> Result<(), Error> {
    let viewer = chat.viewer(me.id);
    let answered = chat.db.transaction(move |conn| {
        let member = membership::find(conn, viewer, room)?;
        let state = message_requests::state(conn, &member)?.filter(|state| state.is_to_answer());
        let entries = match (answer, state.ok_or(Error::NotFound(Resource::MessageRequest))?) {
            (Answer::Accept, _) => message_requests::accept(conn, room)?,
            (Answer::Ignore, RequestState::Ignored) => Vec::new(),
            (Answer::Ignore, _) => {
                message_requests::ignore(conn, &member)?;
                vec![LogEntry::RequestChanged { to: member.user(), room }]
            }
        };
        Ok::<_, Error>(record(conn, &entries)?)
    });
    publish(chat, answered.await?, origin).await;
    Ok(())
}
