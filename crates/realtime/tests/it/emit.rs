//! Events to clients: everyone who should, once, in order.

use domain::id::UserId;
use realtime::frame::{Broadcast, Frame, Topic};

use crate::{
    client::Client,
    server::{Server, room},
};

fn number(n: usize) -> Frame {
    Frame::event("n", &[&n.to_string()])
}

async fn in_room(server: &Server, user: i64, number: u64) -> Client {
    let mut client = Client::join(server, user).await;
    client.ask(&format!(r#"["join",{number}]"#)).await;
    client
}

#[tokio::test]
async fn reaches_every_worker_once_and_in_order() {
    let server = Server::start().await;
    let mut clients = Vec::new();
    for user in 0..12 {
        clients.push(in_room(&server, user, 1).await);
    }
    let hubs = server.hubs.clone();
    std::thread::spawn(move || (0..100).for_each(|n| hubs.emit(Broadcast::new(vec![room(1)], number(n)))))
        .join()
        .unwrap();
    for client in &mut clients {
        for n in 0..100 {
            assert_eq!(client.next().await, format!(r#"42["n",{n}]"#));
        }
        client.ask(r#"["nothing more"]"#).await;
    }
}

#[tokio::test]
async fn reaches_the_union_of_topics_but_for_exceptions() {
    let server = Server::start().await;
    let mut both = in_room(&server, 1, 1).await;
    let mut excepted_user = in_room(&server, 2, 1).await;
    let mut roomless = Client::join(&server, 3).await;
    let mut shouter = in_room(&server, 4, 1).await;
    let mut stranger = in_room(&server, 5, 2).await;

    let mut part = Broadcast::new(
        vec![room(1), Topic::User(UserId(1)), Topic::User(UserId(3)), room(1), room(9)],
        number(1),
    );
    part.except = vec![Topic::User(UserId(2)), room(8)];
    let second = Broadcast {
        volatile: true,
        ..Broadcast::new(vec![Topic::User(UserId(1)), Topic::User(UserId(2))], number(2))
    };
    server.hubs.emit(vec![part, second]);
    for client in [&mut both, &mut roomless, &mut shouter] {
        assert_eq!(client.next().await, r#"42["n",1]"#);
    }
    for client in [&mut both, &mut excepted_user] {
        assert_eq!(client.next().await, r#"42["n",2]"#);
    }

    shouter.ask(r#"["shout",1,{"content":"大家好"}]"#).await;
    for client in [&mut both, &mut excepted_user] {
        assert_eq!(client.next().await, r#"42["received",{"content":"大家好"}]"#);
    }
    for client in [&mut both, &mut excepted_user, &mut roomless, &mut shouter, &mut stranger] {
        client.ask(r#"["nothing more"]"#).await;
    }
}

#[tokio::test]
async fn joining_and_leaving_count_from_the_acknowledgement_on() {
    let server = Server::start().await;
    let mut client = Client::join(&server, 1).await;
    for n in 0..50 {
        client.ask(r#"["join",1]"#).await;
        server.hubs.emit(Broadcast::new(vec![room(1)], number(n)));
        assert_eq!(client.next().await, format!(r#"42["n",{n}]"#));
        client.ask(r#"["leave",1]"#).await;
        server.hubs.emit(Broadcast::new(vec![room(1)], number(n)));
    }
    client.ask(r#"["join",1]"#).await;
    client.ask(r#"["join",1]"#).await;
    assert!(server.hubs.has_subscribers(room(1)));
    client.ask(r#"["leave",1]"#).await;
    assert!(!server.hubs.has_subscribers(room(1)), "joining twice is joining once");
    server.hubs.emit(Broadcast::new(vec![room(1)], number(99)));
    client.ask(r#"["leave",1]"#).await;
    client.ask(r#"["nothing more"]"#).await;
}

#[tokio::test]
async fn is_subscribed_before_it_is_accepted() {
    let server = Server::start().await;
    for user in 0..20 {
        let mut client = Client::join(&server, user).await;
        server.hubs.emit(Broadcast::new(vec![Topic::User(UserId(user))], number(1)));
        assert_eq!(client.next().await, r#"42["n",1]"#);
    }
}
