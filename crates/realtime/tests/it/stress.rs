//! Many at once.

use realtime::frame::{Broadcast, Frame};

use crate::{
    client::Client,
    server::{Server, room},
};

#[tokio::test]
async fn two_hundred_sockets_get_two_hundred_events_in_order() {
    let server = Server::start().await;
    let mut readers = Vec::new();
    for user in 0..200 {
        let mut client = Client::join(&server, user).await;
        client.ask(r#"["join",1]"#).await;
        readers.push(tokio::spawn(async move {
            for n in 0..200 {
                assert_eq!(client.next().await, format!(r#"42["n",{n}]"#));
            }
            client
        }));
    }
    for n in 0..200 {
        server.hubs.emit(Broadcast::new(vec![room(1)], Frame::event("n", &[&n.to_string()])));
    }
    for reader in readers {
        reader.await.unwrap().ask(r#"["nothing more"]"#).await;
    }
}

#[tokio::test]
async fn everyone_talks_at_once() {
    const PEOPLE: usize = 40;
    const SENTENCES: usize = 25;
    let server = Server::start().await;
    let mut clients = Vec::new();
    for user in 0..PEOPLE {
        let mut client = Client::join(&server, i64::try_from(user).unwrap()).await;
        client.ask(r#"["join",1]"#).await;
        clients.push(client);
    }
    let people = clients.into_iter().enumerate().map(|(me, mut client)| {
        tokio::spawn(async move {
            for n in 0..SENTENCES {
                client.send(&format!(r#"42["shout",1,[{me},{n}]]"#)).await;
            }
            let mut received = vec![0; PEOPLE];
            for _ in 0..(PEOPLE - 1) * SENTENCES {
                let packet = client.next().await;
                let content =
                    packet.strip_prefix(r#"42["received","#).and_then(|rest| rest.strip_suffix(']')).unwrap();
                let [who, n]: [usize; 2] = serde_json::from_str(content).unwrap();
                assert_eq!(n, received[who], "what one sends comes in its order");
                received[who] += 1;
            }
            assert_eq!(received[me], 0);
        })
    });
    for person in people.collect::<Vec<_>>() {
        person.await.unwrap();
    }
}
