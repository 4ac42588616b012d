//! Peers that do not read, or are not there any more: they are let go in time, cost little, and nobody else notices.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use harness::connection::{Connection, ConnectionOptions};
use harness::deadline::within;
use harness::people::text;
use harness::polling::Polling;
use harness::process::Process;
use harness::socket::ConnectOptions;
use harness::{Installation, Person, Socket, in_each_installation};
use serde_json::json;

use crate::jitter::cursor;
use crate::process::PROGRAM;

in_each_installation! {
    PROGRAM;
    who_stops_reading_is_let_go_and_comes_back_whole,
    what_waits_for_those_who_do_not_read_is_bounded,
    who_answers_no_ping_is_found,
}

/// Someone whose kernel takes little for them.
const SLOW: ConnectionOptions = ConnectionOptions { receive_buffer: Some(4096), source: None };

/// Alice, her friend Ming, Carol, and the room of all three.
async fn three(server: &Process) -> ([Person; 3], String) {
    let anon = server.anon();
    let alice = Person::join(&anon, "愛麗絲").await;
    let (ming, carol) = (Person::join(&anon, "小明").await, Person::join(&anon, "卡蘿").await);
    alice.befriend(&ming).await;
    let room = alice.open_group(&[&ming, &carol], "大家").await;
    ([alice, ming, carol], room)
}

/// A text of 30 KB.
fn numbered(number: usize) -> String {
    format!("{number}{}", "字".repeat(9_990))
}

/// Sends numbered messages of 30 KB each, no faster than somebody receives them who reads.
async fn flood(talker: &Socket, room: &str, (reader, count): (&Socket, usize)) {
    for n in 0..count {
        talker.ask_ok("send_message", json!({ "chatroom_id": room, "content": numbered(n) })).await;
        assert_comes(reader, &numbered(n)).await;
    }
}

/// Waits for a message; what came instead would be too long to show.
async fn assert_comes(socket: &Socket, content: &str) {
    let mut received = socket.listen_from_start("new_message");
    received.next_where(|event| event["message"]["content"] == *content).await;
}

/// Checks that someone has received all of them, in order and once.
async fn assert_received(socket: &Socket, count: usize) {
    assert_comes(socket, &numbered(count - 1)).await;
    let received: Vec<String> =
        socket.received_of("new_message").iter().map(|event| text(&event["message"]["content"])).collect();
    assert!(
        received.iter().eq((0..count).map(numbered).collect::<Vec<_>>().iter()),
        "{} came",
        received.len()
    );
}

async fn gone(friend: &Socket, person: &Person) {
    friend.received_until(|event| event["user_id"] == person.id && event["online"] == false).await;
}

/// Ends the server and checks that it let somebody go for this reason, and for no other.
async fn assert_reasons(server: Process, reasons: &[&str]) {
    let ended = server.signal("TERM").await;
    let all = ["does not read", "too much waits to be read", "does not answer pings"];
    for reason in all {
        let said = ended.lines.iter().any(|line| line.contains(reason));
        assert_eq!(said, reasons.contains(&reason), "{reason}: {ended:#?}");
    }
}

const VERBOSE: (&str, &str) = ("CHATROOM__LOG__FILTER", "info,realtime=debug");

async fn who_stops_reading_is_let_go_and_comes_back_whole(installation: &Installation) {
    let server = installation.start_with(&[VERBOSE, ("CHATROOM__SOCKETS__STALL_TIMEOUT_MS", "500")]).await;
    let ([alice, ming, carol], room) = three(&server).await;
    let (here, healthy, since) = (alice.socket().await, carol.socket().await, cursor(&ming).await);
    let stalled = Connection::open(server.address(), &json!({ "token": ming.token() }), SLOW).await.unwrap();
    // More than all buffers on the way hold, and less than may wait.
    flood(&here, &room, (&healthy, 15)).await;
    within("the reset of a connection that is not read", stalled.reset()).await;
    gone(&here, &ming).await;
    assert_received(&healthy, 15).await;
    let auth = json!({ "token": ming.token(), "since": since });
    let options = ConnectOptions { auth: Some(auth), ..ConnectOptions::default() };
    let back = Socket::try_connect(server.origin(), &options).await.unwrap();
    assert_received(&back, 15).await;
    here.ask_ok("send_message", json!({ "chatroom_id": room, "content": "還在嗎" })).await;
    for socket in [&back, &healthy] {
        assert_comes(socket, "還在嗎").await;
    }
    assert_reasons(server, &["does not read"]).await;
}

async fn what_waits_for_those_who_do_not_read_is_bounded(installation: &Installation) {
    let server = installation.start_with(&[VERBOSE, ("CHATROOM__SOCKETS__STALL_TIMEOUT_MS", "600000")]).await;
    let ([alice, ming, carol], room) = three(&server).await;
    let (here, healthy) = (alice.socket().await, carol.socket().await);
    let mut stalled = Vec::new();
    for _ in 0..40 {
        let auth = json!({ "token": ming.token() });
        stalled.push(Connection::open(server.address(), &auth, SLOW).await.unwrap());
    }
    let before = server.memory_kb();
    // 72 MB for those who do not read.
    flood(&here, &room, (&healthy, 60)).await;
    within("the reset of all of them", join_all(stalled.iter().map(Connection::reset))).await;
    let most = server.most_memory_kb();
    assert!(most < before + 16 * 1024, "{before} KB became {most} KB");
    gone(&here, &ming).await;
    assert_received(&healthy, 60).await;
    assert_reasons(server, &["too much waits to be read"]).await;
}

async fn who_answers_no_ping_is_found(installation: &Installation) {
    let (interval, timeout) = (300, 200);
    let settings =
        [("CHATROOM__SOCKETS__PING_INTERVAL_MS", "300"), ("CHATROOM__SOCKETS__PING_TIMEOUT_MS", "200")];
    let server = installation.start_with(&[VERBOSE, settings[0], settings[1]]).await;
    let ([alice, ming, carol], _) = three(&server).await;
    let (here, began) = (alice.socket().await, Instant::now());
    let mut dead =
        Connection::open(server.address(), &json!({ "token": ming.token() }), ConnectionOptions::default())
            .await
            .unwrap();
    let ended = async {
        let mut pings = 0;
        while let Ok(packet) = dead.receive(true).await {
            pings += usize::from(packet.as_str() == "2");
        }
        pings
    };
    assert_eq!(within("the end of a connection that is dead", ended).await, 1);
    assert!(began.elapsed() >= Duration::from_millis(interval + timeout), "and not before it is late");
    gone(&here, &ming).await;
    // One that polled and does so no more.
    let polling = Polling::open(&carol).await;
    gone(&here, &carol).await;
    polling.get().await.is(400);
    assert_reasons(server, &["does not answer pings"]).await;
}
