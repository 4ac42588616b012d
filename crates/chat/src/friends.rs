//! Friends: requests, acceptance, rejection, ending, and search.

use domain::event_table::LogEntry;
use domain::friendship::{Asking, Friendship, FriendshipRefusal, Stage, Which};
use domain::id::UserId;
use domain::time::Time;
use domain::user::Friend;
use persistence::Conn;
use persistence::error::Error as Stored;
use persistence::rooms::NewRoom;
use persistence::{blocks, friends, message_requests, privacy, users};

use crate::accounts::AuthUser;
use crate::context::Chat;
use crate::error::{Error, Refusal, Resource};
use crate::log::{publish, record};
use crate::{presence, rooms};

/// What a friend request led to.
#[derive(Debug)]
pub struct RequestOutcome {
    /// Whether they are friends now, because the other had asked too.
    pub accepted: bool,
    /// The other, as the asker sees them.
    pub friend: Friend,
}

/// What to search for.
#[derive(Debug)]
pub enum Query {
    /// An exact e-mail address.
    Email(String),
    /// An exact username.
    Username(String),
}

/// Lists one's friends or requests.
pub async fn list(chat: &Chat, me: &AuthUser, which: Which) -> Result<Vec<Friend>, Error> {
    let id = me.id;
    let loaded = chat.db.read(move |conn| {
        Ok::<_, Stored>((friends::list(conn, id, which)?, privacy::presence_seen_by(conn, id)?))
    });
    let (people, seen) = loaded.await?;
    let shown =
        |friend| if which == Which::Friends { presence::show_friend(chat, friend, &seen) } else { friend };
    Ok(people.into_iter().map(shown).collect())
}

/// Finds one user who can be found; who blocks one, or is blocked, is as one who is not there.
pub async fn search(chat: &Chat, me: &AuthUser, query: Query) -> Result<Friend, Error> {
    let id = me.id;
    chat.db
        .read(move |conn| {
            let (found, resource) = match query {
                Query::Email(email) => (users::by_email(conn, &email), Resource::UserWithEmail),
                Query::Username(name) => (users::by_username(conn, &name), Resource::User),
            };
            let (profile, finders) = found.map_err(|e| Error::or_not_found(e, resource))?;
            let blocked = blocks::between(conn, id, profile.id)?.any();
            if blocked || !privacy::finds(conn, finders, id, profile.id)? {
                return Err(Error::NotFound(resource));
            }
            Ok(friends::as_seen_by(conn, id, profile)?)
        })
        .await
}

/// Asks a user to be a friend; if they had asked too, both are friends.
pub async fn ask(chat: &Chat, me: &AuthUser, other: UserId) -> Result<RequestOutcome, Error> {
    let (id, now) = (me.id, chat.now());
    let (room, most) = (rooms::direct_room(now, id, other, None), chat.limits.friend_requests);
    let asked = chat.db.transaction(move |conn| {
        // Requests at the same time are never too many.
        users::lock(conn, id)?;
        let between = friends::between(conn, id, other)?;
        let asking = Friendship::ask(between.as_ref(), id, other)?;
        find(conn, id, other)?;
        let friendship = match asking {
            Asking::Asked if friends::pending_count(conn, id)? >= i64::try_from(most).unwrap_or(i64::MAX) => {
                return Err(Error::Refused(Refusal::TooManyFriendRequests(most)));
            }
            Asking::Asked => Friendship { asker: id, asked: other, stage: Stage::Pending },
            Asking::Agreed => Friendship { asker: other, asked: id, stage: Stage::Accepted },
        };
        put(conn, between, friendship, now)?;
        crate::blocks::refuse(conn, id, other)?;
        let entries = match asking {
            Asking::Asked => vec![LogEntry::FriendRequested { to: other, user: id }],
            Asking::Agreed => befriend(conn, &room, id, other)?,
        };
        let (friend, seen) = (seen_by(conn, id, other)?, privacy::presence_seen_by(conn, id)?);
        Ok::<_, Error>((asking, (friend, seen), record(conn, &entries)?))
    });
    let (asking, (friend, seen), rows) = asked.await?;
    publish(chat, rows, None).await;
    let accepted = asking == Asking::Agreed;
    Ok(RequestOutcome {
        accepted,
        friend: if accepted { presence::show_friend(chat, friend, &seen) } else { friend },
    })
}

/// Makes the user a friend of one who wants it so.
pub(crate) async fn agree(chat: &Chat, me: &AuthUser, other: UserId) -> Result<RequestOutcome, Error> {
    let (id, now) = (me.id, chat.now());
    let room = rooms::direct_room(now, id, other, None);
    let agreed = chat.db.transaction(move |conn| {
        let between = friends::between(conn, id, other)?;
        match Friendship::ask(between.as_ref(), id, other) {
            Ok(_) | Err(FriendshipRefusal::AlreadyAsked) => {}
            Err(refusal) => return Err(refusal.into()),
        }
        put(conn, between, Friendship { asker: id, asked: other, stage: Stage::Accepted }, now)?;
        crate::blocks::refuse(conn, id, other)?;
        let entries = befriend(conn, &room, id, other)?;
        let (friend, seen) = (seen_by(conn, id, other)?, privacy::presence_seen_by(conn, id)?);
        Ok::<_, Error>(((friend, seen), record(conn, &entries)?))
    });
    let ((friend, seen), rows) = agreed.await?;
    publish(chat, rows, None).await;
    Ok(RequestOutcome { accepted: true, friend: presence::show_friend(chat, friend, &seen) })
}

