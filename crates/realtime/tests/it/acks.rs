//! Acknowledgements and attachments, both ways.

use std::time::Duration;

use bytes::Bytes;
use realtime::{
    Config,
    frame::{Broadcast, Frame},
};
use tokio_tungstenite::tungstenite::Message;

use crate::{
    client::Client,
    http::{Poller, on_one_worker_and_on_four},
    server::{Seen, Server, session},
};

on_one_worker_and_on_four! {
    gets_the_acknowledgement_of_the_client,
    counts_the_questions_of_each_namespace_by_themselves,
    ignores_answers_that_come_twice_or_to_nothing,
    waits_no_longer_than_it_may,
    learns_that_whom_it_asked_is_gone,
    says_attachments_back,
    takes_attachments_in_an_answer,
    sends_attachments_to_many,
    carries_attachments_by_polling,
    ends_with_attachments_that_were_not_announced,
    takes_no_more_attachments_than_it_may,
    takes_no_larger_attachments_than_it_may with Config { max_payload: 1000, ..Config::default() },
    waits_for_attachments_only_for_a_while with Config { stall_timeout: Duration::from_millis(100), ..Config::default() },
    an_announcement_of_nothing_is_a_plain_event,
}

const PLACE: &str = r#"{"_placeholder":true,"num":0}"#;

