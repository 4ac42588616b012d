//! Requests that are many, large, wrong, or whose answers nobody reads.

use std::rc::Rc;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::join_all;
use reqwest::header::{CONTENT_TYPE, COOKIE};
use reqwest::{RequestBuilder, StatusCode};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::time::sleep;

use super::attackers::{Attack, Attackers};
use super::forms::all_go_on;
use super::honest;
use crate::Failure;
use crate::pages::epoch;

/// Sixty answers of `/sync`, as large as there are, that nobody reads.
pub(super) const UNREAD: Attack =
    Attack { name: "unread /sync", network: 5, begin: |attackers| unread(attackers).boxed_local() };

/// Two thousand sessions that each came with 60 kB of cookies.
pub(super) const COOKIES: Attack =
    Attack { name: "large cookies", network: 6, begin: |attackers| cookies(attackers).boxed_local() };

/// Handshakes of nobody, as fast as they are answered.
pub(super) const HANDSHAKES: Attack =
    Attack { name: "handshakes", network: 7, begin: |attackers| handshakes(attackers).boxed_local() };

/// Sixty-four wrong passwords at a time, half of them for honest people.
pub(super) const PASSWORDS: Attack =
    Attack { name: "wrong passwords", network: 8, begin: |attackers| passwords(attackers).boxed_local() };

/// Twenty members of a room of 1,000 change their profiles.
pub(super) const PROFILES: Attack =
    Attack { name: "profile changes", network: 9, begin: |attackers| profiles(attackers).boxed_local() };

/// 261 kB of faulty JSON, and as much that is no packet in sessions of nobody.
pub(super) const NONSENSE: Attack =
    Attack { name: "faulty JSON", network: 10, begin: |attackers| nonsense(attackers).boxed_local() };

const HANDSHAKE: &str = "/socket.io/?EIO=4&transport=polling";

/// How long somebody waits who found nobody or was refused.
const PAUSE: Duration = Duration::from_millis(5);

/// Has several make requests until the time is over, each the next when the last is answered.
async fn repeat(
    attackers: &Attackers,
    count: usize,
    request: impl AsyncFn(usize, usize, &reqwest::Client) -> Result<RequestBuilder, Failure>,
) -> Result<(), Failure> {
    let each = (0..count).map(async |n| {
        let http = attackers.http(n)?;
        for turn in 0.. {
            let answer = status(request(n, turn, &http).await?).await;
            attackers.note_answer(&answer);
            if !answer.is_ok_and(|status| status.is_success()) {
                sleep(PAUSE).await;
            }
        }
        Ok(())
    });
    all_go_on(join_all(each).await)
}

async fn status(request: RequestBuilder) -> reqwest::Result<StatusCode> {
    let answer = request.send().await?;
    let status = answer.status();
    answer.bytes().await?;
    Ok(status)
}

async fn unread(attackers: Rc<Attackers>) -> Result<(), Failure> {
    let token = attackers.token(0)?;
    let epoch = epoch(&attackers.http(0)?, (attackers.address, token)).await?;
    let request = format!(
        "GET /sync?since={epoch}.0 HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {token}\r\n\r\n",
        attackers.address
    );
    let each = (0..60).map(async |n| {
        let mut stream = attackers.connect(n, Some(4096)).await?;
        attackers.note(stream.write_all(request.as_bytes()).await.is_ok());
        // Held open until the attack is over.
        std::future::pending().await
    });
    all_go_on(join_all(each).await)
}

async fn cookies(attackers: Rc<Attackers>) -> Result<(), Failure> {
    let cookie = format!("a={}", "x".repeat(60_000));
    let each = (0..16).map(async |n| {
        let http = attackers.http(n)?;
        for _ in 0..2_000 / 16 {
            let request = http.get(attackers.url(HANDSHAKE)).header(COOKIE, &cookie);
            attackers.note_answer(&status(request).await);
        }
        std::future::pending().await
    });
    all_go_on(join_all(each).await)
}

async fn handshakes(attackers: Rc<Attackers>) -> Result<(), Failure> {
    let request = async |_, _, http: &reqwest::Client| Ok(http.get(attackers.url(HANDSHAKE)));
    repeat(&attackers, 32, request).await
}

async fn passwords(attackers: Rc<Attackers>) -> Result<(), Failure> {
    let request = async |n: usize, turn: usize, http: &reqwest::Client| {
        let name = if n.is_multiple_of(2) {
            honest::name(n / 2)
        } else {
            format!("測試者{:05}", 1 + (n + 64 * turn) % 2_000)
        };
        let form = [("username", name.as_str()), ("password", "通關密語猜錯了")];
        Ok(http.post(attackers.url("/auth/token")).form(&form))
    };
    repeat(&attackers, 64, request).await
}

async fn profiles(attackers: Rc<Attackers>) -> Result<(), Failure> {
    let request = async |n: usize, turn: usize, http: &reqwest::Client| {
        let person = attackers.people.get(400 + (n + 16 * turn) % 20).ok_or("there are too few --users")?;
        let path = attackers.url(&format!("/user/{}", person.id));
        let nickname = json!({ "nickname": format!("第 {turn} 個名字") }).to_string();
        Ok(http
            .patch(path)
            .bearer_auth(&person.token)
            .header(CONTENT_TYPE, "application/json")
            .body(nickname))
    };
    repeat(&attackers, 16, request).await
}

async fn nonsense(attackers: Rc<Attackers>) -> Result<(), Failure> {
    let faulty = format!(r#"{{"members_id":[{}0]}}"#, r#""x","#.repeat(65_200));
    let request = async |n: usize, _, http: &reqwest::Client| {
        if n.is_multiple_of(2) {
            let token = attackers.token(1_000 + n)?;
            let post = http.post(attackers.url("/chatrooms")).bearer_auth(token);
            return Ok(post.header(CONTENT_TYPE, "application/json").body(faulty.clone()));
        }
        let opened = http.get(attackers.url(HANDSHAKE)).send().await?.bytes().await?;
        let open: Value = serde_json::from_slice(opened.get(1..).unwrap_or_default()).unwrap_or_default();
        let sid = open.get("sid").and_then(Value::as_str).unwrap_or("none");
        let body = format!("40{{{}", "x".repeat(900_000));
        Ok(http.post(attackers.url(&format!("{HANDSHAKE}&sid={sid}"))).body(body))
    };
    repeat(&attackers, 16, request).await
}
