//! People with sign-ins, friends in pairs, and groups: written straight into the database.

use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, SystemTime};

use auth::keys::Key;
use auth::secret::Secret;
use auth::token::{self, Tokens};
use domain::friendship::{Friendship, Stage};
use domain::id::{RoomId, SessionId, UserId};
use domain::room::{RoomKind, direct_key};
use domain::text::Username;
use domain::time::Time;
use persistence::db::Db;
use persistence::error::Error;
use persistence::messages::{NewMessage, write_batch};
use persistence::rooms::{self, NewRoom};
use persistence::sessions::{self, NewSession, SecretHashes};
use persistence::users::{self, NewUser};
use persistence::{Conn, friends};
use testdb::base;
use uuid::Uuid;

use crate::Failure;
use crate::server::SECRET_KEY;

/// How long the tokens are good for.
const LIFETIME: Duration = Duration::from_hours(24 * 7);

/// How many rows are written in one transaction.
const CHUNK: usize = 100;

/// The groups there are, by their size.
const GROUPS: [usize; 2] = [100, 1_000];

/// Somebody who is signed in.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub(crate) id: UserId,
    pub(crate) token: String,
}

/// Returns the room that persons 2k and 2k+1, counted from 0, share.
pub(crate) fn pair_room(k: usize) -> RoomId {
    numbered(0x0000_0000_0000_4000_8001_0000_0000_0000, k)
}

/// Returns the group of the first `members` persons.
pub(crate) fn group(members: usize) -> RoomId {
    numbered(0x0000_0000_0000_4000_8002_0000_0000_0000, members)
}

/// Returns one of the rooms of so many; the k-th has the persons from `size * k`, counted from 0.
pub(crate) fn circle(size: usize, k: usize) -> RoomId {
    numbered(0x0000_0000_0000_4000_8003_0000_0000_0000, size * 1_000_000 + k)
}

fn numbered(base: u128, number: usize) -> RoomId {
    RoomId(Uuid::from_u128(base + u128::try_from(number).unwrap_or_default()))
}

/// Writes the people and their rooms; people who are there already get new sign-ins.
pub(crate) async fn people(db: &Db, count: usize) -> Result<Vec<Person>, Failure> {
    let tokens = Tokens::new(
        &Key::from_secret(SECRET_KEY.as_bytes())?,
        token::Config { lifetime: LIFETIME, ..token::Config::default() },
    );
    let at = now()?;
    let mut people = Vec::with_capacity(count);
    for start in (0..count).step_by(CHUNK) {
        let secrets =
            (0..CHUNK).map(|_| Secret::generate()).collect::<Result<Vec<_>, auth::error::Error>>()?;
        let end = count.min(start + CHUNK);
        let signed = db.transaction(move |conn| {
            (start..end).zip(&secrets).map(|(number, secret)| sign_in(conn, number, secret, at)).collect()
        });
        let signed: Vec<(UserId, String, SessionId)> = signed.await?;
        for (id, name, session) in signed {
            people.push(Person { id, token: tokens.mint(id, &name, session)? });
        }
    }
    let ids: Vec<UserId> = people.iter().map(|person| person.id).collect();
    for (k, pair) in ids.chunks_exact(2).enumerate() {
        let &[one, other] = pair else { continue };
        db.transaction(move |conn| befriend(conn, k, (one, other), at)).await?;
    }
    for size in GROUPS {
        if let Some(members) = ids.get(..size) {
            open(db, group(size), members.to_vec(), at).await?;
        }
    }
    Ok(people)
}

/// Opens rooms of `size` for as many people as are given; one that is there already stays.
pub(crate) async fn circles(db: &Db, people: &[Person], size: usize) -> Result<(), Failure> {
    let at = now()?;
    for (k, members) in people.chunks_exact(size).enumerate() {
        open(db, circle(size, k), members.iter().map(|person| person.id).collect(), at).await?;
    }
    Ok(())
}

/// Puts the first person into so many groups of three, each with a message.
pub(crate) async fn many_rooms(db: &Db, people: &[Person], rooms: usize) -> Result<(), Failure> {
    let (at, first) = (now()?, people.first().ok_or("nobody is there")?.id);
    let mut new = Vec::with_capacity(rooms);
    for (k, others) in people.get(1..).unwrap_or_default().windows(2).take(rooms).enumerate() {
        let room = numbered(0x0000_0000_0000_4000_8004_0000_0000_0000, k);
        let members = std::iter::once(first).chain(others.iter().map(|person| person.id));
        open(db, room, members.collect(), at).await?;
        new.push(text(room, others.first().map_or(first, |person| person.id), k, at));
    }
    write(db, new).await
}

