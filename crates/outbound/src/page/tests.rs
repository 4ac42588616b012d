use std::collections::HashMap;
use std::sync::Arc;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::*;
use crate::Networks;

/// Serves these answers by their paths, `{port}` in them replaced; returns the address of the server.
async fn serve(answers: &[(&str, String)]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let answers = answers
        .iter()
        .map(|(path, answer)| ((*path).to_owned(), answer.replace("{port}", &port.to_string())))
        .collect::<HashMap<String, String>>();
    let answers = Arc::new(answers);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let answers = Arc::clone(&answers);
            tokio::spawn(async move {
                let mut request = [0; 1024];
                let length = stream.read(&mut request).await.unwrap();
                let request = String::from_utf8_lossy(&request[..length]).into_owned();
                let path = request.split(' ').nth(1).unwrap_or_default();
                // Who reads only the beginning may be gone by now.
                drop(stream.write_all(answers[path].as_bytes()).await);
                if path == "/slow" {
                    drop(stream.read(&mut [0]).await);
                }
            });
        }
    });
    format!("http://127.0.0.1:{port}")
}

fn redirect_to(location: &str) -> String {
    format!("HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
}

fn html(body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 200 OK\r\nContent-Type: Text/HTML; charset=\"big5\"\r\nContent-Length: {length}\r\n\
         Connection: close\r\n\r\n{body}"
    )
}

async fn fetch(url: &str) -> Result<Page, Error> {
    Client::new(Networks::Private).unwrap().page(url).await
}

#[tokio::test]
async fn three_redirects_are_followed_and_a_fourth_is_not() {
    let at = serve(&[
        ("/1", redirect_to("/2")),
        ("/2", redirect_to("http://localhost:{port}/3")),
        ("/3", redirect_to("//127.0.0.1:{port}/4")),
        ("/4", redirect_to("page")),
        ("/page", html("頁")),
    ])
    .await;
    let page = fetch(&format!("{at}/2")).await.unwrap();
    assert_eq!((page.charset.as_deref(), &page.body[..]), (Some("big5"), "頁".as_bytes()));
    let refused = fetch(&format!("{at}/1")).await;
    assert!(matches!(refused, Err(Error::Redirects)), "{refused:?}");
}

#[tokio::test]
async fn each_redirect_is_checked() {
    for (location, is_address) in [
        ("http://169.254.169.254/latest/meta-data", true),
        ("http://0x0.0/", true),
        ("http://[fe80::1]/", true),
        ("file:///etc/passwd", false),
        ("http://u:p@127.0.0.1:{port}/page", false),
        ("http://", false),
    ] {
        let at = serve(&[("/", redirect_to(location)), ("/page", html("頁"))]).await;
        let refused = fetch(&format!("{at}/")).await;
        match refused {
            Err(Error::NotPublic) if is_address => {}
            Err(Error::Address) if !is_address => {}
            other => panic!("{location}: {other:?}"),
        }
    }
    let public = Client::new(Networks::Public).unwrap();
    let refused = public.page("http://localhost:1/").await;
    assert!(matches!(refused, Err(Error::NotPublic)), "{refused:?}");
}

#[tokio::test]
async fn what_is_no_html_page_is_not_read() {
    let json = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}".to_owned();
    let nothing = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok".to_owned();
    let missing = html("頁").replace("200 OK", "404 Not Found");
    let at = serve(&[("/json", json), ("/nothing", nothing), ("/missing", missing)]).await;
    for path in ["/json", "/nothing", "/missing"] {
        let refused = fetch(&format!("{at}{path}")).await;
        assert!(matches!(refused, Err(Error::NoPage)), "{path}: {refused:?}");
    }
}

#[tokio::test]
async fn a_page_is_cut_at_512_kib() {
    let at = serve(&[("/", html(&"a".repeat(PAGE_MAX + 1)))]).await;
    assert_eq!(fetch(&format!("{at}/")).await.unwrap().body.len(), PAGE_MAX);
    let at = serve(&[("/", html(&"a".repeat(PAGE_MAX)))]).await;
    assert_eq!(fetch(&format!("{at}/")).await.unwrap().body.len(), PAGE_MAX);
}

#[tokio::test]
async fn all_that_leads_to_a_page_takes_no_longer_than_five_seconds() {
    let at = serve(&[
        ("/", redirect_to("/slow")),
        ("/slow", html("頁").replace("Content-Length: 3", "Content-Length: 4")),
    ])
    .await;
    let late = fetch(&format!("{at}/")).await;
    assert!(matches!(late, Err(Error::TimedOut)), "{late:?}");
}
