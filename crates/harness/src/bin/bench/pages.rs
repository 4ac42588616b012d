//! Pages of history, asked for over REST by a few clients at once.

use std::time::{Duration, Instant};

use memchr::memmem;
use reqwest::header::AUTHORIZATION;
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
/// How many messages a page has.
const PAGE: usize = 50;

/// Reads newest pages for as long as a scenario is measured.
pub(crate) async fn read(stage: &Stage<'_>) -> Result<Pages, Failure> {
    let http = reqwest::Client::builder().no_proxy().build()?;
    ask(stage, &http, stage.warm).await?;
    let (began, before) = (Instant::now(), stage.parties.cpu());
    let times = ask(stage, &http, stage.secs).await?;
    let (cpu, secs) = (stage.parties.cpu() - before, began.elapsed().as_secs_f64());
    let count = float(u64::try_from(times.len())?);
    Ok(Pages { clients: CLIENTS, secs, count, spread: spread_of(&times)?, cpu })
}

async fn ask(
    stage: &Stage<'_>,
    http: &reqwest::Client,
    how_long: Duration,
) -> Result<Vec<Duration>, Failure> {
    let until = Instant::now() + how_long;
    let mut clients = JoinSet::new();
    for first in 0..CLIENTS {
        let requests: Vec<_> = (0..ROOMS)
            .map(|k| (first * ROOMS / CLIENTS + k) % ROOMS)
            .filter_map(|k| {
                let reader = stage.people.get(2 * k)?;
                let url =
                    format!("http://{}/chatrooms/{}/messages?limit={PAGE}", stage.address, pair_room(k));
                http.get(url).header(AUTHORIZATION, format!("Bearer {}", reader.token)).build().ok()
            })
            .collect();
        clients.spawn(turn(http.clone(), requests, until));
    }
    let mut times = Vec::new();
    while let Some(client) = clients.join_next().await {
        times.extend(client??);
    }
    Ok(times)
}

async fn turn(
    http: reqwest::Client,
    requests: Vec<reqwest::Request>,
    until: Instant,
) -> Result<Vec<Duration>, Failure> {
    let mut times = Vec::new();
    for request in requests.iter().cycle() {
        let asked = Instant::now();
        if asked >= until {
            break;
        }
        let request = request.try_clone().ok_or("a request without a body can be repeated")?;
        let answer = http.execute(request).await?.error_for_status()?.bytes().await?;
        let found = memmem::find_iter(&answer, br#""message_id":"#).count();
        if found != PAGE {
            return Err(format!("a page has {found} messages and not {PAGE}").into());
        }
        times.push(asked.elapsed());
    }
    Ok(times)
}