fn sign_in(
    conn: &mut Conn,
    number: usize,
    secret: &Secret,
    at: Time,
) -> Result<(UserId, String, SessionId), Error> {
    let name = format!("測試者{:05}", number + 1);
    let id = if let Some(known) = users::credentials(conn, &name)? {
        known.id
    } else {
        let username = Username::parse(&name).map_err(|error| Error::Other(format!("{error:?}").into()))?;
        // Nobody signs in with a password here.
        users::insert(conn, &NewUser { username, email: None, hashed_password: "*".to_owned(), at })?.id
    };
    let session = SessionId(Uuid::new_v4());
    let expires_at = later(at, LIFETIME);
    let secret = SecretHashes { secret: secret.hash(), family: secret.family_hash() };
    sessions::insert(conn, &NewSession { id: session, user: id, secret, user_agent: None, at, expires_at })?;
    Ok((id, name, session))
}

fn befriend(conn: &mut Conn, k: usize, (one, other): (UserId, UserId), at: Time) -> Result<(), Error> {
    let room = NewRoom {
        id: pair_room(k),
        kind: RoomKind::Direct,
        name: None,
        direct_key: Some(direct_key(one, other)),
        creator: one,
        members: vec![one, other],
        at,
    };
    if rooms::by_direct_key(conn, &direct_key(one, other))?.is_none() {
        rooms::insert(conn, &room)?;
    }
    friends::put(conn, None, Friendship { asker: one, asked: other, stage: Stage::Accepted }, at)
}

async fn open(db: &Db, id: RoomId, members: Vec<UserId>, at: Time) -> Result<(), Failure> {
    let creator = members.first().copied().ok_or("a group needs members")?;
    let room = NewRoom { id, kind: RoomKind::Group, name: None, direct_key: None, creator, members, at };
    let made = db.transaction(move |conn| match rooms::last_seq(conn, room.id) {
        Err(Error::NotFound) => rooms::insert(conn, &room),
        other => other.map(|_| ()),
    });
    Ok(made.await?)
}

/// Gives each of the first `rooms` pairs a history of `each` messages.
pub(crate) async fn history(db: &Db, people: &[Person], rooms: usize, each: usize) -> Result<(), Failure> {
    let at = now()?;
    let mut new = Vec::with_capacity(rooms * each);
    for (k, pair) in people.chunks_exact(2).take(rooms).enumerate() {
        for (number, person) in pair.iter().cycle().take(each).enumerate() {
            new.push(text(pair_room(k), person.id, number, at));
        }
    }
    write(db, new).await
}

fn text(room: RoomId, sender: UserId, number: usize, at: Time) -> NewMessage {
    let text = format!("第 {number} 則訊息：明天下午三點在車站見，記得帶傘，也別忘了相機。");
    NewMessage { at, ..base::text(room, sender, &text) }
}

/// Returns a message that somebody says now.
pub(crate) fn says(room: RoomId, sender: UserId, text: &str) -> Result<NewMessage, Failure> {
    Ok(NewMessage { at: now()?, ..base::text(room, sender, text) })
}

/// Writes messages in their order.
pub(crate) async fn write(db: &Db, new: Vec<NewMessage>) -> Result<(), Failure> {
    let db = db.clone();
    tokio::task::spawn_blocking(move || {
        for batch in new.chunks(CHUNK) {
            for outcome in db.write_blocking(|conn| write_batch(conn, batch))?.outcomes {
                outcome?;
            }
        }
        Ok(())
    })
    .await?
}

/// Writes `user_id TAB token` lines.
pub(crate) fn write_tokens(path: &Path, people: &[Person]) -> Result<(), Failure> {
    let mut file = std::io::BufWriter::new(std::fs::File::create(path)?);
    for person in people {
        writeln!(file, "{}\t{}", person.id, person.token)?;
    }
    Ok(file.flush()?)
}

fn now() -> Result<Time, Failure> {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
    Ok(Time::parse(&since.as_secs().to_string()).ok_or("the clock is outside the calendar")?)
}

fn later(at: Time, by: Duration) -> Time {
    let seconds = at.unix_seconds().saturating_add_unsigned(by.as_secs());
    Time::parse(&seconds.to_string()).unwrap_or(at)
}
