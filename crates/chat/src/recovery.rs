//! Socket.IO's connection state recovery, from the database: it works after a restart, and on every node.

use std::time::Duration;

use auth::secret::Secret;
use domain::id::RoomId;
use persistence::error::Error as Stored;
use persistence::recoveries::{self, NewRecovery};

pub use persistence::recoveries::Recovery;

use crate::accounts::AuthUser;
use crate::context::Chat;
use crate::error::Error;

/// How long a client can be away, at most.
const KEPT: Duration = Duration::from_hours(7 * 24);

/// The secret by which a client finds its connection again; a copy is the same one.
#[derive(Debug, Clone)]
pub struct Pid(Secret);

impl Pid {
    /// Reads what [`Pid::reveal`] wrote; anything else is `None`.
    pub fn parse(text: &str) -> Option<Self> {
        Secret::parse(text).map(Self)
    }

    /// Returns a number that identifies the secret and does not reveal it.
    pub fn number(&self) -> u64 {
        self.0.hash().iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
    }

    /// Returns the secret, for the client only.
    pub fn reveal(&self) -> String {
        self.0.reveal()
    }
}

/// Keeps a new client, and returns its Socket.IO name and the secret to find it again.
pub async fn begin(chat: &Chat, me: &AuthUser) -> Result<(String, Pid), Error> {
    let (sid, pid) = (Secret::generate()?.reveal(), Secret::generate()?);
    let kept = sid.clone();
    let (hash, session, now) = (pid.hash(), me.session, chat.now());
    let expired = now.before(KEPT);
    chat.db
        .transaction(move |conn| {
            let new = NewRecovery { pid_hash: &hash, session, sid: &kept, at: now };
            recoveries::insert(conn, new, expired).map_err(Error::from)
        })
        .await?;
    Ok((sid, Pid(pid)))
}

/// Returns the client with this secret, if it is one of this very session.
pub async fn find(chat: &Chat, me: &AuthUser, pid: &Pid) -> Result<Option<Recovery>, Error> {
    let (hash, session, user, now) = (pid.0.hash(), me.session, me.id, chat.now());
    let found = chat.db.transaction(move |conn| recoveries::find(conn, &hash, session, user, now));
    match found.await {
        Ok(recovery) => Ok(Some(recovery)),
        Err(Stored::NotFound) => Ok(None),
        Err(other) => Err(other.into()),
    }
}

/// Notes the rooms that a client has joined, for its next recovery.
pub async fn set_rooms(chat: &Chat, pid: &Pid, rooms: Vec<RoomId>) -> Result<(), Error> {
    let (hash, now) = (pid.0.hash(), chat.now());
    Ok(chat.db.transaction(move |conn| recoveries::set_rooms(conn, &hash, &rooms, now)).await?)
}
