//! What a user has hidden, which is no longer there for them.

use domain::id::UserId;
use domain::message::MessageSeq;
use persistence::Conn;
use persistence::hidden::{self, HiddenMessage};

use crate::error::{Error, Resource};

/// Refuses what the user has hidden.
pub(crate) fn still_there(conn: &mut Conn, user: UserId, message: MessageSeq) -> Result<(), Error> {
    let hidden = hidden::is_hidden(conn, HiddenMessage { user, message })?;
    if hidden { Err(Error::NotFound(Resource::Message)) } else { Ok(()) }
}
