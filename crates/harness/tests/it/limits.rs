//! Limits of what a user may ask: answers that are not read, and pages of the log.

use harness::deadline::within;
use harness::people::{list, text};
use harness::{Person, Stack, on_each_database};
use serde_json::json;
use tokio::io::{AsyncWriteExt as _, Interest};
use tokio::net::TcpSocket;

const UPLOAD: &str = "/upload/upload-message-file";

on_each_database! {
    an_answer_that_is_not_read_is_cut where |config| config.limits.answer_unread_ms = 200,
    a_page_of_the_log_has_a_greatest_size where |config| config.limits.sync_max_bytes = 100_000,
}

/// Asks for a path on a connection of its own that reads nothing, and waits until the server has reset it.
async fn ask_and_do_not_read(stack: &Stack, person: &Person, path: &str) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut stream = socket.connect(stack.address()).await.unwrap();
    let head = format!("GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\n\r\n", person.token());
    stream.write_all(head.as_bytes()).await.unwrap();
    let reset = async { while stream.ready(Interest::ERROR).await.is_ok_and(|ready| !ready.is_error()) {} };
    within("the end of an unread answer", reset).await;
}

async fn an_answer_that_is_not_read_is_cut(stack: &Stack) {
    let alice = stack.person("愛麗絲").await;
    let bytes = vec![b'a'; 16 * 1024 * 1024];
    let url = text(&alice.upload(UPLOAD, ("a.txt", "text/plain"), &bytes).await.ok()["url"]);
    let path = url.replace(&stack.origin(), "");
    ask_and_do_not_read(stack, &alice, &path).await;
    assert_eq!(stack.refusals().unread.get(), 1);
    // Who reads gets it whole, and is not counted.
    assert_eq!(alice.get(&path).await.is(200).body, bytes);
    assert_eq!(stack.refusals().unread.get(), 1);
}

async fn a_page_of_the_log_has_a_greatest_size(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let mut cursor = text(&alice.get("/sync").await.ok()["cursor"]);
    let numbered = |number: usize| format!("{number}{}", "字".repeat(9_990));
    for number in 0..10 {
        alice.say(&room, &numbered(number)).await;
    }
    let socket = ming.socket().await;
    let mut pages = Vec::new();
    loop {
        let page = ming.get(&format!("/sync?since={cursor}")).await.ok();
        let asked = socket.ask_ok("sync", json!({ "since": cursor })).await;
        assert_eq!(asked["events"], page["events"]);
        let events = list(&page["events"]);
        pages.push(events.iter().map(|event| text(&event["data"]["message"]["content"])).collect::<Vec<_>>());
        cursor = text(&page["cursor"]);
        if page["more"] == false {
            break;
        }
    }
    // Each is somewhat longer than 30,000 bytes.
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [3, 3, 3, 1]);
    assert_eq!(pages.concat(), (0..10).map(numbered).collect::<Vec<_>>());
}
