//! How a client joins, and how it does not.

use std::time::Duration;

use realtime::{
    Config,
    frame::{Broadcast, Frame, Topic},
};
use tokio_tungstenite::tungstenite::Message;

use crate::{
    client::Client,
    http::{Poller, request},
    server::{Seen, Server, room, session},
};

const PROTOCOL_ERROR: Option<u16> = Some(1002);

#[tokio::test]
async fn joins_under_a_name_of_its_own() {
    let server = Server::start().await;
    let client = Client::join(&server, 1).await;
    assert!(client.sid.len() >= 22);
    assert_ne!(client.open["sid"], client.sid.as_str(), "the name of the session is a secret");
    assert_eq!(server.saw().await, Seen::Asked(1));
    drop(client);
    assert_eq!(server.saw().await, Seen::Gone(1));
    server.connections(0).await;
}

#[tokio::test]
async fn refuses_with_a_reason_and_lets_it_try_again() {
    let server = Server::start().await;
    let mut client = Client::open(&server).await;
    for packet in ["40", "40{}", r#"40{"token":"x"}"#] {
        client.send(packet).await;
        assert_eq!(
            client.next().await,
            r#"44{"message":"Not authenticated","data":{"code":"unauthorized"}}"#
        );
    }
    client.send(r#"40{"user":5}"#).await;
    assert!(client.next().await.starts_with(r#"40{"sid":""#));
}

#[tokio::test]
async fn is_known_by_its_first_request_or_by_a_later_one_of_a_page() {
    let server = Server::start().await;
    let path = "/socket.io/?EIO=4&transport=polling";
    let open = request(server.address, "GET", path, &[("cookie", "first")], "").await.ok();
    let open: serde_json::Value = serde_json::from_str(open.strip_prefix('0').unwrap()).unwrap();
    let path = format!("{path}&sid={}", open["sid"].as_str().unwrap());
    let own = ("origin", "http://localhost");
    let cases: [(&[(&str, &str)], _); 3] = [
        (&[("cookie", "second")], "first"),
        (&[("cookie", "third"), own], "third"),
        (&[("cookie", "fourth")], "third"),
    ];
    for (headers, known) in cases {
        request(server.address, "POST", &path, headers, r#"40{"cookie":"?"}"#).await.ok();
        let answer = request(server.address, "GET", &path, &[], "").await.ok();
        assert_eq!(answer, format!(r#"44{{"message":"{known}"}}"#));
    }
}

#[tokio::test]
async fn closes_the_transport_of_a_client_that_cannot_be_served_now() {
    let server = Server::start().await;
    let mut client = Client::open(&server).await;
    client.send(r#"40{"busy":true}"#).await;
    let last = client.message().await;
    assert!(
        matches!(&last, Some(Message::Close(Some(frame))) if u16::from(frame.code) == 1013),
        "no packet says so, or stock clients would not come back: {last:?}"
    );
    let polling = Poller::open(&server, "socket.io").await;
    let waiting = polling.park().await;
    polling.post(r#"40{"busy":true}"#).await.ok();
    let last = waiting.await.unwrap();
    assert_eq!((last.status, last.body.as_str()), (503, "busy"));
    assert!(last.header("retry-after").is_some());
    polling.get().await.refused(1);
    client.closed().await;
    server.connections(0).await;
}

#[tokio::test]
async fn knows_one_namespace_only() {
    let server = Server::start().await;
    let mut client = Client::open(&server).await;
    client.send("40/admin,{}").await;
    assert_eq!(client.next().await, r#"44/admin,{"message":"Invalid namespace"}"#);
    client.send(r#"40{"user":5}"#).await;
    assert!(client.next().await.starts_with("40{"));
    client.send("40/b").await;
    assert_eq!(client.next().await, r#"44/b,{"message":"Invalid namespace"}"#);
    client.ask(r#"["still here"]"#).await;
    client.send(r#"42/b,["x"]"#).await;
    assert_eq!(client.closed().await, PROTOCOL_ERROR);
}

#[tokio::test]
async fn closes_on_anything_before_joining() {
    let server = Server::start().await;
    for packet in [
        r#"42["x"]"#,
        "431[]",
        "41",
        r#"44{"message":"x"}"#,
        "40[]",
        "4",
        "2",
        "3probe",
        "5",
        "6",
        "x",
        "",
        "0{}",
    ] {
        let mut client = Client::open(&server).await;
        client.send(packet).await;
        assert_eq!(client.closed().await, PROTOCOL_ERROR, "{packet}");
    }
    server.connections(0).await;
}

#[tokio::test]
async fn closes_on_joining_twice() {
    let server = Server::start().await;
    let mut joined = Client::join(&server, 1).await;
    joined.send(r#"40{"user":2}"#).await;
    assert_eq!(joined.closed().await, PROTOCOL_ERROR);
    assert_eq!([server.saw().await, server.saw().await], [Seen::Asked(1), Seen::Gone(1)]);

    let mut asking = Client::open(&server).await;
    asking.send(r#"40{"user":3,"wait":true}"#).await;
    assert_eq!(server.saw().await, Seen::Asked(3));
    asking.send(r#"40{"user":4}"#).await;
    assert_eq!(asking.closed().await, PROTOCOL_ERROR);

    let mut asking = Client::open(&server).await;
    asking.send(r#"40{"user":6,"wait":true}"#).await;
    assert_eq!(server.saw().await, Seen::Asked(6));
    asking.send(r#"42["early"]"#).await;
    assert_eq!(asking.closed().await, PROTOCOL_ERROR);
    server.connections(0).await;
}

#[tokio::test]
async fn leaves_and_joins_again_on_the_same_connection() {
    let server = Server::start().await;
    let mut client = Client::join(&server, 1).await;
    client.send("41").await;
    assert_eq!([server.saw().await, server.saw().await], [Seen::Asked(1), Seen::Gone(1)]);
    server.hubs.emit(Broadcast::new(vec![session(1)], Frame::event("lost", &[])));
    client.send(r#"40{"user":2}"#).await;
    assert!(client.next().await.starts_with("40{"), "what is sent to those who left does not arrive");
    drop(client);
    assert_eq!([server.saw().await, server.saw().await], [Seen::Asked(2), Seen::Gone(2)]);
}

#[tokio::test]
async fn gives_nothing_to_a_client_that_an_earlier_one_asked_for() {
    let server = Server::start().await;
    let mut client = Client::join(&server, 1).await;
    client.send(r#"420["wait",1]"#).await;
    assert_eq!([server.saw().await, server.saw().await], [Seen::Asked(1), Seen::Began("1".into())]);
    client.send("41").await;
    assert_eq!(server.saw().await, Seen::Gone(1));
    client.send(r#"40{"user":2}"#).await;
    assert!(client.next().await.starts_with("40{"));
    assert_eq!(server.saw().await, Seen::Asked(2));
    server.application.permits.add_permits(1);
    assert_eq!(server.saw().await, Seen::Done("1".into()));
    client.send(r#"421["echo"]"#).await;
    assert_eq!(client.next().await, "431[]", "not the answer to the event of user 1");
    server.hubs.emit(Broadcast::new(vec![room(1)], Frame::event("secret", &[])));
    client.ask(r#"["nothing more"]"#).await;
}

#[tokio::test]
async fn ends_a_connection_that_does_not_join() {
    let server =
        Server::with(Config { connect_timeout: Duration::from_millis(50), ..Config::default() }).await;
    let idle = Client::open(&server).await;
    let mut undecided = Client::open(&server).await;
    undecided.send(r#"40{"user":1,"wait":true}"#).await;
    assert_eq!(idle.closed().await, Some(1008));
    assert_eq!(undecided.closed().await, Some(1008));
    server.connections(0).await;
}

#[tokio::test]
async fn a_client_that_is_accepted_too_late_is_gone_as_well() {
    let config = Config { connect_timeout: Duration::from_millis(50), ..Config::default() };
    let server = Server::on(1, config).await;
    let undecided = Poller::open(&server, "socket.io").await;
    assert_eq!(undecided.post(r#"40{"user":1,"wait":true}"#).await.ok(), "ok");
    assert_eq!(server.saw().await, Seen::Asked(1));
    let later = Poller::open(&server, "socket.io").await;
    assert_eq!(later.get().await.ok(), "1", "its time is over, and so is that of the first");
    server.application.permits.add_permits(1);
    assert_eq!(server.saw().await, Seen::Gone(1));
}

#[tokio::test]
async fn cannot_slip_in_while_its_session_is_being_closed() {
    let server = Server::start().await;
    let mut client = Client::open(&server).await;
    client.send(r#"40{"user":7,"wait":true}"#).await;
    assert_eq!(server.saw().await, Seen::Asked(7));
    server.hubs.close(session(7));
    server.application.permits.add_permits(1);
    assert_eq!(client.next().await, "1");
    assert_eq!(client.closed().await, Some(1000));
    assert_eq!(server.saw().await, Seen::Gone(7));

    Client::join(&server, 7).await.ask(r#"["a later one may"]"#).await;
}

#[tokio::test]
async fn is_closed_with_its_topic_after_what_is_queued() {
    let server = Server::start().await;
    let mut others = Vec::new();
    for user in [1, 1, 1, 2] {
        others.push(Client::join(&server, user).await);
    }
    let mut bystander = others.pop().unwrap();
    server.hubs.emit(Broadcast::new(vec![session(1)], Frame::event("session_revoked", &["{}"])));
    server.hubs.close(session(1));
    for mut client in others {
        assert_eq!(client.next().await, r#"42["session_revoked",{}]"#);
        assert_eq!(client.next().await, "1");
        assert_eq!(client.closed().await, Some(1000));
    }
    bystander.ask(r#"["still here"]"#).await;
    server.connections(1).await;
}

#[tokio::test]
async fn may_close_itself_in_every_way() {
    let server = Server::start().await;
    let mut engine = Client::join(&server, 1).await;
    engine.send("1").await;
    assert_eq!(engine.closed().await, Some(1000));
    let mut quitter = Client::join(&server, 2).await;
    quitter.send(r#"42["quit"]"#).await;
    assert_eq!(quitter.next().await, "1");
    assert_eq!(quitter.closed().await, Some(1000));
    let mut polite = Client::join(&server, 3).await;
    polite.socket.close(None).await.unwrap();
    assert_eq!(polite.closed().await, Some(1000));
    drop(Client::join(&server, 4).await);
    server.connections(0).await;

    server.hubs.emit(Broadcast::new(vec![Topic::User(domain::id::UserId(1))], Frame::event("nobody", &[])));
    let mut gone = Vec::new();
    for _ in 0..8 {
        if let Seen::Gone(user) = server.saw().await {
            gone.push(user);
        }
    }
    gone.sort_unstable();
    assert_eq!(gone, [1, 2, 3, 4], "each is gone exactly once");
}
