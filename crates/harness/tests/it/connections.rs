//! Limits of live connections: of an address, of a user, before CONNECT, and by memory.

use futures_util::{SinkExt as _, StreamExt as _};
use harness::deadline::within;
use harness::polling::{HANDSHAKE, Polling};
use harness::process::Process;
use harness::socket::{ConnectError, ConnectOptions, upgrade};
use harness::{Answer, Caller, Installation, Person, Socket, Stack, in_each_installation, on_each_database};
use reqwest::Method;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use crate::process::PROGRAM;

on_each_database! {
    an_address_has_so_many_sessions where |config| config.limits.address_sessions_max = 3,
    who_has_not_connected_counts_apart where |config| config.limits.address_unauthenticated_max = 2,
    a_user_has_so_many_sockets where |config| config.limits.user_sockets_max = 2,
    before_connect_messages_are_short where |config| config.limits.unauthenticated_message_max_bytes = 1024,
    without_memory_nobody_new_comes_in where |config| config.limits.memory_max_bytes = 1,
}

in_each_installation! {
    PROGRAM;
    long_headers_are_not_kept,
}

const PERSON: &str = "愛麗絲";

/// Checks that a handshake is refused for now.
fn assert_later(answer: &Answer, why: &str) {
    assert_eq!(answer.is(503).text(), why);
    assert!(answer.header("retry-after").parse::<u64>().unwrap() > 0, "{answer}");
}

const TOO_MANY: &str = "Too many connections from this address, try again in a moment";

fn options(auth: Value) -> ConnectOptions {
    ConnectOptions { auth: Some(auth), ..ConnectOptions::default() }
}

/// A handshake from another address, as a proxy passes it on.
async fn handshake_from(caller: &Caller, address: &str) -> Answer {
    caller.send(caller.request(Method::GET, HANDSHAKE).header("x-forwarded-for", address)).await
}

/// Waits until a handshake is let in, since a place becomes free only when the server has noticed.
async fn let_in(caller: &Caller) {
    within("a free place", async { while caller.get(HANDSHAKE).await.status != 200 {} }).await;
}

async fn an_address_has_so_many_sessions(stack: &Stack) {
    let (alice, ming) = stack.friends().await;
    let (phone, _laptop) = (alice.socket().await, ming.socket().await);
    let _polling = Polling::open(&ming).await;
    for _ in 0..2 {
        assert_later(&alice.get(HANDSHAKE).await, TOO_MANY);
    }
    let refused = upgrade(&stack.origin(), &ConnectOptions::default()).await.unwrap_err();
    assert_eq!(refused, ConnectError::Upgrade(503, TOO_MANY.to_owned()));
    assert_eq!(stack.refusals().get("limits.address_sessions_max"), 3);
    handshake_from(&alice, "198.51.100.7").await.is(200);
    // A network of IPv6 is one address.
    for address in ["2001:db8::1", "2001:db8::2", "2001:db8::ffff:0:0:3"] {
        handshake_from(&alice, address).await.is(200);
    }
    assert_later(&handshake_from(&alice, "2001:db8::4").await, TOO_MANY);
    handshake_from(&alice, "2001:db8:0:1::4").await.is(200);
    drop(phone);
    let_in(&alice).await;
}

async fn who_has_not_connected_counts_apart(stack: &Stack) {
    let alice = stack.person(PERSON).await;
    let sockets = [alice.socket().await, alice.socket().await, alice.socket().await];
    let (mut one, _) = upgrade(&stack.origin(), &ConnectOptions::default()).await.unwrap();
    let (other, _) = upgrade(&stack.origin(), &ConnectOptions::default()).await.unwrap();
    assert_later(&alice.get(HANDSHAKE).await, TOO_MANY);
    // Who connects is none of them any more.
    let connect = format!("40{}", json!({ "token": alice.token() }));
    one.send(Message::text(connect)).await.unwrap();
    let accepted = within("the answer to CONNECT", one.next()).await.unwrap().unwrap();
    assert!(accepted.to_text().unwrap().starts_with("40{"), "{accepted:?}");
    alice.get(HANDSHAKE).await.is(200);
    assert_later(&alice.get(HANDSHAKE).await, TOO_MANY);
    drop(other);
    let_in(&alice).await;
    assert_eq!(sockets.len(), 3);
}

