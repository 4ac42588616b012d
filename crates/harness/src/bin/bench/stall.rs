//! Peers that stop reading, and peers that are dead: how long they are kept, and what those notice who are neither.

use std::rc::Rc;
use std::time::{Duration, Instant};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use harness::connection::{Connection, ConnectionOptions};
use serde_json::json;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::Failure;
use crate::ledger::Faults;
use crate::load::{Pace, Part, Phase, Talking, settle};
use crate::meter::{Meter, Spread, float, spread_of};
use crate::report::{Figures, complaint, cores, rounded, shown};
use crate::run::{AT_ONCE, Stage};
use crate::seed::circle;
use crate::usage::Cpu;

/// How many people share a room; half of them stop reading.
pub(crate) const ROOM: usize = 20;
/// How many more connections there are that answer no ping.
const DEAD: usize = 100;
/// How often somebody talks in each room.
const PACE: Duration = Duration::from_millis(500);
/// How much longer than usual the messages are: four kilobytes.
const LONGER: usize = 1_300;
/// How long all of them may take to be let go.
const PATIENCE: Duration = Duration::from_mins(1);
/// How often it is looked whether they are.
const LOOK: Duration = Duration::from_millis(100);

/// What was seen.
#[derive(Debug)]
pub(crate) struct Outcome {
    stalled: usize,
    healthy: usize,
    /// Delivery to those who read, before and while the others did not.
    before: Spread,
    during: Spread,
    memory_kb: [f64; 2],
    /// How long after they stopped reading the last of them was let go.
    stalled_gone: Duration,
    /// How long each of the dead was kept.
    dead_gone: Spread,
    dead_left: usize,
    secs: f64,
    cpu: Cpu,
    faults: Faults,
}

/// Whether those who are going to stall still read.
type Reading = watch::Receiver<bool>;

/// Lets half of the clients stop reading.
pub(crate) async fn stop_reading(stage: &Stage<'_>, clients: usize) -> Result<Outcome, Failure> {
    let (reading, still) = watch::channel(true);
    let mut lazy = JoinSet::new();
    let healthy = |n: &usize| n % ROOM < ROOM / 2;
    for connection in connections(stage, (0..clients).filter(|n| !healthy(n)), Some(4096)).await? {
        lazy.spawn(stall(connection, still.clone()));
    }
    let mut dead = JoinSet::new();
    for connection in connections(stage, 0..DEAD.min(clients), None).await? {
        dead.spawn(die(connection, still.clone()));
    }
    let mut parts = Vec::new();
    for n in (0..clients).filter(healthy) {
        let first = PACE.mul_f64(float(u64::try_from(n)?) / float(u64::try_from(clients)?));
        let pace = if n % ROOM == 0 { Pace::Every(PACE, first) } else { Pace::Never };
        let part = Part { room: circle(ROOM, n / ROOM).to_string(), pace, longer: LONGER };
        parts.push((stage.client(n).await?, part));
    }
    let count = parts.len();
    let talking = Talking::of(Rc::new(Meter::new()?), stage.named, parts.into_iter());
    let watched = talking
        .during(async |meter, phase, books| {
            phase.send_replace(Phase::Talk);
            sleep(stage.warm).await;
            let seen = watch_over(stage, meter, (&reading, clients - count), &mut dead).await?;
            Ok::<_, Failure>(Outcome { faults: settle(phase, books).await, healthy: count, ..seen })
        })
        .await;
    lazy.shutdown().await;
    dead.shutdown().await;
    watched
}