/// Accepts a request.
pub async fn accept(chat: &Chat, me: &AuthUser, asker: UserId) -> Result<Friend, Error> {
    let (id, now) = (me.id, chat.now());
    let room = rooms::direct_room(now, id, asker, None);
    let accepted = chat.db.transaction(move |conn| match friends::between(conn, id, asker)? {
        Some(between) if between.awaits(id) => {
            put(conn, Some(between), Friendship { stage: Stage::Accepted, ..between }, now)?;
            crate::blocks::refuse(conn, id, asker)?;
            let entries = befriend(conn, &room, id, asker)?;
            let (friend, seen) = (seen_by(conn, id, asker)?, privacy::presence_seen_by(conn, id)?);
            Ok(((friend, seen), record(conn, &entries)?))
        }
        _ => Err(Error::NotFound(Resource::FriendRequest)),
    });
    let ((friend, seen), rows) = accepted.await?;
    publish(chat, rows, None).await;
    Ok(presence::show_friend(chat, friend, &seen))
}

/// Turns a request down; does nothing if there is none.
pub async fn reject(chat: &Chat, me: &AuthUser, asker: UserId) -> Result<(), Error> {
    // The asker gets no event of a rejection.
    part(chat, me, asker, Parting { stage: Stage::Rejected, other_learns: false, may: Friendship::awaits })
        .await
}

/// Takes one's own request back; does nothing if there is none.
pub async fn cancel(chat: &Chat, me: &AuthUser, asked: UserId) -> Result<(), Error> {
    let may = |between: &Friendship, me| between.stage == Stage::Pending && between.asker == me;
    part(chat, me, asked, Parting { stage: Stage::Rejected, other_learns: true, may }).await
}

/// Ends a friendship; does nothing if there is none. Rooms stay.
pub async fn remove(chat: &Chat, me: &AuthUser, friend: UserId) -> Result<(), Error> {
    let may = |between: &Friendship, _| between.stage == Stage::Accepted;
    part(chat, me, friend, Parting { stage: Stage::Deleted, other_learns: true, may }).await
}

/// How a friendship or a request ends.
struct Parting {
    stage: Stage,
    other_learns: bool,
    may: fn(&Friendship, UserId) -> bool,
}

async fn part(chat: &Chat, me: &AuthUser, other: UserId, parting: Parting) -> Result<(), Error> {
    let (id, now) = (me.id, chat.now());
    let Parting { stage, other_learns, may } = parting;
    let parted = chat.db.transaction(move |conn| match friends::between(conn, id, other)? {
        Some(between) if may(&between, id) => {
            put(conn, Some(between), Friendship { stage, ..between }, now)?;
            let mut entries = vec![LogEntry::FriendRemoved { to: id, user: other }];
            entries.extend(other_learns.then_some(LogEntry::FriendRemoved { to: other, user: id }));
            Ok::<_, Error>(record(conn, &entries)?)
        }
        _ => Ok(Vec::new()),
    });
    publish(chat, parted.await?, None).await;
    Ok(())
}

/// Makes two users friends, whatever was between them; returns the entries for both.
pub(crate) fn make_friends(
    conn: &mut Conn,
    me: UserId,
    other: UserId,
    at: Time,
) -> Result<Vec<LogEntry>, Error> {
    let between = friends::between(conn, me, other)?;
    put(conn, between, Friendship { asker: me, asked: other, stage: Stage::Accepted }, at)?;
    befriend(conn, &rooms::direct_room(at, me, other, None), me, other)
}

/// Stores what is between two users now; the transaction runs again if the other changed it in this moment.
fn put(conn: &mut Conn, before: Option<Friendship>, after: Friendship, at: Time) -> Result<(), Error> {
    friends::put(conn, before, after, at).map_err(|error| match error {
        Stored::Conflict => Error::Busy,
        other => other.into(),
    })
}

/// Gives two new friends their room, or accepts the request that it is; returns the entries for both.
fn befriend(conn: &mut Conn, room: &NewRoom, me: UserId, other: UserId) -> Result<Vec<LogEntry>, Error> {
    let (id, mut entries) = rooms::find_or_insert(conn, room)?;
    entries.extend(message_requests::accept(conn, id)?);
    entries.push(LogEntry::FriendAccepted { to: other, user: me });
    entries.push(LogEntry::FriendAccepted { to: me, user: other });
    Ok(entries)
}

fn seen_by(conn: &mut Conn, viewer: UserId, other: UserId) -> Result<Friend, Error> {
    let profile = users::profile(conn, other)?;
    Ok(friends::as_seen_by(conn, viewer, profile)?)
}

/// Fails alike for an account that is not there, and for one that a stranger does not find.
fn find(conn: &mut Conn, me: UserId, other: UserId) -> Result<(), Error> {
    if privacy::reachable(conn, me, &[other])?.is_empty() {
        Err(Error::NotFound(Resource::User))
    } else {
        Ok(())
    }
}
