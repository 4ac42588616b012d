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
pub struct MysqlConn {
    wrapped: Wrapped,
    /// Statements that are sent together with the COMMIT.
    deferred: String,
    /// The last position of the log with what this transaction appends to it, once it has locked the log.
    pub(crate) log_last: Option<i64>,
}

impl MysqlConn {
    /// Makes every statement begin a transaction where none is open, as for [`crate::transaction::in_transaction`].
    pub(crate) fn without_autocommit(&mut self) -> QueryResult<()> {
        self.batch_execute("SET SESSION autocommit = 0")
    }

    /// Adds a statement to the transaction, which is sent with the COMMIT: in one round trip with it, and not if the
    /// transaction is rolled back. Its error is the COMMIT's.
    pub(crate) fn defer(&mut self, statement: &str) {
        self.deferred.push_str(statement);
        self.deferred.push(';');
    }

    /// Runs the statements that were deferred, and ends the transaction that the last statements began.
    pub(crate) fn commit(&mut self) -> QueryResult<()> {
        let mut statements = std::mem::take(&mut self.deferred);
        self.log_last = None;
        statements.push_str("COMMIT");
        self.batch_execute(&statements)
    }

    /// Ends the transaction that the last statements began, without what they did; a connection that cannot is not used
    /// again.
    pub(crate) fn roll_back(&mut self) -> QueryResult<()> {
        self.deferred.clear();
        self.log_last = None;
        let ended = self.batch_execute("ROLLBACK");
        if ended.is_err() {
            Inner::transaction_manager_status_mut(&mut self.wrapped).set_in_error();
        }
        ended
    }
}

impl SimpleConnection for MysqlConn {
    fn batch_execute(&mut self, query: &str) -> QueryResult<()> {
        self.wrapped.batch_execute(query)
    }
}

impl ConnectionSealed for MysqlConn {}

impl Connection for MysqlConn {
    type Backend = Mysql;
    type TransactionManager = Transactions;

    fn establish(url: &str) -> ConnectionResult<Self> {
        Ok(Self { wrapped: Wrapped::establish(url)?, deferred: String::new(), log_last: None })
    }

    fn execute_returning_count<T>(&mut self, source: &T) -> QueryResult<usize>
    where
        T: QueryFragment<Mysql> + QueryId,
    {
        if T::HAS_STATIC_QUERY_ID {
            return self.wrapped.execute_returning_count(source);
        }
        // The driver passes a query on by reference, which loses that its statement may be cached.
        let (mut sql, mut binds) = (MysqlQueryBuilder::new(), RawBytesBindCollector::new());
        source.to_sql(&mut sql, &Mysql)?;
        source.collect_binds(&mut binds, &mut (), &Mysql)?;
        let cacheable = source.is_safe_to_cache_prepared(&Mysql)?;
        self.wrapped.execute_returning_count(&CollectedQuery::new(sql.finish(), cacheable, binds))
    }

    fn transaction_state(&mut self) -> &mut <Inner as TransactionManager<Wrapped>>::TransactionStateData {
        self.wrapped.transaction_state()
    }

    fn instrumentation(&mut self) -> &mut dyn Instrumentation {
        self.wrapped.instrumentation()
    }

    fn set_instrumentation(&mut self, instrumentation: impl Instrumentation) {
        self.wrapped.set_instrumentation(instrumentation);
    }

    fn set_prepared_statement_cache_size(&mut self, size: CacheSize) {
        self.wrapped.set_prepared_statement_cache_size(size);
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
        diesel::connection::LoadConnection::load(&mut self.wrapped, source)
    }
}

use diesel::connection::{TransactionManager, TransactionManagerStatus};
type Inner = <Wrapped as Connection>::TransactionManager;

/// Passes transactions on to the wrapped connection's own manager.
pub struct Transactions;

impl TransactionManager<MysqlConn> for Transactions {
    type TransactionStateData = <Inner as TransactionManager<Wrapped>>::TransactionStateData;

    fn begin_transaction(conn: &mut MysqlConn) -> QueryResult<()> {
        Inner::begin_transaction(&mut conn.wrapped)
    }

    fn rollback_transaction(conn: &mut MysqlConn) -> QueryResult<()> {
        Inner::rollback_transaction(&mut conn.wrapped)
    }

    fn commit_transaction(conn: &mut MysqlConn) -> QueryResult<()> {
        Inner::commit_transaction(&mut conn.wrapped)
    }

    fn transaction_manager_status_mut(conn: &mut MysqlConn) -> &mut TransactionManagerStatus {
        Inner::transaction_manager_status_mut(&mut conn.wrapped)
    }
}

impl R2D2Connection for MysqlConn {
    fn ping(&mut self) -> QueryResult<()> {
        self.wrapped.ping()
    }

    fn is_broken(&mut self) -> bool {
        self.wrapped.is_broken()
    }
}

impl MigrationConnection for MysqlConn {
    fn setup(&mut self) -> QueryResult<usize> {
        self.wrapped.setup()
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
