//! Stock clients, unmodified and in their own languages, walk through the product.

use std::ffi::OsStr;
use std::path::PathBuf;

use harness::deadline::PATIENCE;
use harness::{Stack, on_each_database, stack};
use tokio::process::Command;

on_each_database! {
    socket_io_client_for_javascript,
    socket_io_client_for_javascript_recovers_its_connection,
    python_socketio,
}

/// Runs a client against the stack; it says what went wrong, if anything did.
async fn walk(stack: &Stack, program: impl AsRef<OsStr>, script: PathBuf) {
    let mut command = Command::new(program);
    command.arg(script).env("BASE_URL", stack.origin()).kill_on_drop(true);
    // It has deadlines of its own, and says which of them passed.
    let output = tokio::time::timeout(5 * PATIENCE, command.output()).await.unwrap().unwrap();
    let said = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&said));
}

fn needs(path: PathBuf) -> PathBuf {
    assert!(path.exists(), "{} is missing: run scripts/clients.sh", path.display());
    path
}

async fn socket_io_client_for_javascript(stack: &Stack) {
    let folder = stack::root().join("clients/js");
    needs(folder.join("node_modules/socket.io-client"));
    walk(stack, "node", folder.join("flow.mjs")).await;
}

async fn socket_io_client_for_javascript_recovers_its_connection(stack: &Stack) {
    let folder = stack::root().join("clients/js");
    needs(folder.join("node_modules/socket.io-client"));
    walk(stack, "node", folder.join("recovery.mjs")).await;
}

async fn python_socketio(stack: &Stack) {
    let python = needs(stack::root().join(".tools/venv/bin/python"));
    walk(stack, python, stack::root().join("clients/python/flow.py")).await;
}
