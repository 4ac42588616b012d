//! Clients that are parted from their server all the time: whether they hold in the end what was committed.

use std::collections::HashMap;
use std::time::{Duration, Instant, SystemTime};

use harness::crowd::Crowd;
use harness::crowd_state::{ClientSettings, Phase};
use harness::reconnecting_client::MessagePlan;
use harness::replica::{Counts, Messages, Replica, committed};
use serde_json::json;
use tokio::time::{sleep, timeout};

use crate::Failure;
use crate::arguments::Jitter;
use crate::ledger::Faults;
use crate::meter::{Spread, float, spread_of};
use crate::report::{Figures, complaint, cores, database_share, per, rounded, shown};
use crate::run::Stage;
use crate::seed::circle;
use crate::server::Ending;
use crate::usage::Cpu;

/// How many people share a room.
pub(crate) const ROOM: usize = 10;
/// How many messages each of them sends.
const EACH: usize = 10;
/// How long they take for them.
const LENGTH: Duration = Duration::from_mins(1);
/// How long everybody gets in the end to come back and receive the rest.
const PATIENCE: Duration = Duration::from_secs(30);

/// What became of them.
#[derive(Debug)]
pub(crate) struct Outcome {
    clients: usize,
    whole: usize,
    committed: usize,
    held: usize,
    counts: Counts,
    /// How long the server took to end, and from the beginning of its end until it was there again.
    ending: Duration,
    down: Duration,
    /// From the beginning of the server's end until a client was back and knew everything.
    back: Spread,
    secs: f64,
    cpu: Cpu,
    faults: Faults,
}

/// Parts clients and server while they talk.
pub(crate) async fn part(stage: &Stage<'_>, kind: Jitter, clients: usize) -> Result<Outcome, Failure> {
    let started = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_millis();
    let start = format!("{started}-");
    let mut crowd = Crowd::new(settings(stage, kind).await?, Phase::Reconnect);
    if kind == Jitter::Restart {
        crowd.turn(Phase::Stay);
    }
    let (began, before) = (Instant::now(), stage.parties.cpu());
    for (n, person) in stage.people.iter().take(clients).enumerate() {
        let every = LENGTH / u32::try_from(EACH)?;
        let first = every.mul_f64(float(u64::try_from(n)?) / float(u64::try_from(clients)?));
        let say = MessagePlan { start: start.clone(), count: EACH, first, every };
        crowd.add(&person.token, &circle(ROOM, n / ROOM).to_string(), say);
    }
    crowd.server_is(Some(stage.address));
    sleep(LENGTH / 2).await;
    let ended_at = Instant::now();
    let ending = if kind == Jitter::Restart { Ending::Stopped } else { Ending::Killed };
    let took = stage.restart(ending).await?;
    let down = ended_at.elapsed();
    sleep(LENGTH.saturating_sub(began.elapsed())).await;
    crowd.turn(Phase::Stay);
    // Clients that are late are counted below.
    drop(timeout(PATIENCE, crowd.until(|crowd| crowd.sum(|replica| replica.unsent) == 0)).await);
    let committed = history(stage, clients, &start).await?;
    let filled = crowd.until_filled(|room| committed.get(room).map_or(0, Messages::len));
    drop(timeout(PATIENCE, filled).await);
    let (cpu, secs) = (stage.parties.cpu() - before, began.elapsed().as_secs_f64());
    let (replicas, counts) = (crowd.look(), crowd.counts());
    crowd.stop().await;
    let back = |replica: &Replica| {
        replica.whole_at.iter().find(|at| **at > ended_at).map(|at| at.duration_since(ended_at))
    };
    let back: Vec<Duration> = replicas.iter().filter_map(back).collect();
    let back = spread_of(&back)?;
    let faults = faults(&replicas, &committed, clients * EACH);
    Ok(Outcome {
        clients,
        whole: replicas.iter().filter(|replica| is_whole(replica, &committed)).count(),
        committed: committed.values().map(Messages::len).sum(),
        held: replicas.iter().map(|replica| replica.messages.len()).sum(),
        counts,
        ending: took,
        down,
        back,
        secs,
        cpu,
        faults,
    })
}

