//! What pages of other origins may do.

use realtime::config::Config;

use crate::{
    http::{Answer, request},
    server::Server,
};

const PATH: &str = "/socket.io/?EIO=4&transport=polling";
const LISTED: &str = "https://chat.example";

fn listed() -> Config {
    Config { origins: vec![LISTED.to_owned()], ..Config::default() }
}

async fn from(server: &Server, method: &str, origin: &str) -> Answer {
    let asks = [
        ("origin", origin),
        ("access-control-request-method", "POST"),
        ("access-control-request-headers", "content-type"),
    ];
    let headers = if method == "OPTIONS" { &asks[..] } else { &asks[..1] };
    request(server.address, method, PATH, headers, "").await
}

#[tokio::test]
async fn pages_of_listed_origins_may_ask_with_credentials() {
    let server = Server::with(listed()).await;
    for method in ["OPTIONS", "GET", "POST"] {
        let answer = from(&server, method, LISTED).await;
        assert_eq!(
            answer.status,
            match method {
                "OPTIONS" => 204,
                "GET" => 200,
                _ => 400,
            }
        );
        assert_eq!(answer.header("access-control-allow-origin"), Some(LISTED), "{method}");
        assert_eq!(answer.header("access-control-allow-credentials"), Some("true"), "{method}");
        assert_eq!(answer.header("vary"), Some("Origin"), "{method}");
    }
    let preflight = from(&server, "OPTIONS", LISTED).await;
    assert_eq!(preflight.header("access-control-allow-methods"), Some("GET, POST"));
    assert_eq!(preflight.header("access-control-allow-headers"), Some("content-type"));
}

#[tokio::test]
async fn pages_of_other_origins_may_not() {
    let server = Server::with(listed()).await;
    for origin in ["https://evil.example", "null", "https://chat.example.evil"] {
        let preflight = from(&server, "OPTIONS", origin).await;
        assert_eq!(preflight.header("access-control-allow-origin"), None);
        for method in ["GET", "POST"] {
            let answer = from(&server, method, origin).await;
            assert_eq!(answer.status, 400);
            assert_eq!(answer.body, format!("{origin} is not an accepted origin."));
            assert_eq!(answer.header("access-control-allow-origin"), None);
        }
    }
    assert_eq!(server.hubs.connections(), 0);
}

#[tokio::test]
async fn our_own_pages_need_none_of_it() {
    let server = Server::start().await;
    let answer = from(&server, "GET", "http://localhost").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("access-control-allow-origin"), None);
    assert_eq!(answer.header("vary"), None);
}

#[tokio::test]
async fn leaves_it_to_what_stands_in_front() {
    let server = Server::with(Config { cors: false, ..listed() }).await;
    let answer = from(&server, "GET", LISTED).await;
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (200, None));
    from(&server, "OPTIONS", LISTED).await.refused(2);
}
