//! Stock clients that cannot connect, or lose the server: all of them come back by themselves.

use std::net::SocketAddr;
use std::process::Stdio;
use std::sync::{Mutex, mpsc};
use std::thread::JoinHandle;

use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, RunQueryDsl as _, SqliteConnection, sql_query};
use harness::deadline::{PATIENCE, within};
use harness::process::Process;
use harness::{Installation, Person, in_each_installation, stack};
use persistence::Conn;
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, ChildStdout, Command};
use tokio::sync::{mpsc as channel, watch};

use crate::migrations::beside;
use crate::process::PROGRAM;

in_each_installation! {
    PROGRAM;
    stock_clients_come_back_when_the_database_was_busy,
    three_hundred_stock_clients_come_back_after_a_kill,
}

/// Stock clients of all transports, in a process of their own.
struct StockClients {
    // Killed when this value goes.
    _process: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl StockClients {
    /// Starts so many clients of each of the people.
    fn start(origin: &str, people: &[Person], sockets: usize) -> Self {
        let folder = stack::root().join("clients/js");
        let library = folder.join("node_modules/socket.io-client");
        assert!(library.exists(), "{} is missing: run scripts/clients.sh", library.display());
        let tokens: Vec<&str> = people.iter().map(|person| person.token()).collect();
        let mut command = Command::new("node");
        command.arg(folder.join("reconnect.mjs")).env("BASE_URL", origin);
        command.env("TOKENS", tokens.join(",")).env("SOCKETS", sockets.to_string());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut process = command.spawn().unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        Self { _process: process, lines }
    }

    /// Waits until they say this.
    async fn say(&mut self, expected: &str) {
        let said = async {
            loop {
                let line = self.lines.next_line().await.unwrap().unwrap();
                assert!(["connected", "lost", "closed"].contains(&line.as_str()), "{line}");
                if line == expected {
                    return;
                }
            }
        };
        tokio::time::timeout(3 * PATIENCE, said).await.unwrap_or_else(|_| panic!("they are not {expected}"));
    }
}

/// A transaction beside the server that keeps it from writing what belongs to sessions.
struct HeldWriter {
    release: mpsc::Sender<()>,
    thread: JoinHandle<()>,
}

impl HeldWriter {
    async fn begin(url: &str) -> Self {
        let ((release, released), (held, mut holds)) = (mpsc::channel(), channel::unbounded_channel());
        let (url, released) = (url.to_owned(), Mutex::new(released));
        let hold = move || {
            held.send(()).unwrap();
            released.lock().unwrap().recv().unwrap();
        };
        let thread = std::thread::spawn(move || match url.strip_prefix("sqlite://") {
            // The server's lock keeps others from opening the database as it does, not from its file.
            Some(path) => {
                let mut conn = SqliteConnection::establish(path).unwrap();
                conn.batch_execute("BEGIN IMMEDIATE").unwrap();
                hold();
            }
            None => beside(&url, move |conn| {
                if let Conn::Mysql(c) = conn {
                    sql_query("UPDATE sessions SET expires_at = expires_at").execute(c)?;
                }
                hold();
                Ok(())
            }),
        });
        within("the held writer", holds.recv()).await.unwrap();
        Self { release, thread }
    }

    fn end(self) {
        self.release.send(()).unwrap();
        self.thread.join().unwrap();
    }
}

async fn people(server: &Process, count: usize) -> Vec<Person> {
    let mut people = Vec::new();
    for n in 0..count {
        people.push(Person::join(&server.anon(), &format!("鄰居{n}")).await);
    }
    people
}

async fn stock_clients_come_back_when_the_database_was_busy(installation: &Installation) {
    let server = installation.start().await;
    let people = people(&server, 2).await;
    let writer = HeldWriter::begin(installation.database_url()).await;
    // More than there are connections to the database.
    let mut clients = StockClients::start(server.origin(), &people, 12);
    clients.say("closed").await;
    writer.end();
    clients.say("connected").await;
    server.signal("TERM").await;
}

/// Forwards connections to the server that is there, and ends them while there is none.
async fn forward(listener: TcpListener, server: watch::Receiver<Option<SocketAddr>>) {
    while let Ok((mut client, _)) = listener.accept().await {
        let address = *server.borrow();
        tokio::spawn(async move {
            let Some(address) = address else { return };
            if let Ok(mut server) = TcpStream::connect(address).await {
                // Whichever of them has gone.
                drop(copy_bidirectional(&mut client, &mut server).await);
            }
        });
    }
}

async fn three_hundred_stock_clients_come_back_after_a_kill(installation: &Installation) {
    let server = installation.start().await;
    let people = people(&server, 8).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let (address, addresses) = watch::channel(Some(server.address()));
    tokio::spawn(forward(listener, addresses));
    let mut clients = StockClients::start(&origin, &people, 40);
    clients.say("connected").await;
    address.send_replace(None);
    server.kill().await;
    clients.say("lost").await;
    let server = installation.start().await;
    address.send_replace(Some(server.address()));
    clients.say("connected").await;
    server.signal("TERM").await;
}