async fn settings(stage: &Stage<'_>, kind: Jitter) -> Result<ClientSettings, Failure> {
    let person = stage.people.first().ok_or("there is nobody")?;
    let http = harness::http::client().build()?;
    let answer = http.get(format!("http://{}/sync", stage.address)).bearer_auth(&person.token).send().await?;
    let answer: serde_json::Value = serde_json::from_slice(&answer.error_for_status()?.bytes().await?)?;
    let ms = Duration::from_millis;
    Ok(ClientSettings {
        online: ms(10_000)..ms(20_000),
        away: ms(1_500)..ms(2_500),
        again: ms(250)..ms(750),
        recovery: kind == Jitter::Recovery,
        cursor: answer
            .get("cursor")
            .and_then(|cursor| cursor.as_str())
            .ok_or("the server gives no cursor")?
            .to_owned(),
    })
}

/// Asks over REST what was committed in each room.
async fn history(
    stage: &Stage<'_>,
    clients: usize,
    start: &str,
) -> Result<HashMap<String, Messages>, Failure> {
    let (http, origin) = (harness::http::client().build()?, format!("http://{}", stage.address));
    let mut all = HashMap::new();
    for (k, person) in stage.people.iter().take(clients).step_by(ROOM).enumerate() {
        let room = circle(ROOM, k).to_string();
        let messages = committed(&http, (&origin, &person.token), (&room, start)).await?;
        all.insert(room, messages);
    }
    Ok(all)
}

fn is_whole(replica: &Replica, committed: &HashMap<String, Messages>) -> bool {
    committed.get(&replica.room).is_some_and(|messages| replica.is_whole(messages))
}

fn faults(replicas: &[Replica], committed: &HashMap<String, Messages>, said: usize) -> Faults {
    let count = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    let mut faults = Faults::default();
    for replica in replicas {
        let Some(messages) = committed.get(&replica.room) else { continue };
        faults.lost += count(messages.keys().filter(|seq| !replica.messages.contains_key(seq)).count());
        faults.repeated += replica.counts.repeated;
        faults.disordered += replica.counts.disordered + replica.counts.contradicted;
        faults.unanswered += count(replica.unsent);
    }
    for messages in committed.values() {
        if let (Some((first, _)), Some((last, _))) = (messages.first_key_value(), messages.last_key_value()) {
            faults.gaps += last.abs_diff(*first) + 1 - count(messages.len());
        }
    }
    let there: usize = committed.values().map(Messages::len).sum();
    // More than was said were doubled; fewer have been lost for everybody.
    faults.repeated += count(there.saturating_sub(said));
    faults.lost += count(said.saturating_sub(there));
    faults
}

impl From<Outcome> for Figures {
    fn from(outcome: Outcome) -> Self {
        let Outcome { clients, whole, committed, held, counts, ending, down, back, secs, cpu, faults } =
            outcome;
        let count = |count: usize| float(u64::try_from(count).unwrap_or_default());
        let part = |of: usize, all: usize| 100.0 * count(of) / count(all).max(1.0);
        let deliveries = committed * ROOM;
        let (server, database) = (per(cpu.server, count(committed)), per(cpu.database, count(committed)));
        let Counts { cuts, losses, resumed, paged, sent_again, echoes, repeated, received, .. } = counts;
        let line = format!(
            "{:.2} % of {clients} clients whole, {:.2} % of {deliveries} messages held | {cuts} cuts, {losses} other \
             losses, {resumed} resumed, {paged} paged | {sent_again} sent again, {echoes} own received again, {repeated} \
             repeated | server ended in {:.0} ms, back after {:.0} ms, clients whole after {} max {:.0} ms | server \
             {server:.0} us/msg | {} | {}",
            part(whole, clients),
            part(held, deliveries),
            ending.as_secs_f64() * 1e3,
            down.as_secs_f64() * 1e3,
            shown(back),
            back.max,
            database_share(database, "msg"),
            complaint(faults),
        );
        let fields = json!({
            "clients": clients, "whole": whole, "committed": committed, "held": held, "deliveries": deliveries,
            "cuts": cuts, "losses": losses, "resumed": resumed, "paged": paged, "sent_again": sent_again,
            "echoes": echoes, "repeated": repeated, "received": received, "server_ended_ms": rounded(ending.as_secs_f64() * 1e3),
            "server_back_ms": rounded(down.as_secs_f64() * 1e3), "clients_whole_ms": back, "secs": rounded(secs),
            "server_us_per_message": rounded(server), "database_us_per_message": rounded(database),
            "cores": cores(cpu, secs),
        });
        Self { line, fields, faults }
    }
}