async fn gets_the_acknowledgement_of_the_client(server: Server) {
    let mut client = Client::join(&server, 1).await;
    client.send(r#"425["ask",null,"你好",{"a":1}]"#).await;
    assert_eq!(client.next().await, r#"420["question","你好",{"a":1}]"#);
    client.send(r#"430["好",2]"#).await;
    assert_eq!(client.next().await, r#"435["好",2]"#);
    client.send(r#"426["ask",null,1]"#).await;
    assert_eq!(client.next().await, r#"421["question",1]"#);
    client.send("431[]").await;
    assert_eq!(client.next().await, "436[]");
}

async fn counts_the_questions_of_each_namespace_by_themselves(server: Server) {
    let mut client = Client::join(&server, 1).await;
    client.send(r#"40/custom,{"user":2}"#).await;
    client.next().await;
    client.send(r#"425["ask",null,1]"#).await;
    assert_eq!(client.next().await, r#"420["question",1]"#);
    client.send(r#"42/custom,6["ask",null,2]"#).await;
    assert_eq!(client.next().await, r#"42/custom,0["question",2]"#);
    client.send(r#"43/custom,0["there"]"#).await;
    assert_eq!(client.next().await, r#"43/custom,6["there"]"#);
    client.send(r#"430["here"]"#).await;
    assert_eq!(client.next().await, r#"435["here"]"#);
}

async fn ignores_answers_that_come_twice_or_to_nothing(server: Server) {
    let mut client = Client::join(&server, 1).await;
    client.send("4317[1]").await;
    client.send(r#"425["ask",null,1]"#).await;
    assert_eq!(client.next().await, r#"420["question",1]"#);
    client.send("430[1]").await;
    client.send("430[2]").await;
    assert_eq!(client.next().await, "435[1]");
    client.ask(r#"["nothing more"]"#).await;
}

async fn waits_no_longer_than_it_may(server: Server) {
    let mut client = Client::join(&server, 1).await;
    client.send(r#"425["ask",50,1]"#).await;
    assert_eq!(client.next().await, r#"420["question",1]"#);
    assert_eq!(client.next().await, r#"435["timed out"]"#);
    client.send("430[\"late\"]").await;
    client.ask(r#"["nothing more"]"#).await;
}

async fn learns_that_whom_it_asked_is_gone(server: Server) {
    let mut client = Client::join(&server, 1).await;
    client.send(r#"425["ask",null,1]"#).await;
    assert_eq!(client.next().await, r#"420["question",1]"#);
    client.send("41").await;
    assert_eq!([server.saw().await, server.saw().await], [Seen::Asked(1), Seen::Gone(1)]);
    client.send(r#"40{"user":2}"#).await;
    assert!(client.next().await.starts_with("40{"));
    client.send("430[\"for another\"]").await;
    client.ask(r#"["nothing more"]"#).await;
}

async fn says_attachments_back(server: Server) {
    let mut client = Client::join(&server, 1).await;
    client.send(&format!(r#"452-7["echo",{PLACE},{{"deep":[{{"_placeholder":true,"num":1}}]}}]"#)).await;
    client.raw(Message::binary(vec![1, 2, 3])).await;
    client.raw(Message::binary(vec![])).await;
    assert_eq!(
        client.next().await,
        format!(r#"462-7[{PLACE},{{"deep":[{{"_placeholder":true,"num":1}}]}}]"#)
    );
    assert_eq!(client.message().await, Some(Message::binary(vec![1, 2, 3])));
    assert_eq!(client.message().await, Some(Message::binary(vec![])));
}

async fn takes_attachments_in_an_answer(server: Server) {
    let mut client = Client::join(&server, 1).await;
    client.send(r#"425["ask",null,1]"#).await;
    assert_eq!(client.next().await, r#"420["question",1]"#);
    client.send(&format!("461-0[{PLACE}]")).await;
    client.raw(Message::binary(vec![9])).await;
    assert_eq!(client.next().await, format!("461-5[{PLACE}]"));
    assert_eq!(client.message().await, Some(Message::binary(vec![9])));
}

async fn sends_attachments_to_many(server: Server) {
    let (mut socket, poller) = (Client::join(&server, 1).await, Poller::join(&server, 1).await);
    let frame = Frame::binary_event_in("/", "file", &[PLACE], &[Bytes::from_static(&[1, 2, 3, 4])]);
    server.hubs.emit(Broadcast::new(vec![session(1)], frame));
    assert_eq!(socket.next().await, format!(r#"451-["file",{PLACE}]"#));
    assert_eq!(socket.message().await, Some(Message::binary(vec![1, 2, 3, 4])));
    assert_eq!(poller.packets().await, [format!(r#"451-["file",{PLACE}]"#), "bAQIDBA==".to_owned()]);
}

async fn carries_attachments_by_polling(server: Server) {
    let client = Poller::join(&server, 1).await;
    let announced = format!(r#"451-7["echo",{PLACE}]"#);
    assert_eq!(client.post(&format!("{announced}\u{1e}bAQIDBA==")).await.ok(), "ok");
    assert_eq!(client.packets().await, [format!("461-7[{PLACE}]"), "bAQIDBA==".to_owned()]);
    assert_eq!(client.post(&announced).await.ok(), "ok");
    assert_eq!(client.post("bNDQ0").await.ok(), "ok", "in a body of its own, and beginning like a packet");
    assert_eq!(client.packets().await, [format!("461-7[{PLACE}]"), "bNDQ0".to_owned()]);
}

async fn ends_with_attachments_that_were_not_announced(server: Server) {
    let mut client = Client::join(&server, 1).await;
    client.raw(Message::binary(vec![4, 1, 2])).await;
    assert_eq!(client.closed().await, Some(1002));
    let mut client = Client::join(&server, 1).await;
    client.send(&format!(r#"451-["echo",{PLACE}]"#)).await;
    client.send(r#"42["echo"]"#).await;
    assert_eq!(client.closed().await, Some(1002), "a text where an attachment was announced");
    let client = Poller::join(&server, 1).await;
    client.post("bAQID").await.refused(3);
    client.gone().await;
}

async fn takes_no_more_attachments_than_it_may(server: Server) {
    for packet in
        [r#"4511-["echo"]"#, r#"45999999999-["echo"]"#, r#"45-["echo"]"#, r#"451["echo"]"#, "461-[]"]
    {
        let mut client = Client::join(&server, 1).await;
        client.send(packet).await;
        assert_eq!(client.closed().await, Some(1002), "{packet}");
    }
    for place in
        [r#"{"_placeholder":true,"num":1}"#, r#"{"_placeholder":true,"num":-1}"#, r#"{"_placeholder":true}"#]
    {
        let mut client = Client::join(&server, 1).await;
        client.send(&format!(r#"451-["echo",{place}]"#)).await;
        assert_eq!(client.closed().await, Some(1002), "{place}");
    }
}

async fn takes_no_larger_attachments_than_it_may(server: Server) {
    let mut client = Client::join(&server, 1).await;
    client.send(&format!(r#"452-1["echo",{PLACE}]"#)).await;
    client.raw(Message::binary(vec![0; 600])).await;
    client.raw(Message::binary(vec![0; 400])).await;
    assert!(client.next().await.starts_with("462-1"), "both together are as large as one may be");
    client.message().await;
    client.message().await;
    client.send(&format!(r#"452-1["echo",{PLACE}]"#)).await;
    client.raw(Message::binary(vec![0; 600])).await;
    client.raw(Message::binary(vec![0; 401])).await;
    assert_eq!(client.closed().await, Some(1002));
}

async fn waits_for_attachments_only_for_a_while(server: Server) {
    let mut client = Client::join(&server, 1).await;
    client.send(&format!(r#"451-["echo",{PLACE}]"#)).await;
    assert_eq!(client.closed().await, Some(1002));
}

async fn an_announcement_of_nothing_is_a_plain_event(server: Server) {
    let mut client = Client::join(&server, 1).await;
    client.send(r#"450-7["echo",1]"#).await;
    assert_eq!(client.next().await, "437[1]");
    client.ask(r#"["nothing is awaited"]"#).await;
}
