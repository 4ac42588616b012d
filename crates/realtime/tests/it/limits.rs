//! What one client may not do to the others.

use std::time::Duration;

use domain::id::UserId;
use realtime::{
    Config,
    frame::{Broadcast, Frame, Topic},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use tokio_tungstenite::tungstenite::{
    Message,
    protocol::frame::{
        Frame as WsFrame,
        coding::{Data, OpCode},
    },
};

use crate::{
    client::{Client, PATH, soon},
    http::Poller,
    server::{Seen, Server, room},
};

const TOO_BIG: Option<u16> = Some(1009);

fn small() -> Config {
    Config { max_payload: 1000, ..Config::default() }
}

fn fragment(content: &[u8], opcode: Data, last: bool) -> Message {
    Message::Frame(WsFrame::message(content.to_vec(), OpCode::Data(opcode), last))
}

#[tokio::test]
async fn closes_on_messages_above_the_limit() {
    let server = Server::with(small()).await;
    let mut other = Client::join(&server, 1).await;
    let mut client = Client::join(&server, 2).await;
    let longest = format!(r#"421["echo","{}"]"#, "x".repeat(1000 - 14));
    assert_eq!(longest.len(), 1000);
    client.send(&longest).await;
    assert_eq!(client.next().await.len(), longest.len() - 7);
    client.send(&format!("{longest} ")).await;
    assert_eq!(client.closed().await, TOO_BIG);
    other.ask(r#"["still here"]"#).await;
}

#[tokio::test]
async fn takes_short_messages_only_until_a_client_has_joined() {
    let server = Server::with(Config { max_payload_unjoined: 100, ..small() }).await;
    let connect = |length: usize| {
        let start = r#"40{"user":1,"more":""#;
        format!("{start}{}\"}}", "x".repeat(length - start.len() - 2))
    };
    let long = format!(r#"421["echo","{}"]"#, "x".repeat(500));
    let mut client = Client::open(&server).await;
    client.send(&connect(100)).await;
    assert!(client.next().await.starts_with("40{"));
    client.ask(&long[3..]).await;
    for parts in [vec![101], vec![50, 51], vec![1, 1, 99]] {
        let mut client = Client::open(&server).await;
        let (text, mut sent) = (connect(101), 0);
        for (n, part) in parts.iter().enumerate() {
            let kind = if n == 0 { Data::Text } else { Data::Continue };
            client.raw(fragment(&text.as_bytes()[sent..sent + part], kind, n + 1 == parts.len())).await;
            sent += part;
        }
        assert_eq!(client.closed().await, TOO_BIG, "{parts:?}");
    }
    let polling = Poller::open(&server, "socket.io").await;
    assert_eq!(polling.post(&connect(101)).await.status, 413);
    polling.post(&connect(100)).await.ok();
    assert!(polling.get().await.ok().starts_with("40{"));
    polling.post(&long).await.ok();
    assert!(polling.get().await.ok().starts_with("431["));
}

#[tokio::test]
async fn does_not_wait_for_a_frame_that_would_be_too_big() {
    let server = Server::with(small()).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let head = "connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==";
    stream.write_all(format!("GET {PATH} HTTP/1.1\r\nhost: x\r\n{head}\r\n\r\n").as_bytes()).await.unwrap();
    // A text frame of 1 TiB, of which 2 kB come.
    stream.write_all(&[0x81, 0xff, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]).await.unwrap();
    stream.write_all(&[b'4'; 2000]).await.unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"\x88\x02\x03\xf1") {
        assert_ne!(soon(stream.read_buf(&mut answer)).await.unwrap(), 0, "not closed with 1009");
    }
    // The client hangs up in the middle of its frame.
    stream.shutdown().await.unwrap();
    assert_eq!(soon(stream.read_to_end(&mut answer)).await.unwrap(), 0);
    server.connections(0).await;
    for user in 0..6 {
        Client::join(&server, user).await.ask(r#"["every worker is still at work"]"#).await;
    }
}

#[tokio::test]
async fn joins_fragments_up_to_the_limit() {
    let server = Server::with(small()).await;
    let mut client = Client::join(&server, 1).await;
    let text = r#"421["echo","一句話分成很多段"]"#.as_bytes();
    client.raw(fragment(&text[..1], Data::Text, false)).await;
    for byte in &text[1..text.len() - 1] {
        client.raw(fragment(&[*byte], Data::Continue, false)).await;
        client.raw(Message::Ping(vec![*byte].into())).await;
        assert_eq!(
            client.message().await,
            Some(Message::Pong(vec![*byte].into())),
            "control frames pass between"
        );
    }
    client.raw(fragment(&text[text.len() - 1..], Data::Continue, true)).await;
    assert_eq!(client.next().await, r#"431["一句話分成很多段"]"#);

    client.raw(fragment(&[b'4'; 600], Data::Text, false)).await;
    client.raw(fragment(&[b'4'; 600], Data::Continue, false)).await;
    assert_eq!(client.closed().await, TOO_BIG);
}

#[tokio::test]
async fn closes_on_broken_text_and_on_broken_frames() {
    let server = Server::start().await;
    let mut other = Client::join(&server, 1).await;
    let mut broken = Client::join(&server, 2).await;
    broken.raw(fragment(b"42[\"\xff\xfe\"]", Data::Text, true)).await;
    assert_eq!(broken.closed().await, Some(1007));
    let mut half = Client::join(&server, 2).await;
    half.raw(fragment(b"42[\"\xe4\xbd", Data::Text, false)).await;
    half.raw(fragment(b"\"]", Data::Continue, true)).await;
    assert_eq!(half.closed().await, Some(1007));
    let mut orphan = Client::join(&server, 2).await;
    orphan.raw(fragment(b"42[\"x\"]", Data::Continue, true)).await;
    assert_eq!(orphan.closed().await, Some(1002));
    let mut twice = Client::join(&server, 2).await;
    twice.raw(fragment(b"42[", Data::Text, false)).await;
    twice.raw(fragment(b"42[", Data::Text, false)).await;
    assert_eq!(twice.closed().await, Some(1002));
    other.ask(r#"["still here"]"#).await;
    server.connections(1).await;
}

#[tokio::test]
async fn keeps_those_who_answer_and_drops_those_who_do_not() {
    let config = Config {
        ping_interval: Duration::from_millis(200),
        ping_timeout: Duration::from_secs(1),
        ..Config::default()
    };
    let server = Server::with(config).await;
    let mut alive = Client::join(&server, 1).await;
    let mut silent = Client::join(&server, 2).await;
    assert_eq!([server.saw().await, server.saw().await], [Seen::Asked(1), Seen::Asked(2)]);
    let mut pings = 0;
    while server.hubs.connections() == 2 {
        assert_eq!(alive.message().await, Some(Message::text("2")));
        alive.send("3").await;
        pings += 1;
    }
    assert!(pings >= 5, "a ping every 200 ms for more than a second, not {pings}");
    assert_eq!(silent.message().await, Some(Message::text("2")));
    assert_eq!(silent.message().await, None, "cut, not closed");
    assert_eq!(server.saw().await, Seen::Gone(2));
    assert_eq!(server.hubs.connections(), 1);
}

/// Emits 1 KiB at a time to a room of a reader and one that does not read, until the server has let go of the latter.
async fn flood(server: &Server, healthy: Client) -> usize {
    flooded(server, healthy).await.0
}

async fn flooded(server: &Server, mut healthy: Client) -> (usize, Client) {
    let mut emitted = 0;
    let padding = format!(r#","{}""#, "字".repeat(340));
    while server.hubs.connections() == 2 {
        server.hubs.emit(Broadcast::new(vec![room(1)], Frame::event("n", &[&emitted.to_string(), &padding])));
        assert!(healthy.next().await.starts_with(&format!(r#"42["n",{emitted},"#)));
        emitted += 1;
    }
    healthy.ask(r#"["still here"]"#).await;
    (emitted, healthy)
}

async fn reader_and_sleeper(server: &Server) -> (Client, Client) {
    let mut healthy = Client::join(server, 1).await;
    let mut sleeper = Client::join_narrow(server, 2).await;
    healthy.ask(r#"["join",1]"#).await;
    sleeper.ask(r#"["join",1]"#).await;
    (healthy, sleeper)
}

#[tokio::test]
async fn drops_a_client_that_lets_too_much_wait() {
    let config = Config { queue_bytes: 100_000, ..Config::default() };
    let server = Server::with(config).await;
    let (healthy, sleeper) = reader_and_sleeper(&server).await;
    let emitted = flood(&server, healthy).await;
    // The queue, the server's write buffer, and what both kernels hold: far below what the sleeper was sent without.
    assert!(emitted < 2000, "let go after {emitted} KiB");
    assert_ne!(sleeper.closed().await, Some(1000));
}

#[tokio::test]
async fn drops_a_client_that_stopped_reading() {
    let config = Config {
        stall_timeout: Duration::from_millis(300),
        queue_frames: usize::MAX,
        queue_bytes: usize::MAX,
        ..Config::default()
    };
    let server = Server::with(config).await;
    let (healthy, sleeper) = reader_and_sleeper(&server).await;
    flood(&server, healthy).await;
    drop(sleeper);
    server.connections(0).await;
}

#[tokio::test]
async fn ends_a_stalled_client_whose_topic_was_closed() {
    let config = Config { stall_timeout: Duration::from_millis(300), ..Config::default() };
    let server = Server::with(config).await;
    let mut sleeper = Client::join_narrow(&server, 2).await;
    sleeper.ask(r#"["join",1]"#).await;
    let big = Frame::event("big", &[&format!(r#""{}""#, "x".repeat(900_000))]);
    server.hubs.emit(Broadcast::new(vec![room(1)], big));
    server.hubs.close(Topic::User(UserId(2)));
    server.connections(0).await;
    drop(sleeper);
}

#[tokio::test]
async fn drops_a_moved_client_that_stopped_reading() {
    let config = Config {
        stall_timeout: Duration::from_millis(300),
        queue_frames: usize::MAX,
        queue_bytes: usize::MAX,
        ..Config::default()
    };
    let server = Server::with(config).await;
    let mut healthy = Client::join(&server, 1).await;
    healthy.ask(r#"["join",1]"#).await;
    for user in 2..6 {
        let mut sleeper = Poller::join(&server, user).await.upgrade_narrow().await;
        sleeper.ask(r#"["join",1]"#).await;
        healthy = flooded(&server, healthy).await.1;
        assert_ne!(sleeper.closed().await, Some(1000));
    }
}

#[tokio::test]
async fn drops_a_client_that_stopped_polling() {
    let config = Config { stall_timeout: Duration::from_millis(300), ..Config::default() };
    let server = Server::with(config).await;
    let sleeper = Poller::join(&server, 2).await;
    let idle = Poller::join(&server, 3).await;
    server.hubs.emit(Broadcast::new(vec![Topic::User(UserId(2))], Frame::event("n", &[])));
    server.connections(1).await;
    sleeper.gone().await;
    assert_eq!(idle.post(r#"421["nothing waited for it"]"#).await.ok(), "ok");
}

/// Sends `first`, and then `more` over and over as fast as it is taken, until the server closes the connection.
fn flood_with(server: &Server, first: &'static [u8], more: &'static [u8]) -> std::thread::JoinHandle<usize> {
    use std::io::Write as _;
    let mut stream = std::net::TcpStream::connect(server.address).unwrap();
    let head = "connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==";
    stream.write_all(format!("GET {PATH} HTTP/1.1\r\nhost: x\r\n{head}\r\n\r\n").as_bytes()).unwrap();
    stream.write_all(first).unwrap();
    let more = more.repeat(64 * 1024 / more.len());
    std::thread::spawn(move || std::iter::from_fn(|| stream.write_all(&more).ok()).count())
}

#[tokio::test]
async fn a_flood_does_not_hold_up_the_others_of_its_worker() {
    let config = Config { connect_timeout: Duration::from_secs(2), ..Config::default() };
    let server = Server::on(1, config).await;
    let mut other = Client::join(&server, 1).await;
    // After a frame with a reserved bit nothing is read any more.
    let junk = flood_with(&server, b"\xf1\x80\0\0\0\0", b"junk");
    // A text in fragments that never ends and never grows.
    let fragments = flood_with(&server, b"\x01\x80\0\0\0\0", b"\0\x80\0\0\0\0");
    let pings = flood_with(&server, b"", b"\x89\x80\0\0\0\0");
    while server.hubs.connections() > 1
        || !junk.is_finished()
        || !fragments.is_finished()
        || !pings.is_finished()
    {
        other.ask(r#"["still here"]"#).await;
    }
    assert!(junk.join().unwrap() + fragments.join().unwrap() + pings.join().unwrap() > 0);
}
