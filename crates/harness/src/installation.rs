//! An installation of the server for one test: a folder, a database, and the settings that name them.

use std::path::{Path, PathBuf};

use tempfile::TempDir;
use testdb::{Backend, TestDb};

use crate::process::{Ended, Launch, Process};
use crate::server_errors;

/// A server's installation on one machine.
pub struct Installation {
    /// Which database it uses.
    pub backend: Backend,
    program: PathBuf,
    folder: TempDir,
    database: TestDb,
}

/// Runs a scenario about the program on one database.
pub fn run(backend: Backend, program: &str, scenario: impl AsyncFnOnce(&Installation)) {
    if !backend.is_wanted() {
        return;
    }
    server_errors::collect();
    let installation = Installation::new(backend, program);
    actix_rt::System::new().block_on(scenario(&installation));
    server_errors::assert_none();
}

impl Installation {
    /// Makes an empty installation for the program at this path.
    pub fn new(backend: Backend, program: &str) -> Self {
        let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("cannot make a folder: {error}"));
        Self { backend, program: PathBuf::from(program), folder, database: TestDb::empty(backend) }
    }

    /// Returns the folder that the program starts in.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Returns the data directory, which is not there before the first start.
    pub fn data(&self) -> PathBuf {
        self.folder().join("data")
    }

    /// Returns the program.
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// Returns the database's URL.
    pub fn database_url(&self) -> &str {
        self.database.url()
    }

    /// Returns the settings, `changes` last.
    pub fn environment<'a>(&'a self, changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
        let mut all = vec![
            ("PORT", "0"),
            ("DATABASE_URL", self.database_url()),
            ("CHATROOM__AUTH__BCRYPT_COST", "4"),
            ("CHATROOM__AUTH__LOGIN_FAILURES", "1000000"),
            ("CHATROOM__AUTH__ADDRESS_FAILURES", "1000000"),
            ("CHATROOM__AUTH__REGISTRATIONS_PER_HOUR", "1000000"),
            ("CHATROOM__WORKERS", "2"),
            ("CHATROOM__RATES__ENABLED", "false"),
            ("CHATROOM__SOCKETS__DRAIN_MS", "100"),
        ];
        all.extend(changes);
        all
    }

    /// Starts the server.
    pub async fn start(&self) -> Process {
        self.start_with(&[]).await
    }

    /// Starts the server with changed settings.
    pub async fn start_with(&self, changes: &[(&str, &str)]) -> Process {
        self.launch(&[], &self.environment(changes)).start().await
    }

    /// Starts the server with a disk of its own, of this size, at `mount`; nothing where the system allows no namespaces.
    ///
    /// The disk is mounted in a namespace of the server's own, where even a plain user may, and goes with it.
    pub async fn start_on_small_disk(
        &self,
        (mount, size): (&Path, &str),
        changes: &[(&str, &str)],
    ) -> Option<Process> {
        let made = std::fs::create_dir_all(mount);
        assert!(made.is_ok(), "cannot make {}: {made:?}", mount.display());
        let (mount, program) = (mount.display().to_string(), self.program.display().to_string());
        let script = r#"mount -t tmpfs -o "size=$1" none "$2" && exec "$3""#;
        let inside =
            ["--user", "--map-root-user", "--mount", "sh", "-c", script, "sh", size, &mount, &program];
        let unshare = Path::new("unshare");
        let probe = ["--user", "--map-root-user", "--mount", "mount", "-t", "tmpfs", "none", &mount];
        let environment = self.environment(changes);
        let launch = |arguments| Launch {
            program: unshare,
            arguments,
            folder: self.folder(),
            environment: &environment,
        };
        let allowed = launch(&probe).end().await;
        if allowed.code != Some(0) {
            eprintln!("not tested, since this system allows no namespaces: {:?}", allowed.lines);
            return None;
        }
        Some(launch(&inside).start().await)
    }

    /// Runs the program with these arguments and changed settings until it ends by itself.
    pub async fn end(&self, arguments: &[&str], changes: &[(&str, &str)]) -> Ended {
        self.launch(arguments, &self.environment(changes)).end().await
    }

    fn launch<'a>(&'a self, arguments: &'a [&'a str], environment: &'a [(&'a str, &'a str)]) -> Launch<'a> {
        Launch { program: &self.program, arguments, folder: self.folder(), environment }
    }
}
