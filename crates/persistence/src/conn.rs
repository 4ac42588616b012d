//! One connection type over both databases, and the macro for queries that need a concrete connection.

use diesel::connection::{CacheSize, Instrumentation, SimpleConnection};
use diesel::internal::derives::multiconnection::{ConnectionSealed, MultiConnectionHelper};
use diesel::migration::MigrationConnection;
use diesel::mysql::{Mysql, MysqlQueryBuilder};
use diesel::prelude::*;
use diesel::query_builder::bind_collector::RawBytesBindCollector;
use diesel::query_builder::{CollectedQuery, Query, QueryBuilder as _, QueryFragment, QueryId};
use diesel::r2d2::R2D2Connection;
use diesel_async::AsyncMysqlConnection;
use diesel_async::async_connection_wrapper::{AsyncConnectionWrapper, BlockOn};

/// A connection to either database; every query of this crate is a function of one.
#[derive(diesel::MultiConnection)]
pub enum Conn {
    /// `MariaDB` or `MySQL`.
    Mysql(MysqlConn),
    /// `SQLite`.
    Sqlite(SqliteConnection),
}

impl std::fmt::Debug for Conn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Mysql(_) => "Conn::Mysql",
            Self::Sqlite(_) => "Conn::Sqlite",
        })
    }
}

/// Expands one expression for each concrete connection: batches, insert-or-ignore and raw SQL have no common form.
macro_rules! on_each {
    ($conn:expr, |$c:ident| $body:expr) => {
        match $conn {
            $crate::conn::Conn::Mysql($c) => $body,
            $crate::conn::Conn::Sqlite($c) => $body,
        }
    };
}

type Wrapped = AsyncConnectionWrapper<AsyncMysqlConnection, Runtime>;

/// A connection's own runtime, so that it works on any blocking thread.
pub struct Runtime(tokio::runtime::Runtime);

impl BlockOn for Runtime {
    fn block_on<F: Future>(&self, work: F) -> F::Output {
        self.0.block_on(work)
    }

    #[expect(
        clippy::expect_used,
        reason = "the trait has no way to report that the system is out of handles"
    )]
    fn get_runtime() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        Self(runtime.expect("the system gives handles for one more connection"))
    }
}

/// The pure-Rust driver behind Diesel's ordinary synchronous interface; use it on blocking threads only.
pub struct MysqlConn(Wrapped, Flavor);

/// Which of the two servers answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flavor {
    MariaDb,
    MySql,
}

impl MysqlConn {
    /// Returns whether INSERT can have a RETURNING clause.
    pub(crate) fn has_returning(&self) -> bool {
        self.1 == Flavor::MariaDb
    }

    /// Makes every statement begin a transaction where none is open, as for [`crate::db::in_transaction`].
    pub(crate) fn without_autocommit(&mut self) -> QueryResult<()> {
        self.batch_execute("SET SESSION autocommit = 0")
    }

    /// Ends the transaction that the last statements began; a connection that cannot is not used again.
    pub(crate) fn end(&mut self, statement: &str) -> QueryResult<()> {
        let ended = self.batch_execute(statement);
        if ended.is_err() {
            Inner::transaction_manager_status_mut(&mut self.0).set_in_error();
        }
        ended
    }
}

impl SimpleConnection for MysqlConn {
    fn batch_execute(&mut self, query: &str) -> QueryResult<()> {
        self.0.batch_execute(query)
    }
}

impl ConnectionSealed for MysqlConn {}

impl Connection for MysqlConn {
    type Backend = Mysql;
    type TransactionManager = Transactions;

    fn establish(url: &str) -> ConnectionResult<Self> {
        let mut wrapped = Wrapped::establish(url)?;
        let version = diesel::dsl::sql::<diesel::sql_types::Text>("VERSION()");
        let version: String = diesel::select(version)
            .get_result(&mut wrapped)
            .map_err(ConnectionError::CouldntSetupConfiguration)?;
        let flavor = if version.contains("MariaDB") { Flavor::MariaDb } else { Flavor::MySql };
        Ok(Self(wrapped, flavor))
    }

