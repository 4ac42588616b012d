//! Bots: accounts that programs act as, by tokens that their owner makes.

use domain::audit::AuditAction;
use domain::id::UserId;
use domain::text::{Nickname, Username};
use domain::user::{Changes, User};
use persistence::account_deletions::Deletion;
use persistence::error::Error as Stored;
use persistence::users::{self, NewUser};
use persistence::{Conn, bots};

use crate::account_deletions;
use crate::accounts::{self, AuthUser};
use crate::audit::{self, Actor, Audited};
use crate::context::Chat;
use crate::error::{Error, Refusal, Resource};
use crate::friends::make_friends;
use crate::log::{publish, record};
use crate::profiles;

/// Makes a bot, which is a friend of its owner from the start; nobody can sign in as it.
pub async fn create(
    chat: &Chat,
    me: &AuthUser,
    username: Username,
    nickname: Option<Nickname>,
) -> Result<User, Error> {
    let (owner, at, actor, most) = (me.id, chat.now(), Actor::from(me), chat.limits.bots);
    // What is no hash is no password's.
    let new = NewUser { username, email: None, hashed_password: String::new(), at };
    let made = chat.db.transaction(move |conn| {
        // Makers of bots for one user wait for each other, so that each counts those of the others.
        users::lock(conn, owner)?;
        if bots::ids(conn, owner)?.len() >= most {
            return Err(Error::Refused(Refusal::TooManyBots(most)));
        }
        let bot = accounts::store(conn, &new)?.id;
        bots::mark(conn, bot)?;
        bots::insert(conn, owner, bot)?;
        let changes = Changes { nickname: nickname.clone(), ..Changes::default() };
        let user = users::update(conn, bot, &changes, at)?;
        let entries = make_friends(conn, owner, bot, at)?;
        audit::append(conn, at, &actor, [Audited::to(AuditAction::BotCreated, &bot)])?;
        Ok((user, record(conn, &entries)?))
    });
    let (user, rows) = made.await?;
    publish(chat, rows, None).await;
    Ok(user)
}

/// Lists one's bots, the first made first.
pub async fn list(chat: &Chat, me: &AuthUser) -> Result<Vec<User>, Error> {
    let owner = me.id;
    Ok(chat.db.read(move |conn| bots::list(conn, owner)).await?)
}

/// Changes the profile of one of one's bots.
pub async fn change(chat: &Chat, me: &AuthUser, bot: UserId, changes: Changes) -> Result<User, Error> {
    let owner = me.id;
    chat.db.read(move |conn| find(conn, owner, bot)).await?;
    profiles::set(chat, bot, changes).await
}

/// Deletes one of one's bots; its messages stay for their readers.
pub async fn delete(chat: &Chat, me: &AuthUser, bot: UserId) -> Result<(), Error> {
    let (owner, now) = (me.id, chat.now());
    let one = move |conn: &mut Conn| {
        let user = find(conn, owner, bot)?.id;
        Ok(vec![Deletion { user, purge_at: now, erase_messages: false }])
    };
    account_deletions::close(chat, me, one, Audited::to(AuditAction::BotDeleted, &bot)).await
}

/// Finds a bot of a user; anybody else's is as one that is not there.
pub(crate) fn find(conn: &mut Conn, owner: UserId, bot: UserId) -> Result<User, Error> {
    bots::find(conn, owner, bot).map_err(|error: Stored| Error::or_not_found(error, Resource::Bot))
}
