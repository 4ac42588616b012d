//! The gateway, whole and real, on a free port with a database and a data directory of its own.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use domain::id::UserId;
use gateway::config::{Auth, Clock, Config, Limits, Rates, Sockets};
use gateway::refusals::Refusals;
use gateway::server::Server;
use persistence::admins;
use persistence::db::write_beside;
use tempfile::TempDir;
use testdb::{Backend, TestDb};

use crate::deadline::within;
use crate::{Caller, Person, server_errors};

/// A running gateway.
pub struct Stack {
    server: Option<Server>,
    address: SocketAddr,
    clock: Clock,
    // Dropped after the server.
    data: TempDir,
    database: TestDb,
}

/// Runs a scenario on one database, then checks that the server stopped cleanly and logged no error.
pub fn run(backend: Backend, configure: fn(&mut Config), scenario: impl AsyncFnOnce(&Stack)) {
    if !backend.is_wanted() {
        return;
    }
    server_errors::collect();
    let stack = actix_rt::System::new().block_on(async {
        let mut stack = Stack::start(backend, configure).await;
        scenario(&stack).await;
        stack.stop().await;
        stack
    });
    server_errors::assert_none();
    // What the server still writes after its last connection finds its database until here.
    drop(stack);
}

/// Returns the folder of the whole project.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Settings under which everybody may register and sign in as often as a scenario needs.
fn unlimited() -> Auth {
    let most = 1_000_000;
    Auth { login_failures: most, address_failures: most, registrations_per_hour: most, ..Auth::default() }
}

impl Stack {
    /// Starts a gateway; `configure` changes its configuration.
    pub async fn start(backend: Backend, configure: impl FnOnce(&mut Config)) -> Self {
        let database = testdb::base::migrated(backend);
        let data =
            tempfile::tempdir().unwrap_or_else(|error| panic!("cannot make a data directory: {error}"));
        let mut config = Config {
            host: "127.0.0.1".to_owned(),
            port: 0,
            database_url: Some(database.url().to_owned()),
            data_dir: data.path().to_path_buf(),
            // The cheapest hashes there are: these passwords protect nothing.
            auth: Auth { bcrypt_cost: 4, ..unlimited() },
            // Two, so that broadcasts cross between workers.
            workers: 2,
            sockets: Sockets { drain_ms: 0, ..Sockets::default() },
            web_dir: data.path().join("web"),
            // What a deletion leaves can be seen at once.
            limits: Limits { account_grace_days: 0, ..Limits::default() },
            // Tests do more at once than people.
            rates: Rates { enabled: false, ..Rates::default() },
            ..Config::default()
        };
        configure(&mut config);
        let clock = config.clock.clone();
        let server = match within("the gateway's start", Server::start(config)).await {
            Ok(server) => server,
            Err(error) => panic!("the gateway did not start: {error}"),
        };
        Self { address: server.address(), server: Some(server), clock, data, database }
    }

    /// Stops the gateway.
    pub async fn stop(&mut self) {
        if let Some(server) = self.server.take() {
            within("the gateway's stop", server.stop()).await;
        }
    }

    /// Returns the gateway's clock.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Returns where the gateway listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the gateway's own origin, `http://127.0.0.1:port`.
    pub fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns the gateway's counters of what was refused.
    pub fn refusals(&self) -> &Refusals {
        let server = self.server.as_ref();
        server.unwrap_or_else(|| panic!("the gateway was stopped")).refusals()
    }

    /// Returns what the gateway has measured, in lines.
    pub async fn metrics(&self) -> Vec<String> {
        let address = self.server.as_ref().and_then(Server::metrics_address);
        let address = address.unwrap_or_else(|| panic!("the gateway serves no metrics"));
        let answer = self.anon().get(&format!("http://{address}/metrics")).await;
        answer.is(200).text().lines().map(str::to_owned).collect()
    }

    /// Returns the folder of the server's files.
    pub fn data(&self) -> &Path {
        self.data.path()
    }

    /// Returns the URL of the database, for what no caller can see.
    pub fn database_url(&self) -> &str {
        self.database.url()
    }

    /// Returns a caller without a token.
    pub fn anon(&self) -> Caller {
        Caller::new(self.origin())
    }

    /// Registers somebody and signs them in.
    pub async fn person(&self, name: &str) -> Person {
        Person::join(&self.anon(), name).await
    }

    /// Registers somebody whom the operator makes an administrator, and signs them in.
    pub async fn admin(&self, name: &str) -> Person {
        let person = self.person(name).await;
        let (url, user) = (self.database_url().to_owned(), UserId(person.id));
        // A connection of its own blocks, which it may not on a thread that tasks run on.
        let made = std::thread::spawn(move || write_beside(&url, |conn| admins::set(conn, user, true)));
        let made = made.join().unwrap_or_else(|_panicked| panic!("{name} is no administrator"));
        assert!(matches!(made, Ok(true)), "{name} is no administrator: {made:?}");
        person
    }

    /// Returns two people who are friends.
    pub async fn friends(&self) -> (Person, Person) {
        let (one, other) = (self.person("愛麗絲").await, self.person("小明").await);
        one.befriend(&other).await;
        (one, other)
    }

    /// Returns two friends and the room that they share.
    pub async fn pair(&self) -> (Person, Person, String) {
        let (one, other) = self.friends().await;
        let room = one.open_room(&other).await;
        (one, other, room)
    }

    /// Returns Alice, who is a friend of Ming and Carol, these two, and the group that she has made with them.
    pub async fn group(&self) -> ([Person; 3], String) {
        let people = [self.person("愛麗絲").await, self.person("小明").await, self.person("卡蘿").await];
        let [alice, ming, carol] = &people;
        let room = alice.open_group(&[ming, carol], "大家").await;
        (people, room)
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        let stopped = self.server.is_none() || std::thread::panicking();
        assert!(stopped, "a test ended without stopping its gateway");
    }
}
