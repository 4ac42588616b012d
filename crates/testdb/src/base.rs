//! The product's database with accounts, rooms and messages in it, for tests of what is built on it.

use std::path::Path;
use std::sync::OnceLock;

use domain::extras::Extras;
use domain::id::{RoomId, UserId};
use domain::message::{ClientKey, Content, Message, MessageSeq};
use domain::page::{Anchor, Page};
use domain::room::RoomKind;
use domain::text::{Body, Username};
use domain::time::Time;
use persistence::Conn;
use persistence::db::{Config, Db};
use persistence::error::Error;
use persistence::members::{self, RoomMember};
use persistence::messages::{self, Batch, NewMessage, Written, write_batch};
use persistence::receipts;
use persistence::rooms::{self, NewRoom};
use persistence::users::{self, NewUser};

use crate::database::{Backend, TestDb, key_of};

/// Makes two tests of each scenario, `sqlite` and `mariadb`; `TEST_BACKEND` skips one of them.
#[macro_export]
macro_rules! on_each_database {
    ($(async fn $name:ident($base:ident: &Base) $scenario:block)*) => {$(
        mod $name {
            use super::*;

            async fn scenario($base: &Base) $scenario

            #[test]
            fn sqlite() {
                $crate::base::run($crate::Backend::Sqlite, async |base| scenario(base).await);
            }

            #[test]
            fn mariadb() {
                $crate::base::run($crate::Backend::MariaDb, async |base| scenario(base).await);
            }
        }
    )*};
}

pub use persistence::viewer::{NOBODY, Viewer};

/// The most messages that the server writes in one batch.
const BATCH_MAX: usize = 128;

/// A database with this version's schema, opened by one server.
pub struct Base {
    /// The open database.
    pub db: Db,
    second: OnceLock<Db>,
    // Last, so that it is dropped when nothing uses it.
    test: TestDb,
}

/// Runs a scenario on a database of its own.
pub fn run(backend: Backend, scenario: impl AsyncFnOnce(&Base)) {
    if !backend.is_wanted() {
        return;
    }
    // Opened and dropped outside the runtime, as the server does it: a connection has a runtime of its own.
    let test = migrated(backend);
    let base = Base { db: open(test.url()), second: OnceLock::new(), test };
    block_on(scenario(&base));
}

/// Makes a database that has this version's schema.
pub fn migrated(backend: Backend) -> TestDb {
    static KEY: OnceLock<String> = OnceLock::new();
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let (migrations, upgrades) = (crates.join("../migrations"), crates.join("persistence/src/upgrade.rs"));
    let key = KEY.get_or_init(|| key_of(&migrations, &[&upgrades]));
    TestDb::migrated(backend, key, |url| {
        // On a thread of its own, so that it can block wherever it is called.
        let migrated = std::thread::scope(|scope| scope.spawn(|| persistence::migrate::up(url)).join());
        assert!(matches!(migrated, Ok(Ok(_))), "cannot migrate {url}: {migrated:?}");
    })
}

/// Runs a future to its end.
pub fn block_on<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    expect("start a runtime", runtime).block_on(work)
}

/// Opens a database as a server does.
pub fn open(url: &str) -> Db {
    expect("open the database", Db::open(&Config { url: url.to_owned(), connections: 4 }))
}

impl Base {
    /// Returns the same database as a second server has it open.
    pub fn second_server(&self) -> &Db {
        self.second.get_or_init(|| {
            let opened = std::thread::scope(|scope| scope.spawn(|| open(self.test.url())).join());
            opened.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    }

    /// Runs `work` in a transaction.
    pub async fn write<T: Send + 'static>(
        &self,
        work: impl Fn(&mut Conn) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        self.db.transaction(work).await
    }

    /// Runs queries that must succeed.
    pub async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Conn) -> Result<T, Error> + Send + 'static,
    ) -> T {
        expect("read", self.db.read(work).await)
    }

    /// Makes an account.
    pub async fn user(&self, name: &str) -> UserId {
        let new = new_user(name);
        expect("make an account", self.write(move |conn| users::insert(conn, &new)).await).id
    }

    /// Makes two accounts.
    pub async fn two(&self) -> (UserId, UserId) {
        (self.user("愛麗絲").await, self.user("小明").await)
    }

    /// Makes a group.
    pub async fn room(&self, members: &[UserId]) -> RoomId {
        let new = new_group(members);
        let id = new.id;
        expect("make a room", self.write(move |conn| rooms::insert(conn, &new)).await);
        id
    }

    /// Writes messages in batches of the server's size, and returns their outcomes.
    pub async fn send(&self, messages: impl IntoIterator<Item = NewMessage>) -> Vec<Result<Written, Error>> {
        let messages: Vec<NewMessage> = messages.into_iter().collect();
        let mut outcomes = Vec::with_capacity(messages.len());
        for batch in messages.chunks(BATCH_MAX) {
            outcomes.extend(expect("write a batch", send(&self.db, batch).await).outcomes);
        }
        outcomes
    }

    /// Writes messages, all of which must be stored, and returns them.
    pub async fn sent(&self, messages: impl IntoIterator<Item = NewMessage>) -> Vec<Message> {
        stored(self.send(messages).await)
    }

    /// Returns a page of a room's history as its first member has it.
    pub async fn page(&self, room: RoomId, anchor: Anchor, limit: i64) -> Vec<Message> {
        let page = Page { anchor, limit };
        self.read(move |conn| {
            let members = receipts::whole(conn, room)?;
            let first = members.iter().map(|member| member.user).min().ok_or(Error::NotFound)?;
            let first = member(conn, first, room)?;
            messages::page(conn, &first, page)
        })
        .await
    }

    /// Returns the newest messages of a room that a user has.
    pub async fn newest_for(&self, viewer: UserId, room: RoomId, limit: i64) -> Vec<Message> {
        let page = Page { anchor: Anchor::Newest, limit };
        self.read(as_member(viewer, room, move |conn, member| messages::page(conn, member, page))).await
    }

    /// Returns all messages of a room.
    pub async fn history(&self, room: RoomId) -> Vec<Message> {
        self.page(room, Anchor::Newest, 1_000_000).await
    }
}

