//! Stock clients in their own languages, against the conformance server.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::Stdio;

use harness::deadline::{PATIENCE, within};
use harness::stack::root;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

/// The conformance server, on a free port; it stops when this is dropped.
struct Server {
    origin: String,
    _child: Child,
}

impl Server {
    async fn start(workers: usize) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_conformance"))
            .args(["--port", "0", "--workers", &workers.to_string()])
            // Long enough for a machine that is busy with other tests.
            .args(["--ping-interval", "1000", "--ping-timeout", "10000", "--connect-timeout", "10000"])
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut said = BufReader::new(child.stdout.take().unwrap()).lines();
        let origin = within("the server's address", said.next_line()).await.unwrap().unwrap();
        Self { origin, _child: child }
    }
}

/// Runs a client against a server; it says what went wrong, if anything did.
async fn run_client(workers: usize, program: impl AsRef<OsStr>, script: &str) {
    let server = Server::start(workers).await;
    let mut command = Command::new(program);
    command.arg(root().join(script)).env("BASE_URL", &server.origin).kill_on_drop(true);
    // It has deadlines of its own, and says which of them passed.
    let output = tokio::time::timeout(5 * PATIENCE, command.output()).await.unwrap().unwrap();
    let said = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&said));
}

fn installed(path: PathBuf) -> PathBuf {
    assert!(path.exists(), "{} is missing: run scripts/clients.sh", path.display());
    path
}

async fn javascript(workers: usize) {
    installed(root().join("clients/js/node_modules/socket.io-client"));
    run_client(workers, "node", "clients/js/conformance.mjs").await;
}

async fn python(workers: usize) {
    run_client(workers, installed(root().join(".tools/venv/bin/python")), "clients/python/conformance.py")
        .await;
}

#[tokio::test]
async fn socket_io_client_for_javascript_on_one_worker() {
    javascript(1).await;
}

#[tokio::test]
async fn socket_io_client_for_javascript_on_three_workers() {
    javascript(3).await;
}

#[tokio::test]
async fn python_socketio_on_one_worker() {
    python(1).await;
}

#[tokio::test]
async fn python_socketio_on_three_workers() {
    python(3).await;
}