async fn watch_over(
    stage: &Stage<'_>,
    meter: &Meter,
    (reading, stalled): (&watch::Sender<bool>, usize),
    dead: &mut JoinSet<Duration>,
) -> Result<Outcome, Failure> {
    let server = &stage.parties.server;
    meter.turn(true);
    sleep(stage.secs).await;
    let (_, before) = meter.deliveries();
    meter.clear();
    let (files, base_kb) = (server.open_files(), server.memory_kb());
    let (began, cpu, mut most_kb) = (Instant::now(), stage.parties.cpu(), base_kb);
    reading.send_replace(false);
    let (mut stalled_gone, mut times) = (None, Vec::new());
    while (stalled_gone.is_none() || !dead.is_empty()) && began.elapsed() < PATIENCE {
        sleep(LOOK).await;
        while let Some(died) = dead.try_join_next() {
            times.push(died?);
        }
        most_kb = most_kb.max(server.memory_kb());
        // Each connection is one file of the server's.
        if stalled_gone.is_none() && server.open_files() + stalled + times.len() <= files {
            stalled_gone = Some(began.elapsed());
            meter.turn(false);
        }
    }
    meter.turn(false);
    let (_, during) = meter.deliveries();
    Ok(Outcome {
        stalled,
        healthy: 0,
        before,
        during,
        memory_kb: [base_kb, most_kb],
        stalled_gone: stalled_gone.ok_or("connections that nobody reads are still there")?,
        dead_gone: spread_of(&times)?,
        dead_left: dead.len(),
        secs: began.elapsed().as_secs_f64(),
        cpu: stage.parties.cpu() - cpu,
        faults: Faults::default(),
    })
}

async fn connections(
    stage: &Stage<'_>,
    who: impl Iterator<Item = usize>,
    receive_buffer: Option<u32>,
) -> Result<Vec<Connection>, Failure> {
    let options = ConnectionOptions { receive_buffer, source: None };
    let people = who.filter_map(|n| stage.people.get(n));
    let connection = |token: &str| {
        let auth = json!({ "token": token });
        async move { Connection::open(stage.address, &auth, options).await }
    };
    stream::iter(people.map(|person| connection(&person.token))).buffered(AT_ONCE).try_collect().await
}

/// Reads, until it does not; the connection stays.
async fn stall(mut connection: Connection, mut reading: Reading) {
    tokio::select! {
        () = async { while connection.receive(false).await.is_ok() {} } => {}
        _ = reading.wait_for(|reading| !reading) => {}
    }
    std::future::pending::<()>().await;
}

/// Answers pings, until it does not; returns how long it was kept then.
async fn die(mut connection: Connection, mut reading: Reading) -> Duration {
    tokio::select! {
        () = async { while connection.receive(false).await.is_ok() {} } => {}
        _ = reading.wait_for(|reading| !reading) => {}
    }
    let began = Instant::now();
    while connection.receive(true).await.is_ok() {}
    began.elapsed()
}

impl From<Outcome> for Figures {
    fn from(seen: Outcome) -> Self {
        let Outcome { stalled, healthy, before, during, memory_kb, .. } = seen;
        let Outcome { stalled_gone, dead_gone, dead_left, secs, cpu, mut faults, .. } = seen;
        faults.closed += u64::try_from(dead_left).unwrap_or_default();
        let [base_kb, most_kb] = memory_kb;
        let line = format!(
            "{stalled} stop reading: the last let go after {:.1} s, {:.1} MB more than {:.0} MB | {healthy} read on: \
             delivery {} before, {} meanwhile | the dead let go after p50 {:.1} max {:.1} s | {}",
            stalled_gone.as_secs_f64(),
            (most_kb - base_kb) / 1024.0,
            base_kb / 1024.0,
            shown(before),
            shown(during),
            dead_gone.p50 / 1e3,
            dead_gone.max / 1e3,
            complaint(faults),
        );
        let fields = json!({
            "stalled": stalled, "healthy": healthy, "delivery_before_ms": before, "delivery_during_ms": during,
            "base_kb": rounded(base_kb), "most_kb": rounded(most_kb), "secs": rounded(secs),
            "stalled_gone_s": rounded(stalled_gone.as_secs_f64()), "dead_gone_ms": dead_gone,
            "dead_left": dead_left, "cores": cores(cpu, secs),
        });
        Self { line, fields, faults }
    }
}
