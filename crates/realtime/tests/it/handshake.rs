//! How a session opens, and why it may not.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use realtime::Config;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::{
    client::{Client, PATH, refused, soon, upgrade},
    http::{Poller, request},
    server::Server,
};

#[tokio::test]
async fn says_exactly_what_a_client_needs() {
    let config = Config { ping_interval: Duration::from_secs(25), max_payload: 70_000, ..Config::default() };
    let server = Server::with(config).await;
    let open = Client::open(&server).await.open;
    let keys: BTreeSet<_> = open.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, BTreeSet::from(["maxPayload", "pingInterval", "pingTimeout", "sid", "upgrades"]));
    assert_eq!(open["pingInterval"], 25_000);
    assert_eq!(open["pingTimeout"], 10_000);
    assert_eq!(open["maxPayload"], 70_000);
    assert_eq!(open["upgrades"], serde_json::json!([]));
    let other = Client::open(&server).await.open;
    assert!(open["sid"].as_str().unwrap().len() >= 22, "128 bits take 22 characters");
    assert_ne!(open["sid"], other["sid"]);
}

#[tokio::test]
async fn serves_both_paths_in_both_spellings() {
    let server = Server::start().await;
    for path in ["/socket.io", "/socket.io/", "/ws/socket.io", "/ws/socket.io/"] {
        upgrade(&server, &format!("{path}?EIO=4&transport=websocket&t=abc&room=1"), None).await.unwrap();
    }
}

#[tokio::test]
async fn refuses_in_the_words_of_the_protocol() {
    let server = Server::start().await;
    let cases = [
        ("?EIO=4&transport=pigeon", r#"{"code":0,"message":"Transport unknown"}"#),
        ("?EIO=4", r#"{"code":0,"message":"Transport unknown"}"#),
        ("", r#"{"code":0,"message":"Transport unknown"}"#),
        ("?EIO=4&transport=websocket&sid=abc", r#"{"code":1,"message":"Session ID unknown"}"#),
        ("?EIO=3&transport=websocket", r#"{"code":5,"message":"Unsupported protocol version"}"#),
        ("?transport=websocket", r#"{"code":5,"message":"Unsupported protocol version"}"#),
    ];
    for (query, body) in cases {
        let response = refused(&server, &format!("/socket.io/{query}"), None).await;
        assert_eq!(response.status(), 400, "{query}");
        assert_eq!(response.headers()["content-type"], "application/json");
        assert_eq!(response.headers()["connection"], "close");
        assert_eq!(response.body().as_deref().map(String::from_utf8_lossy).unwrap(), body, "{query}");
    }
}

async fn plain(server: &Server, method: &str) -> String {
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let request = format!(
        "{method} {PATH} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    soon(stream.read_to_string(&mut answer)).await.unwrap();
    answer
}

#[tokio::test]
async fn refuses_what_is_no_upgrade() {
    let server = Server::start().await;
    let get = plain(&server, "GET").await;
    assert!(
        get.starts_with("HTTP/1.1 400") && get.ends_with(r#"{"code":3,"message":"Bad request"}"#),
        "{get}"
    );
    let post = plain(&server, "POST").await;
    assert!(
        post.starts_with("HTTP/1.1 400") && post.ends_with(r#"{"code":2,"message":"Bad handshake method"}"#),
        "{post}"
    );
    server.connections(0).await;
}

#[tokio::test]
async fn accepts_its_own_origin_and_listed_ones() {
    let config = Config { origins: vec!["https://chat.example".into()], ..Config::default() };
    let server = Server::with(config).await;
    let own = format!("http://{}", server.address);
    for origin in [None, Some(own.as_str()), Some("https://chat.example"), Some("https://CHAT.example")] {
        upgrade(&server, PATH, origin).await.unwrap();
    }
    let stranger = format!("http://{}0", server.address);
    for origin in
        ["https://evil.example", "http://chat.example", "https://chat.example.evil", "null", &stranger]
    {
        let response = refused(&server, PATH, Some(origin)).await;
        assert_eq!(response.status(), 400);
        let body = response.body().as_deref().map(String::from_utf8_lossy).unwrap();
        assert_eq!(body, format!("{origin} is not an accepted origin."));
    }
}

#[tokio::test]
async fn says_when_there_may_be_one_later() {
    const PATH: &str = "/socket.io/?EIO=4&transport=polling";
    let server = Server::start().await;
    let answer = request(server.address, "GET", PATH, &[("x-many", "yes")], "").await;
    assert_eq!((answer.status, answer.body.as_str()), (503, "too many"));
    assert!(answer.header("retry-after").is_some());
    server.connections(0).await;
}

#[tokio::test]
async fn holds_its_permit_to_its_end() {
    let server = Server::start().await;
    let permits = || Arc::strong_count(&server.application.sessions) - 1;
    let (open, joined) = (Client::open(&server).await, Client::join(&server, 1).await);
    let polling = Poller::open(&server, "socket.io").await;
    assert_eq!(permits(), 3);
    drop((open, joined));
    polling.post("1").await.ok();
    soon(async {
        while permits() > 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn leaves_cors_headers_to_the_application() {
    const PATH: &str = "/socket.io/?EIO=4&transport=polling";
    let origin = ("origin", "https://chat.example");
    let config = Config { origins: vec![origin.1.into()], ..Config::default() };
    let server = Server::with(config).await;
    let answer = request(server.address, "GET", PATH, &[origin], "").await;
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (200, None));
    let preflight = [origin, ("access-control-request-method", "POST")];
    request(server.address, "OPTIONS", PATH, &preflight, "").await.refused(2);
}

/// Asks for an upgrade, sends `more` with it, and reads what the server answers up to `end`.
async fn upgraded(server: &Server, upgrade: &str, more: &[u8], end: &str) -> String {
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let head = format!(
        "GET {PATH} HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: {upgrade}\r\n\
         sec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    );
    stream.write_all(&[head.as_bytes(), more].concat()).await.unwrap();
    let mut answer = Vec::new();
    loop {
        assert_ne!(soon(stream.read_buf(&mut answer)).await.unwrap(), 0, "{answer:?}");
        let text = String::from_utf8_lossy(&answer);
        if text.contains(end) {
            return text.into_owned();
        }
    }
}

#[tokio::test]
async fn reads_what_comes_with_the_request() {
    let server = Server::start().await;
    // A text frame masked with zeros: `2`, which no client may send.
    let answer = upgraded(&server, "websocket", b"\x81\x81\0\0\0\0\x32", "\u{3}").await;
    assert!(answer.starts_with("HTTP/1.1 101") && answer.contains(r#"0{"sid":"#), "{answer}");
    server.connections(0).await;
}

#[tokio::test]
async fn refuses_an_upgrade_to_more_than_a_websocket() {
    let server = Server::start().await;
    let end = r#"{"code":3,"message":"Bad request"}"#;
    let answer = upgraded(&server, "websocket, h2c", b"", end).await;
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    server.connections(0).await;
}
