//! A server of somebody else, which the product posts to and fetches pages from: it keeps what it gets and answers as it is
//! asked to.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Mutex as AsyncMutex, mpsc, watch};

use crate::deadline::within;

/// A request that came.
#[derive(Debug, Clone)]
pub struct Received {
    /// Its method and path: `POST /hook`.
    pub asked: String,
    /// Its headers, their names in small letters.
    pub headers: HashMap<String, String>,
    /// Its body.
    pub body: Vec<u8>,
}

impl Received {
    /// Returns a header; empty if there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(String::as_str).unwrap_or_default()
    }

    /// Returns the body as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{self:?}: {error}"))
    }
}

/// What is answered.
#[derive(Default)]
struct Answers {
    statuses: Mutex<VecDeque<u16>>,
    /// Whole answers, by the paths that they are for.
    pages: Mutex<HashMap<String, Vec<u8>>>,
    held: watch::Sender<bool>,
}

/// A server on a port of its own, until it is dropped.
pub struct Receiver {
    port: u16,
    answers: Arc<Answers>,
    received: AsyncMutex<mpsc::UnboundedReceiver<Received>>,
    task: tokio::task::JoinHandle<()>,
}

impl Receiver {
    /// Begins to listen on this machine.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await;
        let listener = listener.unwrap_or_else(|error| panic!("cannot listen: {error}"));
        let port = listener.local_addr().map_or(0, |address| address.port());
        let (sender, received) = mpsc::unbounded_channel();
        let answers = Arc::<Answers>::default();
        let shared = Arc::clone(&answers);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // A connection that breaks is the client's to notice.
                tokio::spawn(serve(stream, sender.clone(), Arc::clone(&shared)));
            }
        });
        Self { port, answers, received: AsyncMutex::new(received), task }
    }

    /// Returns the address of a path here.
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// Answers the next requests with these statuses, and those after them with 200.
    pub fn answer(&self, statuses: &[u16]) {
        self.answers.statuses.lock().unwrap_or_else(PoisonError::into_inner).extend(statuses);
    }

    /// Answers GETs of a path with an HTML page from now on.
    pub fn serve_page(&self, path: &str, html: &str) {
        self.serve(path, "200 OK\r\nContent-Type: text/html", html);
    }

    /// Answers GETs of a path from now on with this status and these headers, and this body.
    pub fn serve(&self, path: &str, head: &str, body: &str) {
        let answer = format!("HTTP/1.1 {head}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        let mut pages = self.answers.pages.lock().unwrap_or_else(PoisonError::into_inner);
        pages.insert(format!("GET {path}"), answer.into_bytes());
    }

    /// Holds back the answers from now on, or gives those that were held back.
    pub fn hold(&self, held: bool) {
        self.answers.held.send_replace(held);
    }

    /// Waits for the next request.
    pub async fn next(&self) -> Received {
        let received = async { self.received.lock().await.recv().await };
        let received = within("a request of the product", received).await;
        received.unwrap_or_else(|| panic!("the receiver has stopped"))
    }

    /// Returns what came meanwhile and was not waited for.
    pub async fn rest(&self) -> Vec<Received> {
        let mut received = self.received.lock().await;
        std::iter::from_fn(|| received.try_recv().ok()).collect()
    }
}

impl Answers {
    /// Returns the answer to the next request.
    fn next(&self, asked: &str) -> Vec<u8> {
        if let Some(page) = self.pages.lock().unwrap_or_else(PoisonError::into_inner).get(asked) {
            return page.clone();
        }
        let status = self.statuses.lock().unwrap_or_else(PoisonError::into_inner).pop_front().unwrap_or(200);
        format!("HTTP/1.1 {status} X\r\nLocation: /elsewhere\r\nContent-Length: 2\r\n\r\nok").into_bytes()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(
    stream: TcpStream,
    sender: mpsc::UnboundedSender<Received>,
    answers: Arc<Answers>,
) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    while let Some(received) = read(&mut stream).await? {
        let answer = answers.next(&received.asked);
        // Nobody waits any more when the test is over.
        drop(sender.send(received));
        // The sender is there as long as the answers are.
        drop(answers.held.subscribe().wait_for(|held| !held).await);
        stream.write_all(&answer).await?;
    }
    Ok(())
}

/// Reads the next request; nothing once the client has closed the connection.
async fn read(stream: &mut BufReader<TcpStream>) -> io::Result<Option<Received>> {
    let mut line = String::new();
    if stream.read_line(&mut line).await? == 0 {
        return Ok(None);
    }
    let asked = line.trim_end().trim_end_matches(" HTTP/1.1").to_owned();
    let mut headers = HashMap::new();
    loop {
        line.clear();
        stream.read_line(&mut line).await?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        headers.insert(name.to_ascii_lowercase(), value.to_owned());
    }
    let length = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    Ok(Some(Received { asked, headers, body }))
}