async fn a_user_has_so_many_sockets(stack: &Stack) {
    let (alice, ming) = stack.friends().await;
    let (phone, laptop) = (alice.socket().await, Polling::open(&alice).await);
    let auth = json!({ "token": alice.token() });
    let refused = Socket::try_connect(&stack.origin(), &options(auth.clone())).await.unwrap_err();
    assert_eq!(refused, ConnectError::Closed, "no CONNECT_ERROR, after which stock clients stay away");
    assert_eq!(stack.refusals().get("limits.user_sockets_max"), 1);
    ming.socket().await;
    drop(phone);
    let connected = async {
        loop {
            if let Ok(socket) = Socket::try_connect(&stack.origin(), &options(auth.clone())).await {
                return socket;
            }
        }
    };
    let tablet = within("a free place", connected).await;
    // By polling, while there are two again.
    let (caller, sid) = (stack.anon(), alice.get(HANDSHAKE).await.is(200).text());
    let sid: Value = serde_json::from_str(sid.trim_start_matches('0')).unwrap();
    let path = format!("{HANDSHAKE}&sid={}", sid["sid"].as_str().unwrap());
    let (waiting, _posted) =
        tokio::join!(caller.get(&path), caller.post_raw(&path, "text/plain", format!("40{auth}")));
    assert_later(&waiting, "busy");
    tablet.ask_ok("sync", json!({})).await;
    laptop.post("3").await.is(200);
}

async fn before_connect_messages_are_short(stack: &Stack) {
    let (alice, _, room) = stack.pair().await;
    let connect = |bytes: usize| {
        let start = format!("40{{\"token\":\"{}\",\"more\":\"", alice.token());
        format!("{start}{}\"}}", "x".repeat(bytes - start.len() - 2))
    };
    let (mut stream, _) = upgrade(&stack.origin(), &ConnectOptions::default()).await.unwrap();
    stream.send(Message::text(connect(1024))).await.unwrap();
    let accepted = within("the answer to CONNECT", stream.next()).await.unwrap().unwrap();
    assert!(accepted.to_text().unwrap().starts_with("40{"), "{accepted:?}");
    let (mut stream, _) = upgrade(&stack.origin(), &ConnectOptions::default()).await.unwrap();
    stream.send(Message::text(connect(1025))).await.unwrap();
    let closed = within("the end", stream.next()).await.unwrap().unwrap();
    assert!(matches!(&closed, Message::Close(Some(frame)) if u16::from(frame.code) == 1009), "{closed:?}");
    let open = alice.get(HANDSHAKE).await.is(200).text();
    let open: Value = serde_json::from_str(open.trim_start_matches('0')).unwrap();
    let path = format!("{HANDSHAKE}&sid={}", open["sid"].as_str().unwrap());
    let post = async |body: String| alice.post_raw(&path, "text/plain;charset=UTF-8", body).await;
    post(connect(1025)).await.is(413);
    post(connect(1024)).await.is(200);
    assert!(alice.get(&path).await.is(200).text().starts_with("40{"));
    // From now on they may be as long as any.
    let message = json!(["send_message", { "chatroom_id": room, "content": "長".repeat(5_000) }]);
    post(format!("42{message}")).await.is(200);
    alice.socket().await.say(&room, &"長".repeat(5_000)).await;
    assert_eq!(stack.refusals().get("polling_bytes"), 1);
}

async fn without_memory_nobody_new_comes_in(stack: &Stack) {
    let alice = stack.person(PERSON).await;
    let why = "The server is short of memory, try again in a moment";
    assert_later(&alice.get(HANDSHAKE).await, why);
    let refused = upgrade(&stack.origin(), &ConnectOptions::default()).await.unwrap_err();
    assert_eq!(refused, ConnectError::Upgrade(503, why.to_owned()));
    assert_eq!(stack.refusals().get("limits.memory_max_bytes"), 2);
}

/// Opens as many sockets as a user may have.
async fn fill(server: &Process, person: &Person, cookie: &str) -> Vec<Socket> {
    let options = ConnectOptions {
        headers: vec![("cookie", cookie.to_owned())],
        ..options(json!({ "token": person.token() }))
    };
    let mut sockets = Vec::new();
    for _ in 0..50 {
        sockets.push(Socket::try_connect(server.origin(), &options).await.unwrap());
    }
    sockets
}

async fn long_headers_are_not_kept(installation: &Installation) {
    let server = installation.start().await;
    let mut people = Vec::new();
    for n in 0..6 {
        people.push(Person::join(&server.anon(), &format!("鄰居{n}")).await);
    }
    let cookie = format!("theme={}", "x".repeat(60_000));
    let mut all = vec![fill(&server, &people[0], &cookie).await];
    let before = server.memory_kb();
    for person in &people[1..] {
        all.push(fill(&server, person, &cookie).await);
    }
    let after = server.memory_kb();
    // The cookies are 15 MB.
    assert!(after < before + 10 * 1024, "{before} KB became {after} KB");
    drop(all);
    server.signal("TERM").await;
}
