//! The bodies of requests: too large, in too many parts, or too slow.

use std::time::Duration;

use harness::deadline::within;
use harness::{Caller, Stack, on_each_database};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const UPLOAD: &str = "/upload/upload-message-file";
const FORM: &str = "multipart/form-data; boundary=b";
const KIB: usize = 1024;

/// How many bytes of a file are read before they are handled.
const READ_AHEAD: usize = 256 * KIB;

on_each_database! {
    a_body_has_a_greatest_length,
    a_form_has_a_greatest_number_of_parts,
    a_part_has_a_greatest_length_of_headers,
    a_file_is_handled_as_fast_as_it_is_read,
    what_comes_beside_a_file_has_a_greatest_length where |config| config.limits.body_max_bytes = 64 * 1024,
    parts_without_end_are_refused,
    a_body_that_pauses_is_refused_and_its_connection_closed where |config| config.limits.body_idle_ms = 100,
    a_body_that_trickles_is_refused where |config| {
        config.limits.body_idle_ms = 300;
        config.limits.body_bytes_per_second = 1_000_000;
    },
}

/// A part of a form.
fn part(headers: &str, content: &str) -> String {
    format!("--b\r\n{headers}\r\n\r\n{content}\r\n")
}

fn field(name: &str, content: &str) -> String {
    part(&format!("Content-Disposition: form-data; name=\"{name}\""), content)
}

fn file(content: &str) -> String {
    part("Content-Disposition: form-data; name=\"file\"; filename=\"a.txt\"", content)
}

async fn upload(caller: &Caller, parts: &[String]) -> harness::Answer {
    caller.post_raw(UPLOAD, FORM, format!("{}--b--\r\n", parts.concat())).await
}

/// Sends the beginning of a request, whose body is `length` bytes long, and returns the connection.
async fn begin(stack: &Stack, caller: &Caller, (path, kind): (&str, &str), length: &str) -> TcpStream {
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nContent-Type: {kind}\r\n{length}\r\n\r\n",
        caller.token()
    );
    let mut stream = TcpStream::connect(stack.address()).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
}

