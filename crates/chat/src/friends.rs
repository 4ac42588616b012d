//! Friends: asking, agreeing, turning down, parting, and finding people.

use domain::event::Event;
use domain::friendship::{Asking, Friendship, Stage, Which};
use domain::id::{RoomId, UserId};
use domain::time::Time;
use domain::user::Friend;
use persistence::Conn;
use persistence::error::Error as Stored;
use persistence::friends;
use persistence::users;

use crate::accounts::Me;
use crate::context::Chat;
use crate::error::{Error, Thing};
use crate::{presence, rooms};

/// What a request led to.
#[derive(Debug)]
pub struct Asked {
    /// Whether they are friends now, because the other had asked too.
    pub accepted: bool,
    /// The other, as the asker sees them.
    pub friend: Friend,
}

/// What a search looks for.
#[derive(Debug)]
pub enum Query {
    /// An exact e-mail address.
    Email(String),
    /// An exact username.
    Username(String),
}

/// Lists one's people.
pub async fn list(chat: &Chat, me: &Me, which: Which) -> Result<Vec<Friend>, Error> {
    let id = me.id;
    let people = chat.db.read(move |conn| friends::list(conn, id, which)).await?;
    Ok(if which == Which::Friends { presence::show_friends(chat, people) } else { people })
}

/// Finds one user who lets themselves be found.
pub async fn search(chat: &Chat, me: &Me, query: Query) -> Result<Friend, Error> {
    let id = me.id;
    chat.db
        .read(move |conn| {
            let (found, thing) = match query {
                Query::Email(email) => (users::by_email(conn, &email), Thing::UserWithEmail),
                Query::Username(name) => (users::by_username(conn, &name), Thing::User),
            };
            let profile = found.map_err(|e| Error::or_not_found(e, thing))?;
            Ok(friends::as_seen_by(conn, id, profile)?)
        })
        .await
}

/// Asks a user to be a friend; if they had asked too, both are friends.
pub async fn ask(chat: &Chat, me: &Me, other: UserId) -> Result<Asked, Error> {
    let (id, now) = (me.id, chat.now());
    let asking = chat.db.transaction(move |conn| {
        let between = friends::between(conn, id, other)?;
        let asking = Friendship::ask(between.as_ref(), id, other)?;
        find(conn, other)?;
        let (asker, asked, stage) = match asking {
            Asking::Asked => (id, other, Stage::Pending),
            Asking::Agreed => (other, id, Stage::Accepted),
        };
        put(conn, between, Friendship { asker, asked, stage }, now)?;
        Ok::<_, Error>(asking)
    });
    match asking.await? {
        Asking::Agreed => Ok(Asked { accepted: true, friend: befriend(chat, id, other).await? }),
        Asking::Asked => {
            let (friend, mine) = both_views(chat, id, other).await?;
            chat.live.publish(vec![Event::FriendRequested { friend: mine, to: other }]);
            Ok(Asked { accepted: false, friend })
        }
    }
}

/// Accepts a request.
pub async fn accept(chat: &Chat, me: &Me, asker: UserId) -> Result<Friend, Error> {
    let (id, now) = (me.id, chat.now());
    chat.db
        .transaction(move |conn| match friends::between(conn, id, asker)? {
            Some(between) if between.awaits(id) => {
                put(conn, Some(between), Friendship { stage: Stage::Accepted, ..between }, now)
            }
            _ => Err(Error::NotFound(Thing::FriendRequest)),
        })
        .await?;
    befriend(chat, id, asker).await
}

/// Turns a request down; does nothing if there is none.
pub async fn reject(chat: &Chat, me: &Me, asker: UserId) -> Result<(), Error> {
    // The asker is not told: nobody has to explain a no.
    part(chat, me, asker, (Stage::Rejected, &[me.id]), Friendship::awaits).await
}

/// Takes one's own request back; does nothing if there is none.
pub async fn cancel(chat: &Chat, me: &Me, asked: UserId) -> Result<(), Error> {
    let mine = |between: &Friendship, me| between.stage == Stage::Pending && between.asker == me;
    part(chat, me, asked, (Stage::Rejected, &[me.id, asked]), mine).await
}

/// Ends a friendship; does nothing if there is none. Rooms stay.
pub async fn remove(chat: &Chat, me: &Me, friend: UserId) -> Result<(), Error> {
    let were = |between: &Friendship, _| between.stage == Stage::Accepted;
    part(chat, me, friend, (Stage::Deleted, &[me.id, friend]), were).await
}

async fn part(
    chat: &Chat,
    me: &Me,
    other: UserId,
    (stage, told): (Stage, &[UserId]),
    may: fn(&Friendship, UserId) -> bool,
) -> Result<(), Error> {
    let (id, now) = (me.id, chat.now());
    let parted = chat.db.transaction(move |conn| match friends::between(conn, id, other)? {
        Some(between) if may(&between, id) => {
            put(conn, Some(between), Friendship { stage, ..between }, now)?;
            Ok::<_, Error>(true)
        }
        _ => Ok(false),
    });
    if parted.await? {
        let removed =
            |to: &UserId| Event::FriendRemoved { user: if *to == id { other } else { id }, to: *to };
        chat.live.publish(told.iter().map(removed).collect());
    }
    Ok(())
}

/// Stores what is between two users now; the transaction runs again if the other changed it in this moment.
fn put(conn: &mut Conn, before: Option<Friendship>, after: Friendship, at: Time) -> Result<(), Error> {
    friends::put(conn, before, after, at).map_err(|error| match error {
        Stored::Conflict => Error::Busy,
        other => other.into(),
    })
}

/// Gives two new friends their room and tells both; returns the other as `me` sees them.
async fn befriend(chat: &Chat, me: UserId, other: UserId) -> Result<Friend, Error> {
    let room: RoomId = rooms::direct(chat, me, other, None).await?;
    let (theirs, mine) = both_views(chat, me, other).await?;
    let shown = |friend: Friend| Friend {
        online: chat.live.online(friend.profile.id),
        chatroom_id: Some(room),
        ..friend
    };
    let (theirs, mine) = (shown(theirs), shown(mine));
    chat.live.publish(vec![
        Event::FriendAccepted { friend: mine, to: other },
        Event::FriendAccepted { friend: theirs.clone(), to: me },
    ]);
    Ok(theirs)
}

/// Returns the other as `me` sees them, and `me` as the other does.
async fn both_views(chat: &Chat, me: UserId, other: UserId) -> Result<(Friend, Friend), Error> {
    chat.db
        .read(move |conn| {
            let (theirs, mine) = (users::profile(conn, other)?, users::profile(conn, me)?);
            Ok((friends::as_seen_by(conn, me, theirs)?, friends::as_seen_by(conn, other, mine)?))
        })
        .await
        .map_err(|e| Error::or_not_found(e, Thing::User))
}

fn find(conn: &mut Conn, id: UserId) -> Result<(), Error> {
    users::find(conn, id).map(|_| ()).map_err(|e| Error::or_not_found(e, Thing::User))
}
