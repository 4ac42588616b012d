//! Invites: a link by which whoever has it becomes a friend of the user who made it.

use auth::secret::Secret;
use domain::id::UserId;
use domain::user::Friend;
use persistence::error::Error as Stored;
use persistence::{Conn, blocks, friend_invites, friends, users};

use crate::accounts::AuthUser;
use crate::context::Chat;
use crate::error::{Error, Resource};
use crate::friends::{RequestOutcome, agree};

/// Returns the token of one's invite, made now if there is none.
pub async fn show(chat: &Chat, me: &AuthUser) -> Result<String, Error> {
    let (id, key) = (me.id, chat.key.clone());
    chat.db
        .transaction(move |conn| {
            let stored = friend_invites::find(conn, id)?;
            let number = stored.map_or(1, |invite| invite.number);
            let token = token(&key, id, number);
            // Another key makes another token, and the one before is void.
            if stored.is_none_or(|invite| invite.token_hash != token.hash()) {
                friend_invites::put(conn, id, number, &token.hash())?;
            }
            Ok::<_, Error>(token.reveal())
        })
        .await
}

/// Returns the token of a new invite; the one before is void.
pub async fn renew(chat: &Chat, me: &AuthUser) -> Result<String, Error> {
    let (id, key) = (me.id, chat.key.clone());
    chat.db
        .transaction(move |conn| {
            let number = friend_invites::find(conn, id)?.map_or(1, |invite| invite.number + 1);
            let token = token(&key, id, number);
            friend_invites::put(conn, id, number, &token.hash())?;
            Ok::<_, Error>(token.reveal())
        })
        .await
}

/// The token is derived, so that it can be shown again and the database has its hash alone.
fn token(key: &auth::keys::Key, user: UserId, number: i64) -> Secret {
    Secret::derived(key, &["invite", &user.to_string(), &number.to_string()])
}

/// Returns who made an invite.
pub async fn see(chat: &Chat, me: &AuthUser, token: &str) -> Result<Friend, Error> {
    let (id, hash) = (me.id, hash(token)?);
    chat.db
        .read(move |conn| {
            let inviter = inviter(conn, id, &hash)?;
            let profile = users::profile(conn, inviter)?;
            Ok(friends::as_seen_by(conn, id, profile)?)
        })
        .await
}

/// Becomes a friend of who made an invite.
pub async fn accept(chat: &Chat, me: &AuthUser, token: &str) -> Result<RequestOutcome, Error> {
    let (id, hash) = (me.id, hash(token)?);
    let inviter = chat.db.read(move |conn| inviter(conn, id, &hash)).await?;
    agree(chat, me, inviter).await
}

fn hash(token: &str) -> Result<[u8; 32], Error> {
    Secret::parse(token).map(|token| token.hash()).ok_or(Error::NotFound(Resource::Invite))
}

/// Finds who made an invite; who blocks the user is not there.
fn inviter(conn: &mut Conn, me: UserId, hash: &[u8; 32]) -> Result<UserId, Error> {
    let inviter = match friend_invites::inviter(conn, hash) {
        Ok(inviter) => inviter,
        Err(Stored::NotFound) => return Err(Error::NotFound(Resource::Invite)),
        Err(other) => return Err(other.into()),
    };
    if blocks::between(conn, me, inviter)?.others {
        return Err(Error::NotFound(Resource::Invite));
    }
    Ok(inviter)
}
