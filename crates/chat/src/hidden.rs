//! What is no longer there for a user: what they have hidden, and what is gone for everybody.

use domain::message::MessageSeq;
use persistence::hidden::{self, HiddenMessage};
use persistence::viewer::Viewer;
use persistence::{Conn, disappearing};

use crate::error::{Error, Resource};

/// Refuses what the user has hidden, and what is gone.
pub(crate) fn still_there(conn: &mut Conn, viewer: Viewer, message: MessageSeq) -> Result<(), Error> {
    let Viewer { user, now } = viewer;
    let is_there = disappearing::is_there(conn, message, now)?
        && !hidden::is_hidden(conn, HiddenMessage { user, message })?;
    if is_there { Ok(()) } else { Err(Error::NotFound(Resource::Message)) }
}
