//! Several namespaces on one session.

use realtime::{
    Config,
    frame::{Broadcast, Frame},
};
use tokio_tungstenite::tungstenite::Message;

use crate::{
    client::Client,
    http::{Poller, on_one_worker_and_on_four},
    server::{GREETED, Seen, Server, session},
};

on_one_worker_and_on_four! {
    joins_each_under_a_name_of_its_own,
    answers_where_it_was_asked,
    sends_a_frame_to_its_namespace_only,
    leaves_one_and_stays_in_the_other,
    is_taken_out_of_one_and_stays_in_the_other,
    may_be_in_another_than_the_root,
    gets_the_event_of_its_joining_first,
    ends_with_a_packet_for_a_namespace_that_it_is_not_in,
    ends_when_it_joins_one_twice,
    knows_what_is_no_namespace,
    has_a_time_to_join with Config { connect_timeout: std::time::Duration::from_secs(1), ..Config::default() },
}

async fn custom(client: &mut Client, user: i64) -> String {
    client.send(&format!(r#"40/custom,{{"user":{user}}}"#)).await;
    let reply = client.next().await;
    reply.strip_prefix(r#"40/custom,{"sid":""#).unwrap_or_else(|| panic!("{reply}")).to_owned()
}

async fn joins_each_under_a_name_of_its_own(server: Server) {
    let mut client = Client::join(&server, 1).await;
    let sid = custom(&mut client, 2).await;
    assert!(!sid.starts_with(&client.sid) && !sid.starts_with(client.open["sid"].as_str().unwrap()));
    assert_eq!([server.saw().await, server.saw().await], [Seen::Asked(1), Seen::Asked(2)]);
    drop(client);
    let mut gone = [server.saw().await, server.saw().await];
    gone.sort_by_key(|seen| format!("{seen:?}"));
    assert_eq!(gone, [Seen::Gone(1), Seen::Gone(2)]);
}

async fn answers_where_it_was_asked(server: Server) {
    let mut client = Client::join(&server, 1).await;
    custom(&mut client, 2).await;
    client.send(r#"42/custom,7["echo","一"]"#).await;
    assert_eq!(client.next().await, r#"43/custom,7["一"]"#);
    client.send(r#"427["echo","二"]"#).await;
    assert_eq!(client.next().await, r#"437["二"]"#);
}

async fn sends_a_frame_to_its_namespace_only(server: Server) {
    let mut client = Client::join(&server, 1).await;
    custom(&mut client, 1).await;
    server.hubs.emit(Broadcast::new(vec![session(1)], Frame::event_in("/custom", "n", &["1"])));
    server.hubs.emit(Broadcast::new(vec![session(1)], Frame::event("n", &["2"])));
    server.hubs.emit(Broadcast::new(vec![session(1)], Frame::event_in("/other", "n", &["3"])));
    assert_eq!(client.next().await, r#"42/custom,["n",1]"#);
    assert_eq!(client.next().await, r#"42["n",2]"#);
    client.ask(r#"["nothing more"]"#).await;
}

async fn leaves_one_and_stays_in_the_other(server: Server) {
    let mut client = Client::join(&server, 1).await;
    custom(&mut client, 2).await;
    client.send("41/custom").await;
    assert_eq!(
        [server.saw().await, server.saw().await, server.saw().await],
        [Seen::Asked(1), Seen::Asked(2), Seen::Gone(2)]
    );
    client.ask(r#"["still here"]"#).await;
    custom(&mut client, 3).await;
    client.send("41").await;
    client.send(r#"42/custom,1["still here"]"#).await;
    assert_eq!(client.next().await, "43/custom,1[]");
}

async fn is_taken_out_of_one_and_stays_in_the_other(server: Server) {
    let mut client = Client::join(&server, 1).await;
    custom(&mut client, 2).await;
    client.send(r#"42/custom,["vanish"]"#).await;
    assert_eq!(client.next().await, "41/custom,");
    assert_eq!(
        [server.saw().await, server.saw().await, server.saw().await],
        [Seen::Asked(1), Seen::Asked(2), Seen::Gone(2)]
    );
    client.ask(r#"["still here"]"#).await;
    client.send(r#"42["vanish"]"#).await;
    assert_eq!(client.next().await, "41");
    client.send(r#"40{"user":4}"#).await;
    assert!(client.next().await.starts_with("40{"), "it may come again on the same connection");
}

async fn may_be_in_another_than_the_root(server: Server) {
    let mut client = Client::open(&server).await;
    custom(&mut client, 2).await;
    client.send(r#"42/custom,1["still here"]"#).await;
    assert_eq!(client.next().await, "43/custom,1[]");
    client.send(r#"42["echo"]"#).await;
    assert_eq!(client.closed().await, Some(1002));
}

async fn gets_the_event_of_its_joining_first(server: Server) {
    let mut client = Client::join(&server, GREETED).await;
    assert_eq!(client.next().await, r#"42["welcome"]"#);
    custom(&mut client, GREETED).await;
    assert_eq!(client.next().await, r#"42/custom,["welcome"]"#);
    let client = Poller::open(&server, "socket.io").await;
    assert_eq!(client.post(&format!(r#"40{{"user":{GREETED}}}"#)).await.ok(), "ok");
    let packets = client.packets().await;
    assert!(packets[0].starts_with("40{"));
    assert_eq!(packets[1..], [r#"42["welcome"]"#]);
}

async fn ends_with_a_packet_for_a_namespace_that_it_is_not_in(server: Server) {
    for packet in [r#"42/custom,["x"]"#, "43/custom,1[]", "41/custom", r#"42/other,["x"]"#, "44/custom,{}"] {
        let mut client = Client::join(&server, 1).await;
        client.send(packet).await;
        assert_eq!(client.closed().await, Some(1002), "{packet}");
    }
    let mut client = Client::join(&server, 1).await;
    client.send(r#"451-/custom,["x",{"_placeholder":true,"num":0}]"#).await;
    client.raw(Message::binary(vec![1])).await;
    assert_eq!(client.closed().await, Some(1002));
}

async fn ends_when_it_joins_one_twice(server: Server) {
    let mut client = Client::join(&server, 1).await;
    custom(&mut client, 2).await;
    client.send(r#"40/custom,{"user":2}"#).await;
    assert_eq!(client.closed().await, Some(1002));
    let client = Poller::join(&server, 1).await;
    client.post(r#"40{"user":1}"#).await.refused(3);
    client.gone().await;
}

async fn knows_what_is_no_namespace(server: Server) {
    let mut client = Client::join(&server, 1).await;
    for (packet, name) in
        [("40/random", "/random"), ("40/admin,{\"user\":1}", "/admin"), ("40/custom/", "/custom/")]
    {
        client.send(packet).await;
        assert_eq!(client.next().await, format!(r#"44{name},{{"message":"Invalid namespace"}}"#));
    }
    client.send("40/custom,").await;
    assert_eq!(
        client.next().await,
        r#"44/custom,{"message":"Not authenticated","data":{"code":"unauthorized"}}"#
    );
    client.ask(r#"["still here"]"#).await;
    custom(&mut client, 1).await;
}

async fn has_a_time_to_join(server: Server) {
    let mut client = Client::open(&server).await;
    client.send("40/random").await;
    assert_eq!(client.next().await, r#"44/random,{"message":"Invalid namespace"}"#);
    assert_eq!(client.closed().await, Some(1008));
    let mut client = Client::open(&server).await;
    custom(&mut client, 1).await;
    client.send("41/custom").await;
    assert_eq!(client.closed().await, Some(1008), "after leaving there is as much time to join again");
}
