//! Pages of history, lists of rooms and pages of the event log, asked for over REST by a few clients at once.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use memchr::memmem;
use reqwest::header::AUTHORIZATION;
use serde_json::Value;
use tokio::task::JoinSet;

use crate::Failure;
use crate::meter::{float, spread_of};
use crate::report::Pages;
use crate::run::Stage;
use crate::seed::pair_room;

/// How many clients ask at once.
const CLIENTS: usize = 8;
/// How many rooms are read in turn.
pub(crate) const ROOMS: usize = 100;
/// How many messages each of them has.
pub(crate) const EACH: usize = 500;
/// How many messages or events a page has.
const PAGE: usize = 50;

/// What is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading {
    /// The newest page of a room.
    History,
    /// The list of somebody who is in so many rooms, and in those that everybody is in.
    Rooms(usize),
    /// The first page of the event log for a client that has nothing of it.
    Sync,
}

/// A request, and what its answer must have how often.
struct PageRequest {
    request: reqwest::Request,
    item: &'static str,
    items: std::ops::RangeInclusive<usize>,
}

/// Reads pages for as long as a scenario is measured.
pub(crate) async fn read(stage: &Stage<'_>, reading: Reading) -> Result<Pages, Failure> {
    let http = harness::http::client().build()?;
    let reader = stage.people.first().ok_or("nobody is there to read")?;
    let epoch = epoch(&http, (stage.address, &reader.token)).await?;
    let asked = (reading, epoch.as_str());
    ask(stage, &http, asked, stage.warm).await?;
    let (began, before) = (Instant::now(), stage.parties.cpu());
    let times = ask(stage, &http, asked, stage.secs).await?;
    let (cpu, secs) = (stage.parties.cpu() - before, began.elapsed().as_secs_f64());
    let count = float(u64::try_from(times.len())?);
    Ok(Pages { clients: CLIENTS, secs, count, spread: spread_of(&times)?, cpu })
}

/// Returns the name of the log's history, with which cursors begin.
pub(crate) async fn epoch(
    http: &reqwest::Client,
    (address, token): (SocketAddr, &str),
) -> Result<String, Failure> {
    let head = http.get(format!("http://{address}/sync")).bearer_auth(token).send().await?;
    let head: Value = head.error_for_status()?.json().await?;
    let cursor = head.get("cursor").and_then(Value::as_str);
    Ok(cursor.and_then(|cursor| cursor.split_once('.')).ok_or("there is no cursor")?.0.to_owned())
}

async fn ask(
    stage: &Stage<'_>,
    http: &reqwest::Client,
    (reading, epoch): (Reading, &str),
    how_long: Duration,
) -> Result<Vec<Duration>, Failure> {
    let until = Instant::now() + how_long;
    let mut clients = JoinSet::new();
    for first in 0..CLIENTS {
        let rooms = (0..ROOMS).map(|k| (first * ROOMS / CLIENTS + k) % ROOMS);
        let requests = rooms.map(|k| request(stage, http, (reading, epoch), k));
        clients.spawn(turn(http.clone(), requests.collect::<Result<_, _>>()?, until));
    }
    let mut times = Vec::new();
    while let Some(client) = clients.join_next().await {
        times.extend(client??);
    }
    Ok(times)
}

fn request(
    stage: &Stage<'_>,
    http: &reqwest::Client,
    (reading, epoch): (Reading, &str),
    k: usize,
) -> Result<PageRequest, Failure> {
    // One person of each pair; the first is in the many rooms.
    let (reader, path, item, items) = match reading {
        Reading::History => {
            let path = format!("/chatrooms/{}/messages?limit={PAGE}", pair_room(k));
            (2 * k, path, r#""message_id":"#, PAGE..=PAGE)
        }
        Reading::Rooms(rooms) => (0, "/chatrooms".to_owned(), r#""is_group":"#, rooms..=rooms + 3),
        Reading::Sync => (2 * k, format!("/sync?since={epoch}.0&limit={PAGE}"), r#""event":"#, PAGE..=PAGE),
    };
    let reader = stage.people.get(reader).ok_or("there are fewer --users than readers")?;
    let url = format!("http://{}{path}", stage.address);
    let request = http.get(url).header(AUTHORIZATION, format!("Bearer {}", reader.token)).build()?;
    Ok(PageRequest { request, item, items })
}

async fn turn(
    http: reqwest::Client,
    requests: Vec<PageRequest>,
    until: Instant,
) -> Result<Vec<Duration>, Failure> {
    let mut times = Vec::new();
    for PageRequest { request, item, items } in requests.iter().cycle() {
        let asked = Instant::now();
        if asked >= until {
            break;
        }
        let request = request.try_clone().ok_or("a request without a body can be repeated")?;
        let answer = http.execute(request).await?.error_for_status()?.bytes().await?;
        times.push(asked.elapsed());
        let found = memmem::find_iter(&answer, item.as_bytes()).count();
        if !items.contains(&found) {
            return Err(format!("a page has {found} items and not {items:?}").into());
        }
    }
    Ok(times)
}
