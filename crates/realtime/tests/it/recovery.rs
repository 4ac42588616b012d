//! What a client missed comes before what is new, and nothing twice.

use realtime::{
    Config,
    frame::{Broadcast, Frame},
};

use crate::{
    client::Client,
    http::on_one_worker_and_on_four,
    server::{Seen, Server, session},
};

on_one_worker_and_on_four! {
    gets_what_it_missed_before_what_is_new,
    keeps_its_sid_and_gets_its_pid,
    adds_nothing_for_those_who_did_not_ask,
    is_refused_when_nothing_can_be_found,
    catches_up_while_it_is_connected,
    goes_on_when_nothing_can_be_found,
    holds_no_more_than_a_queue_would with Config { queue_frames: 10, ..Config::default() },
    forgets_a_client_that_goes_while_it_resumes,
}

fn change(server: &Server, place: i64) {
    let frame = Frame::event("n", &[&place.to_string()]);
    let recoverable = Some(Frame::event("n", &[&place.to_string(), &format!(r#","0.{place}""#)]));
    let part = Broadcast::new(vec![session(1)], frame);
    server.hubs.emit(Broadcast { position: Some(place), recoverable, ..part });
}

fn word(server: &Server, word: &str) {
    server.hubs.emit(Broadcast::new(vec![session(1)], Frame::event("n", &[&format!(r#""{word}""#)])));
}

/// Asks to join with what was missed up to a place.
async fn resume(server: &Server, auth: &str) -> Client {
    let mut client = Client::open(server).await;
    client.send(&format!(r#"40{{"user":1,{auth}}}"#)).await;
    assert_eq!(server.saw().await, Seen::Asked(1));
    assert!(matches!(server.saw().await, Seen::Began(_)));
    client
}

async fn gets_what_it_missed_before_what_is_new(server: Server) {
    let mut client = resume(&server, r#""missed":7"#).await;
    change(&server, 6);
    change(&server, 7);
    word(&server, "between");
    change(&server, 8);
    server.application.permits.add_permits(1);
    assert!(client.next().await.starts_with(r#"40{"sid":""#));
    for place in 5..=7 {
        assert_eq!(client.next().await, format!(r#"42["missed",{place}]"#));
    }
    assert_eq!(client.next().await, r#"42["n","between"]"#);
    assert_eq!(client.next().await, r#"42["n",8]"#);
    for place in [5, 7, 9] {
        change(&server, place);
    }
    word(&server, "more");
    assert_eq!(client.next().await, r#"42["n",9]"#, "the fifth and the seventh it knows");
    assert_eq!(client.next().await, r#"42["n","more"]"#);
    client.ask(r#"["nothing more"]"#).await;
}

async fn keeps_its_sid_and_gets_its_pid(server: Server) {
    assert!(!server.hubs.has_recovering());
    let mut client = resume(&server, r#""missed":3,"sid":"abc","pid":"geheim","recover":true"#).await;
    server.application.permits.add_permits(1);
    assert_eq!(client.next().await, r#"40{"sid":"abc","pid":"geheim"}"#);
    for place in 1..=3 {
        assert_eq!(client.next().await, format!(r#"42["missed",{place}]"#));
    }
    assert!(server.hubs.has_recovering());
    change(&server, 4);
    word(&server, "ohne");
    assert_eq!(client.next().await, r#"42["n",4,"0.4"]"#);
    assert_eq!(client.next().await, r#"42["n","ohne"]"#);
    drop(client);
    assert_eq!(server.saw().await, Seen::Gone(1));
    while server.hubs.has_recovering() {
        tokio::task::yield_now().await;
    }
}

async fn adds_nothing_for_those_who_did_not_ask(server: Server) {
    let mut plain = Client::join(&server, 1).await;
    let mut asked = Client::open(&server).await;
    asked.send(r#"40{"user":1,"recover":true}"#).await;
    asked.next().await;
    change(&server, 1);
    assert_eq!(plain.next().await, r#"42["n",1]"#);
    assert_eq!(asked.next().await, r#"42["n",1,"0.1"]"#);
}

async fn is_refused_when_nothing_can_be_found(server: Server) {
    let mut client = resume(&server, r#""missed":-1"#).await;
    change(&server, 1);
    server.application.permits.add_permits(1);
    assert_eq!(client.next().await, r#"44{"message":"Too old"}"#);
    assert_eq!(server.saw().await, Seen::Gone(1));
    client.send(r#"40{"user":1}"#).await;
    assert!(client.next().await.starts_with("40{"), "what was held is gone");
    client.ask(r#"["nothing more"]"#).await;
}

async fn catches_up_while_it_is_connected(server: Server) {
    let mut client = Client::join(&server, 1).await;
    assert_eq!(server.saw().await, Seen::Asked(1));
    change(&server, 4);
    assert_eq!(client.next().await, r#"42["n",4]"#);
    client.send(r#"421["catch up",7]"#).await;
    assert_eq!(server.saw().await, Seen::Began("to 7".into()));
    change(&server, 7);
    change(&server, 8);
    client.ask(r#"["answers are not held"]"#).await;
    server.application.permits.add_permits(1);
    for place in 5..=7 {
        assert_eq!(client.next().await, format!(r#"42["missed",{place}]"#));
    }
    assert_eq!(client.next().await, r#"42["n",8]"#);
    assert_eq!(client.next().await, "431[7]");
    change(&server, 7);
    client.ask(r#"["nothing more"]"#).await;
}

async fn goes_on_when_nothing_can_be_found(server: Server) {
    let mut client = Client::join(&server, 1).await;
    assert_eq!(server.saw().await, Seen::Asked(1));
    client.send(r#"42["catch up",0]"#).await;
    assert_eq!(server.saw().await, Seen::Began("to 0".into()));
    client.send(r#"421["catch up",9]"#).await;
    assert_eq!(server.saw().await, Seen::Began("to 9".into()));
    change(&server, 10);
    server.application.permits.add_permits(1);
    for place in -2..=0 {
        assert_eq!(client.next().await, format!(r#"42["missed",{place}]"#));
    }
    client.ask(r#"["still held for the other"]"#).await;
    server.application.permits.add_permits(1);
    for place in 7..=9 {
        assert_eq!(client.next().await, format!(r#"42["missed",{place}]"#));
    }
    assert_eq!(client.next().await, r#"42["n",10]"#);
}

async fn holds_no_more_than_a_queue_would(server: Server) {
    let client = resume(&server, r#""missed":7"#).await;
    for place in 8..20 {
        change(&server, place);
    }
    assert_eq!(client.closed().await, None, "cut");
    assert_eq!(server.saw().await, Seen::Gone(1));
}

async fn forgets_a_client_that_goes_while_it_resumes(server: Server) {
    drop(resume(&server, r#""missed":7"#).await);
    assert_eq!(server.saw().await, Seen::Gone(1));
    server.connections(0).await;
    assert!(!server.hubs.has_subscribers(session(1)));
}
