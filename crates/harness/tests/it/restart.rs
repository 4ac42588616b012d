//! A server that is signalled to stop: every socket receives when to come back, what is in flight finishes, and nothing is lost.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::future::join_all;
use harness::crowd::Crowd;
use harness::crowd_state::{ClientSettings, Phase};
use harness::deadline::within;
use harness::polling::{HANDSHAKE, Polling};
use harness::process::{Ended, Process};
use harness::socket::{ConnectError, ConnectOptions, upgrade};
use harness::{Installation, Person, Socket, in_each_installation};
use serde_json::json;
use tokio_tungstenite::tungstenite::Message;

use crate::jitter::{Neighbours, assert_whole, cursor};
use crate::process::PROGRAM;

in_each_installation! {
    PROGRAM;
    everybody_learns_when_to_come_back_and_nobody_new_is_let_in,
    clients_that_poll_learn_it_as_well,
    stock_clients_see_nothing_but_the_end_of_their_transport,
    what_is_in_flight_is_answered,
    a_restart_under_load_loses_and_doubles_nothing,
    who_is_signalled_right_after_the_start_stops_as_well,
}

/// Long enough for whatever is to be seen while the server lets its clients go.
const SLOWLY: (&str, &str) = ("CHATROOM__SOCKETS__DRAIN_MS", "4000");

/// How long a server may take to stop.
const STOPPING: Duration = Duration::from_secs(15);

/// Waits for the end of a server that was signalled just now.
async fn assert_ends(server: Process) -> Ended {
    let ended = tokio::time::timeout(STOPPING, server.wait()).await.unwrap();
    let panicked = ended.lines.iter().any(|line| line.contains("panicked"));
    assert!(ended.code == Some(0) && !panicked, "{ended:#?}");
    ended
}

async fn everybody_learns_when_to_come_back_and_nobody_new_is_let_in(installation: &Installation) {
    let server = installation.start_with(&[SLOWLY]).await;
    let alice = Person::join(&server.anon(), "愛麗絲").await;
    let sockets = join_all((0..40).map(|_| alice.socket())).await;
    alice.get("/readyz").await.is(200);
    server.send_signal("TERM").await;
    let events = join_all(sockets.iter().map(|socket| socket.first("restart"))).await;
    let pauses: BTreeSet<u64> =
        events.iter().map(|event| event["retry_after_ms"].as_u64().unwrap()).collect();
    assert!(pauses.len() > 30, "each a while of its own: {pauses:?}");
    assert!(pauses.iter().all(|pause| (1_000..4_000).contains(pause)), "{pauses:?}");

    assert_eq!(alice.get("/readyz").await.is(503).json()["status"], "stopping");
    alice.get("/livez").await.is(200);
    alice.get(HANDSHAKE).await.is(503);
    let options =
        ConnectOptions { auth: Some(json!({ "token": alice.token() })), ..ConnectOptions::default() };
    let refused = Socket::try_connect(server.origin(), &options).await.unwrap_err();
    assert!(matches!(refused, ConnectError::Upgrade(503, _)), "{refused:?}");
    let codes = join_all(sockets.iter().map(Socket::closed)).await;
    assert!(codes.iter().all(|code| *code == Some(1001)), "{codes:?}");
    assert_ends(server).await;
}

