//! A client of HTTP long-polling that hides nothing; each request has a connection of its own, and so comes to any
//! worker.

use std::{fmt::Write as _, net::SocketAddr};

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    task::JoinHandle,
};

use crate::{
    client::{Client, soon},
    server::Server,
};

/// Runs a story on a server with one worker, and on one with four.
macro_rules! on_one_worker_and_on_four {
    ($($story:ident $(with $config:expr)?),* $(,)?) => {$(
        mod $story {
            use super::*;

            async fn on(workers: usize) {
                let config = [$($config,)? realtime::Config::default()].into_iter().next().unwrap();
                super::$story(Server::on(workers, config).await).await;
            }

            #[tokio::test]
            async fn on_one_worker() {
                on(1).await;
            }

            #[tokio::test]
            async fn on_four_workers() {
                on(4).await;
            }
        }
    )*};
}
pub(crate) use on_one_worker_and_on_four;

/// What stands between two packets of a body.
pub(crate) const SEPARATOR: char = '\u{1e}';

/// A response.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut named = self.headers.iter().filter(|(other, _)| other.eq_ignore_ascii_case(name));
        let (_, value) = named.next()?;
        assert!(named.next().is_none(), "{name} stands twice: {:?}", self.headers);
        Some(value)
    }

    /// The body of a good answer.
    pub(crate) fn ok(self) -> String {
        assert_eq!(self.status, 200, "{self:?}");
        self.body
    }

    /// Checks that this is a refusal in the words of the protocol.
    pub(crate) fn refused(&self, code: u8) {
        let status = if code == 4 { 403 } else { 400 };
        assert_eq!(self.status, status, "{self:?}");
        let body: Value = serde_json::from_str(&self.body).unwrap();
        assert_eq!(body["code"], code, "{self:?}");
        assert!(body["message"].is_string() && body.as_object().unwrap().len() == 2, "{self:?}");
        assert_eq!(self.header("content-type"), Some("application/json"));
    }

    fn parse(text: &str) -> Self {
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {text}"));
        let mut lines = head.lines();
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let headers = lines.map(|line| line.split_once(": ").unwrap());
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let answer = Self { status, headers, body: body.to_owned() };
        if let Some(length) = answer.header("content-length") {
            assert_eq!(length, body.len().to_string(), "{answer:?}");
        }
        answer
    }
}

/// The text of a request.
pub(crate) fn text(method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> String {
    let mut text = format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n");
    for (name, value) in headers {
        write!(text, "{name}: {value}\r\n").unwrap();
    }
    if method != "GET" {
        write!(text, "content-length: {}\r\n", body.len()).unwrap();
    }
    text + "\r\n" + body
}

/// Makes a request.
pub(crate) async fn request(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Answer {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(text(method, path, headers, body).as_bytes()).await.unwrap();
    let mut answer = String::new();
    soon(stream.read_to_string(&mut answer)).await.unwrap();
    Answer::parse(&answer)
}

/// A session over long-polling.
#[derive(Debug, Clone)]
pub(crate) struct Poller {
    pub(crate) address: SocketAddr,
    pub(crate) open: Value,
    pub(crate) path: String,
}

impl Poller {
    /// Opens a session without joining.
    pub(crate) async fn open(server: &Server, endpoint: &str) -> Self {
        let path = format!("/{endpoint}/?EIO=4&transport=polling");
        let body = request(server.address, "GET", &path, &[], "").await.ok();
        let open: Value = serde_json::from_str(body.strip_prefix('0').unwrap()).unwrap();
        let path = format!("{path}&sid={}", open["sid"].as_str().unwrap());
        Self { address: server.address, open, path }
    }

    /// Opens a session and joins as `user`.
    pub(crate) async fn join(server: &Server, user: i64) -> Self {
        let client = Self::open(server, "socket.io").await;
        client.post(&format!(r#"40{{"user":{user}}}"#)).await.ok();
        let reply = client.get().await.ok();
        assert!(reply.starts_with(r#"40{"sid":""#), "{reply}");
        client
    }

    /// Opens a WebSocket that asks to carry the session.
    pub(crate) async fn websocket(&self) -> Client {
        Client::bare(self.address, &self.path.replace("polling", "websocket")).await
    }

    /// Moves the session to a WebSocket.
    pub(crate) async fn upgrade(&self) -> Client {
        self.upgrade_to(self.websocket().await).await
    }

    /// Moves the session to one that can hold little which it has not read.
    pub(crate) async fn upgrade_narrow(&self) -> Client {
        let path = self.path.replace("polling", "websocket");
        self.upgrade_to(Client::bare_narrow(self.address, &path).await).await
    }

    async fn upgrade_to(&self, mut socket: Client) -> Client {
        socket.send("2probe").await;
        assert_eq!(socket.next().await, "3probe");
        socket.send("5").await;
        socket
    }

    pub(crate) fn sid(&self) -> &str {
        self.open["sid"].as_str().unwrap()
    }

    pub(crate) async fn get(&self) -> Answer {
        request(self.address, "GET", &self.path, &[], "").await
    }

    pub(crate) async fn post(&self, body: &str) -> Answer {
        let headers = [("content-type", "text/plain;charset=UTF-8")];
        request(self.address, "POST", &self.path, &headers, body).await
    }

    /// The packets of the next poll that brings any but heartbeats.
    pub(crate) async fn packets(&self) -> Vec<String> {
        loop {
            let body = self.get().await.ok();
            let packets: Vec<_> = body.split(SEPARATOR).map(ToOwned::to_owned).collect();
            let (beats, rest): (Vec<_>, Vec<_>) = packets.into_iter().partition(|packet| packet == "2");
            if !beats.is_empty() {
                assert_eq!(self.post("3").await.ok(), "ok");
            }
            if !rest.is_empty() {
                return rest;
            }
        }
    }

    /// Starts a poll; the server has it when this returns.
    pub(crate) async fn park(&self) -> JoinHandle<Answer> {
        let mut stream = self.begin(&text("GET", &self.path, &[], "")).await;
        tokio::spawn(async move {
            let mut answer = String::new();
            soon(stream.read_to_string(&mut answer)).await.unwrap();
            Answer::parse(&answer)
        })
    }

    /// Sends a text on a connection of its own, and gives the server the time to read it.
    pub(crate) async fn begin(&self, text: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(text.as_bytes()).await.unwrap();
        // Each worker gets one of these, and answers it only after it has read the text.
        for _ in 0..8 {
            request(self.address, "GET", "/socket.io/?transport=none", &[], "").await.refused(0);
        }
        stream
    }

    /// Checks that the session is gone.
    pub(crate) async fn gone(&self) {
        self.get().await.refused(1);
        self.post("4x").await.refused(1);
    }
}