    fn execute_returning_count<T>(&mut self, source: &T) -> QueryResult<usize>
    where
        T: QueryFragment<Mysql> + QueryId,
    {
        if T::HAS_STATIC_QUERY_ID {
            return self.0.execute_returning_count(source);
        }
        // The driver passes a query on by reference, which loses that its statement may be cached.
        let (mut sql, mut binds) = (MysqlQueryBuilder::new(), RawBytesBindCollector::new());
        source.to_sql(&mut sql, &Mysql)?;
        source.collect_binds(&mut binds, &mut (), &Mysql)?;
        let cacheable = source.is_safe_to_cache_prepared(&Mysql)?;
        self.0.execute_returning_count(&CollectedQuery::new(sql.finish(), cacheable, binds))
    }

    fn transaction_state(&mut self) -> &mut <Inner as TransactionManager<Wrapped>>::TransactionStateData {
        self.0.transaction_state()
    }

    fn instrumentation(&mut self) -> &mut dyn Instrumentation {
        self.0.instrumentation()
    }

    fn set_instrumentation(&mut self, instrumentation: impl Instrumentation) {
        self.0.set_instrumentation(instrumentation);
    }

    fn set_prepared_statement_cache_size(&mut self, size: CacheSize) {
        self.0.set_prepared_statement_cache_size(size);
    }
}

impl diesel::connection::LoadConnection for MysqlConn {
    type Cursor<'conn, 'query> = <Wrapped as diesel::connection::LoadConnection>::Cursor<'conn, 'query>;
    type Row<'conn, 'query> = <Wrapped as diesel::connection::LoadConnection>::Row<'conn, 'query>;

    fn load<'conn, 'query, T>(&'conn mut self, source: T) -> QueryResult<Self::Cursor<'conn, 'query>>
    where
        T: Query + QueryFragment<Mysql> + QueryId + 'query,
        Mysql: diesel::expression::QueryMetadata<T::SqlType>,
    {
        diesel::connection::LoadConnection::load(&mut self.0, source)
    }
}

use diesel::connection::{TransactionManager, TransactionManagerStatus};
type Inner = <Wrapped as Connection>::TransactionManager;

/// Passes transactions on to the wrapped connection's own manager.
pub struct Transactions;

impl TransactionManager<MysqlConn> for Transactions {
    type TransactionStateData = <Inner as TransactionManager<Wrapped>>::TransactionStateData;

    fn begin_transaction(conn: &mut MysqlConn) -> QueryResult<()> {
        Inner::begin_transaction(&mut conn.0)
    }

    fn rollback_transaction(conn: &mut MysqlConn) -> QueryResult<()> {
        Inner::rollback_transaction(&mut conn.0)
    }

    fn commit_transaction(conn: &mut MysqlConn) -> QueryResult<()> {
        Inner::commit_transaction(&mut conn.0)
    }

    fn transaction_manager_status_mut(conn: &mut MysqlConn) -> &mut TransactionManagerStatus {
        Inner::transaction_manager_status_mut(&mut conn.0)
    }
}

impl R2D2Connection for MysqlConn {
    fn ping(&mut self) -> QueryResult<()> {
        self.0.ping()
    }

    fn is_broken(&mut self) -> bool {
        self.0.is_broken()
    }
}

impl MigrationConnection for MysqlConn {
    fn setup(&mut self) -> QueryResult<usize> {
        self.0.setup()
    }
}

impl MultiConnectionHelper for MysqlConn {
    fn to_any<'a>(
        lookup: &mut <Mysql as diesel::sql_types::TypeMetadata>::MetadataLookup,
    ) -> &mut (dyn std::any::Any + 'a) {
        lookup
    }

    fn from_any(
        lookup: &mut dyn std::any::Any,
    ) -> Option<&mut <Mysql as diesel::sql_types::TypeMetadata>::MetadataLookup> {
        lookup.downcast_mut()
    }
}