async fn clients_that_poll_learn_it_as_well(installation: &Installation) {
    let server = installation.start_with(&[SLOWLY]).await;
    let (alice, ming) =
        (Person::join(&server.anon(), "愛麗絲").await, Person::join(&server.anon(), "小明").await);
    let room = alice.open_room(&ming).await;
    let polling = Polling::open(&alice).await;
    server.send_signal("TERM").await;
    let text = polling.get().await.is(200).text();
    assert!(text.starts_with(r#"42["restart",{"retry_after_ms":"#), "{text}");
    // It may go on until it is its turn to go.
    let send = json!(["send_message", { "chatroom_id": room, "content": "趕得上", "client_msg_id": "1" }]);
    let posted = polling.post(&format!("421{send}")).await;
    let answer = polling.get().await;
    match (posted.status, answer.status) {
        (200, 200) => {
            assert!(answer.text().starts_with(r#"431[{"ok":true"#), "{answer}");
            polling.get().await.is(503);
        }
        // It was its turn at once.
        (_, status) => assert_eq!(status, 503, "{posted} {answer}"),
    }
    assert_ends(server).await;
    let server = installation.start().await;
    let stored = ming.moved_to(server.origin()).texts(&room).await;
    assert_eq!(stored.len(), usize::from(answer.status == 200));
    server.signal("TERM").await;
}

async fn stock_clients_see_nothing_but_the_end_of_their_transport(installation: &Installation) {
    let server = installation.start().await;
    let alice = Person::join(&server.anon(), "愛麗絲").await;
    let (mut stream, _) = upgrade(server.origin(), &ConnectOptions::default()).await.unwrap();
    let connect = format!("40{}", json!({ "token": alice.token() }));
    futures_util::SinkExt::send(&mut stream, Message::text(connect)).await.unwrap();
    let accepted = stream.next().await.unwrap().unwrap().into_text().unwrap();
    assert!(accepted.starts_with("40{"), "{accepted}");
    server.send_signal("TERM").await;
    let mut received = Vec::new();
    // Reading on answers the goodbye, too.
    while let Some(Ok(message)) = within("the end", stream.next()).await {
        received.push(message);
    }
    // `41` and `1` would make the client to stay away.
    let [Message::Text(restart), Message::Close(Some(goodbye))] = received.as_slice() else {
        panic!("{received:?}")
    };
    assert!(restart.starts_with(r#"42["restart",{"retry_after_ms":"#), "{restart}");
    assert_eq!(u16::from(goodbye.code), 1001);
    assert_ends(server).await;
}

async fn what_is_in_flight_is_answered(installation: &Installation) {
    let server = installation.start_with(&[("CHATROOM__SOCKETS__DRAIN_MS", "0")]).await;
    let neighbours = Neighbours::move_in(&server.anon(), 1).await;
    let room = neighbours.rooms[0].clone();
    let sockets = join_all(neighbours.people.iter().map(Person::socket)).await;
    let mut sends = Vec::new();
    for n in 0..20 {
        for (who, socket) in sockets.iter().enumerate() {
            let event = json!({ "chatroom_id": room, "content": format!("{who}-{n}") });
            sends.push(socket.attempt("send_message", event));
        }
    }
    server.send_signal("TERM").await;
    let answers = join_all(sends).await;
    assert_ends(server).await;
    let acknowledged: BTreeSet<i64> =
        answers.iter().flatten().filter_map(|answer| answer["message"]["message_id"].as_i64()).collect();
    let server = installation.start().await;
    let reader = neighbours.people[0].moved_to(server.origin());
    let mut stored = BTreeSet::new();
    let mut query = "limit=200".to_owned();
    loop {
        let page = reader.read_page(&room, &query).await;
        let Some(oldest) = page.first() else { break };
        query = format!("limit=200&before_id={}", oldest["message_id"]);
        let sent = page.iter().filter(|message| message.get("system").is_none());
        stored.extend(sent.filter_map(|message| message["message_id"].as_i64()));
    }
    assert_eq!(stored, acknowledged, "whatever was committed was acknowledged before the connection closed");
    server.signal("TERM").await;
}

async fn a_restart_under_load_loses_and_doubles_nothing(installation: &Installation) {
    let changes = [("CHATROOM__SOCKETS__DRAIN_MS", "400")];
    let mut server = installation.start_with(&changes).await;
    let neighbours = Neighbours::move_in(&server.anon(), 4).await;
    let ms = Duration::from_millis;
    let settings = ClientSettings {
        online: ms(0)..ms(0),
        away: ms(0)..ms(0),
        again: ms(0)..ms(20),
        recovery: false,
        cursor: cursor(&neighbours.people[0]).await,
    };
    let mut crowd = Crowd::new(settings, Phase::Stay);
    neighbours.gather(&mut crowd, (40, ms(60)));
    crowd.server_is(Some(server.address()));
    for round in 0..2 {
        let count = |crowd: &Crowd| crowd.sum(|replica| replica.acknowledged);
        let notified = |crowd: &Crowd| crowd.sum(|replica| replica.asked_away.len());
        let (enough, notified_before) = ((count(&crowd) + 100).min(800), notified(&crowd));
        within("everybody", crowd.until(|crowd| crowd.counts().resumed >= 20 * (round + 1))).await;
        within("some messages", crowd.until(|crowd| count(crowd) >= enough)).await;
        server.send_signal("TERM").await;
        within("the notice", crowd.until(|crowd| notified(crowd) > notified_before)).await;
        // Notified clients connect to the address of the next server.
        crowd.server_is(None);
        assert_ends(server).await;
        server = installation.start_with(&changes).await;
        crowd.server_is(Some(server.address()));
    }
    assert_whole(crowd, &neighbours, (server.origin(), 800)).await;
    server.signal("TERM").await;
}

async fn who_is_signalled_right_after_the_start_stops_as_well(installation: &Installation) {
    for _ in 0..10 {
        let server = installation.start().await;
        server.send_signal("TERM").await;
        assert_ends(server).await;
    }
}
