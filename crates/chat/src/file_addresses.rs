//! Addresses that open a message's file without a token or cookie, as pages of other origins need them.

use auth::address::SignedAddress;
use chrono::TimeDelta;
use domain::id::{MediaId, SessionId, UserId};
use domain::media::Purpose;
use domain::time::Time;
use persistence::uploads;

use crate::accounts::{self, AuthUser};
use crate::context::Chat;
use crate::error::{Error, Resource};

/// How long an address opens a file.
const LIFETIME: TimeDelta = TimeDelta::minutes(15);

/// An address that opens a file for a short time.
#[derive(Debug)]
pub struct FileAddress {
    /// The address on this server, with its query.
    pub path: String,
    /// When it ends.
    pub expires_at: Time,
}

/// What the query of such an address has.
#[derive(Debug)]
pub struct Proof {
    /// The user who asked for the address.
    pub user: UserId,
    /// The session in which they did.
    pub session: SessionId,
    /// When it ends, in microseconds since 1970.
    pub expires: i64,
    /// The signature.
    pub signature: String,
}

/// Makes an address for a file that the user may read.
pub async fn make(chat: &Chat, me: &AuthUser, id: MediaId) -> Result<FileAddress, Error> {
    let reader = chat.viewer(me.id);
    let found = chat.db.read(move |conn| uploads::readable_by(conn, id, reader)).await;
    let name = found.map_err(|error| Error::or_not_found(error, Resource::File))?.stored_name;
    Ok(sign(chat, me, (Purpose::Message, &name), chat.now() + LIFETIME))
}

/// Signs an address of a file for a session.
pub(crate) fn sign(
    chat: &Chat,
    me: &AuthUser,
    (purpose, name): (Purpose, &str),
    expires_at: Time,
) -> FileAddress {
    let (user, session, expires) = (me.id, me.session, expires_at.unix_micros());
    let signature = SignedAddress { name, user, session, expires }.signature(&chat.key);
    let folder = purpose.folder();
    let path =
        format!("/static/{folder}/{name}?user={}&session={session}&exp={expires}&sig={signature}", user.0);
    FileAddress { path, expires_at }
}

/// Returns who asked for an address of this file, if it is in force and their session, too; whether they may still
/// read the file is another question.
pub async fn authenticate(chat: &Chat, name: &str, proof: &Proof) -> Result<AuthUser, Error> {
    let Proof { user, session, expires, signature } = proof;
    let signed = SignedAddress { name, user: *user, session: *session, expires: *expires };
    if !signed.is_signed_by(&chat.key, signature) || chat.now().unix_micros() >= *expires {
        return Err(Error::Unauthenticated);
    }
    accounts::of_session(chat, *session, *user).await
}
