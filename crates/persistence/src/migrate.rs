//! The migrations, embedded; run at start under a lock, so that several servers may start at once.

use std::thread;
use std::time::{Duration, Instant};

use diesel::backend::Backend;
use diesel::connection::SimpleConnection;
use diesel::migration::{Migration, MigrationSource, MigrationVersion};
use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel::sqlite::Sqlite;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use crate::conn::Conn;
use crate::error::Error;
use crate::pool::{Manager, Target};
use crate::sqlite_file::SqliteFile;
use crate::upgrade::UPGRADES;

const MYSQL: EmbeddedMigrations = embed_migrations!("../../migrations/mysql");
const SQLITE: EmbeddedMigrations = embed_migrations!("../../migrations/sqlite");
/// Those whose SQL all databases understand.
const BOTH: EmbeddedMigrations = embed_migrations!("../../migrations/both");

/// How long another server may migrate, or switch a new file to WAL.
const LOCK_TIMEOUT: Duration = Duration::from_mins(1);

/// Brings the database at `url` to this version's schema, and returns the names of the migrations that it ran.
///
/// Refuses a database that a newer version has changed, with [`Error::Newer`], and a file that another process has,
/// with [`Error::InUse`]. Blocks.
pub fn up(url: &str) -> Result<Vec<String>, Error> {
    let target = Target::parse(url)?;
    match &target {
        Target::Sqlite(path) => open_file(path).map(|(_, ran)| ran),
        Target::Mysql(_) => run(&target),
    }
}

/// Takes the file of an `SQLite` database and brings it to this version's schema, as [`up`] does. Blocks.
pub(crate) fn open_file(path: &str) -> Result<(SqliteFile, Vec<String>), Error> {
    let mut file = SqliteFile::open(path)?;
    let ran = run(&Target::Sqlite(path.to_owned()))?;
    file.note_made()?;
    Ok((file, ran))
}

/// Brings an open database to this version's schema. Blocks.
pub(crate) fn run(target: &Target) -> Result<Vec<String>, Error> {
    locked(target, |conn| {
        refuse_newer(conn)?;
        let mut ran: Vec<String> = on_each!(conn, |c| c
            .run_pending_migrations(migrations_for(c))?
            .iter()
            .map(ToString::to_string)
            .collect());
        if !ran.is_empty() {
            refuse_dangling(conn)?;
        }
        ran.extend(upgrade(conn)?);
        Ok(ran)
    })
}

/// Reverts every migration, which empties the database. Blocks.
pub fn down(url: &str) -> Result<(), Error> {
    locked(&Target::parse(url)?, |conn| {
        forget_upgrades(conn)?;
        on_each!(conn, |c| c.revert_all_migrations(migrations_for(c)).map(|_| ())?);
        Ok(())
    })
}

/// Makes the changes of rows that are not recorded yet, and returns their versions.
fn upgrade(conn: &mut Conn) -> Result<Vec<String>, Failure> {
    let mut ran = Vec::new();
    for upgrade in UPGRADES {
        let version = MigrationVersion::from(upgrade.version);
        if on_each!(conn, |c| c.applied_migrations()?).contains(&version) {
            continue;
        }
        conn.transaction(|conn| {
            (upgrade.run)(conn)?;
            let sql = "INSERT INTO __diesel_schema_migrations (version) VALUES (?)";
            on_each!(conn, |c| diesel::sql_query(sql).bind::<Text, _>(upgrade.version).execute(c))?;
            Ok::<_, Error>(())
        })?;
        ran.push(upgrade.version.to_owned());
    }
    Ok(ran)
}

/// Removes the records of the changes of rows, of which nothing is to be reverted.
fn forget_upgrades(conn: &mut Conn) -> Result<(), Failure> {
    on_each!(conn, |c| diesel::migration::MigrationConnection::setup(c))?;
    for upgrade in UPGRADES {
        let sql = "DELETE FROM __diesel_schema_migrations WHERE version = ?";
        on_each!(conn, |c| diesel::sql_query(sql).bind::<Text, _>(upgrade.version).execute(c))?;
    }
    Ok(())
}

/// All migrations of one database; Diesel runs them in the order of their versions.
struct Migrations(EmbeddedMigrations);

impl<DB: Backend> MigrationSource<DB> for Migrations {
    fn migrations(&self) -> diesel::migration::Result<Vec<Box<dyn Migration<DB>>>> {
        let (own, both) = (self.0.migrations()?, BOTH.migrations()?);
        Ok(own.into_iter().chain(both).collect())
    }
}

