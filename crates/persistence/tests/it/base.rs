//! A database of a test's own, with people and rooms in it.

use std::path::Path;
use std::sync::OnceLock;

use domain::id::{RoomId, UserId};
use domain::room::Kind;
use domain::text::Username;
use domain::time::Time;
use persistence::Conn;
use persistence::db::{Config, Db};
use persistence::error::Error;
use persistence::rooms::{self, NewRoom};
use persistence::users::{self, NewUser};
use testdb::{Backend, TestDb};

/// Makes two tests of each story, `sqlite` and `mariadb`; `TEST_BACKEND` leaves only one with something to do.
macro_rules! on_each_database {
    ($(async fn $name:ident($base:ident: &Base) $story:block)*) => {$(
        mod $name {
            use super::*;

            async fn story($base: &Base) $story

            #[test]
            fn sqlite() {
                $crate::base::run(testdb::Backend::Sqlite, async |base| story(base).await);
            }

            #[test]
            fn mariadb() {
                $crate::base::run(testdb::Backend::MariaDb, async |base| story(base).await);
            }
        }
    )*};
}

/// The database, as one server has it open.
pub(crate) struct Base {
    pub(crate) db: Db,
    other: OnceLock<Db>,
    // Last, so that it is dropped when nobody uses it any more.
    test: TestDb,
}

/// Tells a story on a database of its own.
pub(crate) fn run(backend: Backend, story: impl AsyncFnOnce(&Base)) {
    if !wanted(backend) {
        return;
    }
    // Opened and dropped outside the runtime, as the server does it: a connection has a runtime of its own.
    let test = migrated(backend);
    let base = Base { db: open(test.url()), other: OnceLock::new(), test };
    block_on(story(&base));
}

/// Tells whether `TEST_BACKEND` leaves this database to be tested.
pub(crate) fn wanted(backend: Backend) -> bool {
    std::env::var_os("TEST_BACKEND").is_none_or(|name| name.is_empty()) || Backend::from_env() == backend
}

pub(crate) fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

pub(crate) fn open(url: &str) -> Db {
    Db::open(&Config { url: url.to_owned(), connections: 4 }).unwrap()
}

fn migrated(backend: Backend) -> TestDb {
    static KEY: OnceLock<String> = OnceLock::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations");
    let key = KEY.get_or_init(|| testdb::key_of_folder(&folder));
    TestDb::migrated(backend, key, |url| drop(persistence::migrate::up(url).unwrap()))
}

impl Base {
    /// Returns the same database as a second server has it open.
    pub(crate) fn second_server(&self) -> &Db {
        let open = || std::thread::scope(|scope| scope.spawn(|| open(self.test.url())).join().unwrap());
        self.other.get_or_init(open)
    }

    /// Runs `work` in a transaction.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        work: impl Fn(&mut Conn) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        self.db.transaction(work).await
    }

    /// Runs queries that must succeed.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Conn) -> Result<T, Error> + Send + 'static,
    ) -> T {
        self.db.read(work).await.unwrap()
    }

    /// Makes an account.
    pub(crate) async fn user(&self, name: &str) -> UserId {
        let new = new_user(name);
        self.write(move |conn| users::insert(conn, &new)).await.unwrap().id
    }

    /// Makes two accounts.
    pub(crate) async fn two(&self) -> (UserId, UserId) {
        (self.user("愛麗絲").await, self.user("小明").await)
    }

    /// Makes a group.
    pub(crate) async fn room(&self, members: &[UserId]) -> RoomId {
        let new = new_group(members);
        let id = new.id;
        self.write(move |conn| rooms::insert(conn, &new)).await.unwrap();
        id
    }
}

/// An account that is not made yet.
pub(crate) fn new_user(name: &str) -> NewUser {
    NewUser {
        username: Username::parse(name).unwrap(),
        email: None,
        hashed_password: "$2b$".to_owned(),
        at: moment(0),
    }
}

/// A group that is not made yet.
pub(crate) fn new_group(members: &[UserId]) -> NewRoom {
    NewRoom {
        id: RoomId::generate(),
        kind: Kind::Group,
        name: None,
        direct_key: None,
        creator: members[0],
        members: members.to_vec(),
        at: moment(0),
    }
}

/// A moment some seconds after the beginning of every test.
pub(crate) fn moment(seconds: i64) -> Time {
    let start = Time::parse("2026-11-22T11:29:15Z").unwrap().unix_seconds();
    Time::parse(&(start + seconds).to_string()).unwrap()
}