/// Reads until the server closes the connection, and checks that it said that the body was too slow.
async fn refused_as_slow(mut stream: impl AsyncRead + Unpin) {
    let mut answer = String::new();
    within("the end of a slow request", stream.read_to_string(&mut answer)).await.unwrap();
    let answer = answer.to_lowercase();
    assert!(answer.starts_with("http/1.1 408 request timeout\r\n"), "{answer}");
    assert!(answer.contains("connection: close"), "{answer}");
    assert!(
        answer.ends_with(r#"{"detail":"the body came too slowly","code":"request_timeout"}"#),
        "{answer}"
    );
}

async fn a_body_has_a_greatest_length(stack: &Stack) {
    let (alice, _, room) = stack.pair().await;
    let path = format!("/chatrooms/{room}/message");
    let padded = |length: usize| r#"{"content":"hi"}"#.to_owned() + &" ".repeat(length - 16);
    let longest = 256 * KIB;
    alice.post_raw(&path, "application/json", padded(longest)).await.is(200);
    let refused = alice.post_raw(&path, "application/json", padded(longest + 1)).await;
    refused.refused(413, "too_large", "The body is larger than 262144 bytes");
    let form =
        |length: usize| format!("{}--b--\r\n", field("content", "好") + &field("x", &"x".repeat(length)));
    let longest = 256 * KIB - form(0).len();
    alice.post_raw(&path, FORM, form(longest)).await.is(200);
    let refused = alice.post_raw(&path, FORM, form(longest + 1)).await;
    refused.refused(413, "too_large", "The body is larger than 262144 bytes");
    assert_eq!(stack.refusals().get("limits.body_max_bytes"), 2);
}

async fn a_form_has_a_greatest_number_of_parts(stack: &Stack) {
    let (alice, _, room) = stack.pair().await;
    let path = format!("/chatrooms/{room}/message");
    let others = |count: usize| field("x", "").repeat(count);
    upload(&alice, &[others(7), file("好")]).await.is(200);
    let sent = format!("{}{}--b--\r\n", others(7), field("content", "好"));
    alice.post_raw(&path, FORM, sent).await.is(200);
    for refused in [
        upload(&alice, &[others(8), file("好")]).await,
        alice.post_raw(&path, FORM, format!("{}{}--b--\r\n", others(8), field("content", "好"))).await,
    ] {
        refused.refused(413, "too_large", "The form has more than 8 parts");
    }
}

async fn a_part_has_a_greatest_length_of_headers(stack: &Stack) {
    let alice = stack.person("愛麗絲").await;
    let named = |length: usize| {
        let headers = "Content-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\nX-Padding: ";
        part(&format!("{headers}{}", "x".repeat(length - headers.len() - 4)), "好")
    };
    upload(&alice, &[named(8 * KIB)]).await.is(200);
    let refused = upload(&alice, &[named(8 * KIB + 1)]).await;
    refused.refused(413, "too_large", "The headers of a part are larger than 8192 bytes");
}

/// A parser hands out a file line by line.
async fn a_file_is_handled_as_fast_as_it_is_read(stack: &Stack) {
    let alice = stack.person("愛麗絲").await;
    let stored = upload(&alice, &[file(&"a\r\n".repeat(KIB * KIB))]).await.ok();
    assert_eq!(stored["size"], 3 * KIB * KIB);
}

async fn what_comes_beside_a_file_has_a_greatest_length(stack: &Stack) {
    let alice = stack.person("愛麗絲").await;
    let large = file(&"好".repeat(KIB * KIB));
    upload(&alice, &[field("x", &"x".repeat(63 * KIB)), large.clone()]).await.is(200);
    upload(&alice, &["line\r\n".repeat(10 * KIB), large.clone()]).await.is(200);
    let too_much = "x".repeat(64 * KIB + READ_AHEAD);
    for parts in [
        [field("x", &too_much), large.clone()],
        [field(&too_much, "x"), large.clone()],
        ["line\r\n".repeat(54 * KIB), large.clone()],
    ] {
        assert_eq!(upload(&alice, &parts).await.is(413).json()["code"], "too_large");
    }
}

async fn parts_without_end_are_refused(stack: &Stack) {
    let (alice, _, room) = stack.pair().await;
    // No more bytes than the path takes, which are counted as they come.
    for (path, count) in
        [(UPLOAD, 200_000), (&format!("/chatrooms/{room}/message"), 2_000), ("/auth/token", 2_000)]
    {
        alice.post_raw(path, FORM, field("", "").repeat(count)).await.refused(
            413,
            "too_large",
            "The form has more than 8 parts",
        );
    }
}

async fn a_body_that_pauses_is_refused_and_its_connection_closed(stack: &Stack) {
    let (alice, _, room) = stack.pair().await;
    let message = format!("/chatrooms/{room}/message");
    let beginning = file("好");
    for (to, length, body) in [
        ((message.as_str(), "application/json"), "Content-Length: 100", "{\"content\":"),
        ((&message, "application/json"), "Transfer-Encoding: chunked", "5\r\n{\"con\r\n"),
        ((&message, "application/x-www-form-urlencoded"), "Content-Length: 100", ""),
        ((&message, FORM), "Content-Length: 1000", &beginning),
        ((UPLOAD, FORM), "Content-Length: 1000", "--b\r\nContent-Dispo"),
        ((UPLOAD, FORM), "Content-Length: 1000", beginning.trim_end()),
    ] {
        let mut stream = begin(stack, &alice, to, length).await;
        stream.write_all(body.as_bytes()).await.unwrap();
        refused_as_slow(stream).await;
    }
    assert_eq!(stack.refusals().get("limits.body_idle_ms"), 6);
    // A body without end that nobody reads.
    let mut unread = begin(stack, &alice, ("/user/me", "text/plain"), "Transfer-Encoding: chunked").await;
    let mut answer = String::new();
    within("the end of an unread request", unread.read_to_string(&mut answer)).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 405"), "{answer}");
    alice.say(&room, "還活著").await;
    assert_eq!(alice.texts(&room).await, ["還活著"]);
}

async fn a_body_that_trickles_is_refused(stack: &Stack) {
    let (alice, _, room) = stack.pair().await;
    let to = (format!("/chatrooms/{room}/message"), "application/json");
    let stream = begin(stack, &alice, (&to.0, to.1), "Content-Length: 100000").await;
    let (reading, mut writing) = stream.into_split();
    let trickle = async {
        let mut pace = tokio::time::interval(Duration::from_millis(20));
        while writing.write_all(b" ").await.is_ok() {
            pace.tick().await;
        }
    };
    tokio::select! {
        () = refused_as_slow(reading) => {}
        () = trickle => {}
    }
}
