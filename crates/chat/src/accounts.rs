//! Accounts: how they are made, and signed in to.

use std::net::IpAddr;

use auth::password::Share;
use auth::secret::fingerprint;
use auth::throttle::Key;
use domain::text::{Email, Password, Username};
use domain::user::User;
use persistence::Conn;
use persistence::error::Error as Stored;
use persistence::users::{self, NewUser};

use crate::context::{Chat, RegistrationMode};
use crate::error::{Error, Refusal, Resource};

mod api_tokens;
mod authentication;
mod passwords;
mod restoring;
mod sessions;

pub use api_tokens::{NewToken, create_token, list_tokens, revoke_token};
pub use authentication::{AuthUser, authenticate, authenticate_cookie, of_session, still};
pub(crate) use passwords::confirm;
pub use passwords::{Client, change_password, sign_in};
pub(crate) use sessions::end;
pub use sessions::{SignedIn, end_here, end_one, end_revoked, list, refresh, sign_out};

/// What a new account is made of.
#[derive(Debug)]
pub struct Registration {
    /// The name to sign in with.
    pub username: Username,
    /// The password.
    pub password: Password,
    /// The address to be found by.
    pub email: Option<Email>,
    /// The operator's code, where one is needed.
    pub invite_code: Option<String>,
}

/// Makes an account, for somebody at this address.
pub async fn register(chat: &Chat, new: Registration, address: Option<IpAddr>) -> Result<User, Error> {
    let Registration { username, password, email, invite_code } = new;
    admit(chat, invite_code.as_deref(), address)?;
    let taken = Error::Refused(Refusal::UsernameTaken(username.to_string()));
    let name = username.clone();
    // Asked first, so that a taken name does not cost a hash.
    if chat.db.read(move |conn| users::username_taken(conn, &name)).await? {
        return Err(taken);
    }
    let counted: Vec<Key> = address.map(Key::registration).into_iter().collect();
    chat.throttle.attempt(&counted, chat.now()).map_err(Error::RateLimited)?;
    let made = insert(chat, username, password, email).await;
    if made.is_err() {
        chat.throttle.take_back(&counted);
    }
    made
}

/// Lets those register that the operator lets; a wrong invite code counts as a failed attempt of its address.
fn admit(chat: &Chat, invite_code: Option<&str>, address: Option<IpAddr>) -> Result<(), Error> {
    let wanted = match &chat.registration {
        RegistrationMode::Open => return Ok(()),
        RegistrationMode::Closed => return Err(Error::Refused(Refusal::RegistrationClosed)),
        RegistrationMode::Invite(code) => code,
    };
    let Some(given) = invite_code else { return Err(Error::Refused(Refusal::InviteRequired)) };
    let counted: Vec<Key> = address.map(Key::address).into_iter().collect();
    chat.throttle.attempt(&counted, chat.now()).map_err(Error::RateLimited)?;
    // Digests, so that the time of the comparison tells nothing of the code.
    if fingerprint(&[given.trim()]) != fingerprint(&[wanted]) {
        return Err(Error::Refused(Refusal::InviteRequired));
    }
    chat.throttle.succeeded(&counted);
    Ok(())
}

async fn insert(
    chat: &Chat,
    username: Username,
    password: Password,
    email: Option<Email>,
) -> Result<User, Error> {
    let hashed_password = chat.passwords.hash(password.into_string(), Share::Common).await?;
    let new = NewUser { username, email, hashed_password, at: chat.now() };
    chat.db.transaction(move |conn| store(conn, &new)).await
}

/// Stores an account, unless its name or its address is taken.
pub(crate) fn store(conn: &mut Conn, new: &NewUser) -> Result<User, Error> {
    match users::insert(conn, new) {
        Err(Stored::Conflict) if users::username_taken(conn, &new.username)? => {
            Err(Error::Refused(Refusal::UsernameTaken(new.username.to_string())))
        }
        Err(Stored::Conflict) => Err(Error::Refused(Refusal::EmailTaken)),
        other => Ok(other?),
    }
}

/// Returns one's own account.
pub async fn own(chat: &Chat, me: &AuthUser) -> Result<User, Error> {
    let id = me.id;
    chat.db.read(move |conn| users::find(conn, id).map_err(|e| Error::or_not_found(e, Resource::User))).await
}
