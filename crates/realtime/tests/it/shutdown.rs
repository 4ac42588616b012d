//! How the server ends.

use crate::{
    client::{Client, PATH, refused, soon},
    server::Server,
};

#[tokio::test]
async fn ends_every_connection_and_takes_no_more() {
    let server = Server::start().await;
    let mut clients = vec![Client::open(&server).await];
    for user in 0..10 {
        clients.push(Client::join(&server, user).await);
    }
    assert_eq!(server.hubs.connections(), 11);
    let ends = async {
        for client in clients {
            assert_eq!(client.closed().await, Some(1001));
        }
    };
    soon(async { tokio::join!(server.realtime.shutdown(), ends) }).await;
    assert_eq!(server.hubs.connections(), 0);
    assert_eq!(refused(&server, PATH, None).await.status(), 503);
    soon(server.realtime.shutdown()).await;
}