/// Writes messages in one batch.
pub async fn send(db: &Db, messages: &[NewMessage]) -> Result<Batch, Error> {
    let (db, messages) = (db.clone(), messages.to_vec());
    let written = tokio::task::spawn_blocking(move || db.write_blocking(|conn| write_batch(conn, &messages)));
    expect("write on a blocking thread", written.await)
}

/// Returns the messages of outcomes that must be good.
pub fn stored(outcomes: Vec<Result<Written, Error>>) -> Vec<Message> {
    outcomes.into_iter().map(|outcome| expect("store a message", outcome).message).collect()
}

/// A text that is not sent yet.
pub fn text(room: RoomId, sender: UserId, text: &str) -> NewMessage {
    let Ok(body) = Body::parse(text, Body::MAX) else { panic!("{text:?} is no message") };
    let content = Content::Text(body);
    NewMessage {
        room,
        sender,
        content,
        media: None,
        key: None,
        reply_to: None,
        extras: Extras::default(),
        at: moment(1),
    }
}

/// A text that its sender gave a key.
pub fn keyed(room: RoomId, sender: UserId, content: &str, key: &str) -> NewMessage {
    NewMessage { key: Some(ClientKey::Named(key.to_owned())), ..text(room, sender, content) }
}

/// An account that is not made yet.
pub fn new_user(name: &str) -> NewUser {
    let Ok(username) = Username::parse(name) else { panic!("{name:?} is no username") };
    NewUser { username, email: None, hashed_password: "$2b$".to_owned(), at: moment(0) }
}

/// A group that is not made yet; its first member makes it.
pub fn new_group(members: &[UserId]) -> NewRoom {
    NewRoom {
        id: RoomId::generate(),
        kind: RoomKind::Group,
        name: None,
        direct_key: None,
        creator: members.first().copied().unwrap_or(NOBODY),
        members: members.to_vec(),
        at: moment(0),
    }
}

/// A message by its seq.
pub fn at(room: RoomId, seq: i64) -> MessageSeq {
    MessageSeq { room, seq }
}

/// The seqs of messages.
pub fn seqs(messages: &[Message]) -> Vec<i64> {
    messages.iter().map(|message| message.seq).collect()
}

/// The contents of messages.
pub fn contents(messages: &[Message]) -> Vec<&str> {
    messages.iter().map(|message| message.content.as_str()).collect()
}

/// A user as they read messages at the beginning of every test.
pub fn reader(user: UserId) -> Viewer {
    Viewer { user, now: moment(0) }
}

/// A user as a member of a room at the beginning of every test.
pub fn member(conn: &mut Conn, user: UserId, room: RoomId) -> Result<RoomMember, Error> {
    members::find(conn, reader(user), room)
}

/// Queries of a user as a member of a room.
pub fn as_member<T>(
    user: UserId,
    room: RoomId,
    work: impl Fn(&mut Conn, &RoomMember) -> Result<T, Error> + Send + 'static,
) -> impl Fn(&mut Conn) -> Result<T, Error> + Send + 'static {
    move |conn| {
        let member = member(conn, user, room)?;
        work(conn, &member)
    }
}

/// A moment some seconds after the beginning of every test.
pub fn moment(seconds: i64) -> Time {
    const START: i64 = 1_795_346_955;
    let Some(time) = Time::parse(&(START + seconds).to_string()) else { panic!("no moment {seconds}") };
    time
}

/// Unwraps, or fails the test with what was tried.
fn expect<T, E: std::fmt::Debug>(what: &str, result: Result<T, E>) -> T {
    result.unwrap_or_else(|error| panic!("cannot {what}: {error:?}"))
}
