//! Events from clients, and their acknowledgements.

use realtime::Config;
use tokio_tungstenite::tungstenite::Message;

use crate::{
    client::Client,
    server::{Seen, Server},
};

#[tokio::test]
async fn acknowledges_pipelined_events_in_their_order() {
    let server = Server::start().await;
    let mut client = Client::join(&server, 1).await;
    for id in 0..200 {
        client.send(&format!(r#"42{id}["echo",{id},{{"文":"第{id}句"}}]"#)).await;
    }
    for id in 0..200 {
        assert_eq!(client.next().await, format!(r#"43{id}[{id},{{"文":"第{id}句"}}]"#));
    }
}

#[tokio::test]
async fn answers_only_those_who_ask() {
    let server = Server::start().await;
    let mut client = Client::join(&server, 1).await;
    client.send(r#"42["echo",1]"#).await;
    client.send(r#"420["echo",2]"#).await;
    assert_eq!(client.next().await, "430[2]");
    client.send(r#"4218446744073709551615["echo",3]"#).await;
    assert_eq!(client.next().await, "4318446744073709551615[3]");
    client.send("4317[\"an answer to nothing\"]").await;
    client.send("421[7,\"a number for a name\"]").await;
    assert_eq!(client.next().await, r#"431["a number for a name"]"#);
}

#[tokio::test]
async fn finishes_what_was_asked_when_the_client_goes() {
    let server = Server::start().await;
    let mut client = Client::join(&server, 1).await;
    client.send(r#"421["wait","a"]"#).await;
    assert_eq!(server.saw().await, Seen::Asked(1));
    assert_eq!(server.saw().await, Seen::Began(r#""a""#.into()));
    drop(client);
    assert_eq!(server.saw().await, Seen::Gone(1));
    server.application.permits.add_permits(1);
    assert_eq!(server.saw().await, Seen::Done(r#""a""#.into()));
}

#[tokio::test]
async fn begins_events_in_order_and_no_more_than_it_may() {
    let server = Server::with(Config { max_pending: 3, ..Config::default() }).await;
    let mut client = Client::join(&server, 1).await;
    assert_eq!(server.saw().await, Seen::Asked(1));
    for n in 0..20 {
        client.send(&format!(r#"42{n}["wait",{n}]"#)).await;
    }
    for n in 0..3 {
        assert_eq!(server.saw().await, Seen::Began(n.to_string()));
    }
    for n in 0..20 {
        server.application.permits.add_permits(1);
        assert_eq!(server.saw().await, Seen::Done(n.to_string()));
        if n < 17 {
            assert_eq!(server.saw().await, Seen::Began((n + 3).to_string()));
        }
        assert_eq!(client.next().await, format!("43{n}[{n}]"));
    }
}

#[tokio::test]
async fn closes_on_broken_events_and_on_binary_ones() {
    let server = Server::start().await;
    let packets = [
        "42",
        "42[]",
        r#"42["disconnect"]"#,
        r#"42["x""#,
        r#"42{"x":1}"#,
        r#"4299999999999999999999["x"]"#,
        "43[]",
        r#"451-["x",{"_placeholder":true,"num":1}]"#,
        "461-[]",
        "47",
        "4你",
    ];
    for packet in packets {
        let mut client = Client::join(&server, 1).await;
        client.send(packet).await;
        assert_eq!(client.closed().await, Some(1002), "{packet}");
    }
    let mut client = Client::join(&server, 1).await;
    client.raw(Message::binary(vec![4, 1, 2])).await;
    assert_eq!(client.closed().await, Some(1002));
}