trait Embedded {
    const MIGRATIONS: EmbeddedMigrations;
}

impl Embedded for crate::conn::MysqlConn {
    const MIGRATIONS: EmbeddedMigrations = MYSQL;
}

impl Embedded for SqliteConnection {
    const MIGRATIONS: EmbeddedMigrations = SQLITE;
}

fn migrations_for<C: Embedded>(_: &C) -> Migrations {
    Migrations(C::MIGRATIONS)
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

fn locked<T>(target: &Target, work: impl FnOnce(&mut Conn) -> Result<T, Failure>) -> Result<T, Error> {
    let mut conn = connect(target)?;
    lock(&mut conn)?;
    let outcome = work(&mut conn);
    let released = unlock(&mut conn, outcome.is_ok());
    let value = outcome.map_err(Error::of_migration)?;
    released?;
    Ok(value)
}

/// Connects, and waits as long as another server switches a new `SQLite` file to WAL: `SQLite` calls no busy handler then.
fn connect(target: &Target) -> Result<Conn, Error> {
    let started = Instant::now();
    loop {
        match Manager::connect(target) {
            Err(error)
                if error.to_string().contains("database is locked") && started.elapsed() < LOCK_TIMEOUT =>
            {
                thread::sleep(Duration::from_millis(10));
            }
            connected => return Ok(connected?),
        }
    }
}

#[derive(QueryableByName)]
struct Answer {
    #[diesel(sql_type = diesel::sql_types::Nullable<diesel::sql_types::BigInt>)]
    number: Option<i64>,
}

/// Takes a named lock on `MySQL`, the write lock on `SQLite`, whose migrations are one transaction.
fn lock(conn: &mut Conn) -> Result<(), Error> {
    match conn {
        Conn::Sqlite(c) => {
            // Foreign keys off: a migration that rebuilds a table must not cascade to the rows that refer to it.
            c.batch_execute("PRAGMA busy_timeout = 60000; PRAGMA foreign_keys = OFF")?;
            diesel::connection::AnsiTransactionManager::begin_transaction_sql(c, "BEGIN IMMEDIATE")?;
        }
        Conn::Mysql(c) => {
            let sql = "SELECT CAST(GET_LOCK('chatroom_migrations', 60) AS SIGNED) AS number";
            if diesel::sql_query(sql).get_result::<Answer>(c)?.number != Some(1) {
                return Err(Error::Unavailable("another server has been migrating for a minute".into()));
            }
        }
    }
    Ok(())
}

fn unlock(conn: &mut Conn, keep: bool) -> Result<(), Error> {
    use diesel::connection::{AnsiTransactionManager, TransactionManager};
    match conn {
        Conn::Sqlite(c) if keep => AnsiTransactionManager::commit_transaction(c)?,
        Conn::Sqlite(c) => AnsiTransactionManager::rollback_transaction(c)?,
        Conn::Mysql(c) => c.batch_execute("DO RELEASE_LOCK('chatroom_migrations')")?,
    }
    Ok(())
}

/// Fails if rows refer to rows that are not there, which `SQLite` does not prevent while foreign keys are off.
fn refuse_dangling(conn: &mut Conn) -> Result<(), Failure> {
    let Conn::Sqlite(c) = conn else { return Ok(()) };
    let count = diesel::sql_query("SELECT COUNT(*) AS number FROM pragma_foreign_key_check");
    match count.get_result::<Answer>(c)?.number {
        Some(0) => Ok(()),
        dangling => Err(format!("a migration left {dangling:?} rows that refer to missing ones").into()),
    }
}

fn refuse_newer(conn: &mut Conn) -> Result<(), Failure> {
    on_each!(conn, |c| {
        diesel::migration::MigrationConnection::setup(c)?;
        let known = MigrationNames::of(&migrations_for(c))?;
        match c.applied_migrations()?.iter().map(ToString::to_string).find(|version| !known.has(version)) {
            Some(version) => Err(Error::Newer(version).into()),
            None => Ok(()),
        }
    })
}

/// The versions that this program has.
struct MigrationNames(Vec<String>);

impl MigrationNames {
    fn of(history: &Migrations) -> Result<Self, Failure> {
        let all: Vec<Box<dyn Migration<Sqlite>>> = history.migrations()?;
        let migrations = all.iter().map(|m| m.name().version().to_string());
        Ok(Self(migrations.chain(UPGRADES.iter().map(|upgrade| upgrade.version.to_owned())).collect()))
    }

    fn has(&self, version: &str) -> bool {
        self.0.iter().any(|known| known == version)
    }
}
