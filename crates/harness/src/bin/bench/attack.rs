//! Attacks on a server with its default limits, while honest users send and sign in: what these notice of it.

use std::rc::Rc;
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::time::sleep;

use crate::Failure;
use crate::client::Client;
use crate::ledger::Faults;
use crate::load::{Books, Pace, Part, Phase, Talking, settle};
use crate::meter::{Meter, Spread, float};
use crate::report::{Figures, rounded};
use crate::run::Stage;
use crate::seed::pair_room;

mod attackers;
mod forms;
mod honest;
mod requests;
mod sockets;

use attackers::{Attack, Attackers, Tally};
use honest::{ADDRESS, SignIns};

/// The attacks, in their order.
const ATTACKS: [Attack; 12] = [
    forms::EMPTY_PARTS,
    forms::ENDLESS_HEADERS,
    forms::STALLED,
    forms::TRICKLED,
    requests::UNREAD,
    requests::COOKIES,
    requests::HANDSHAKES,
    sockets::STOP_READING,
    requests::PASSWORDS,
    sockets::TYPING,
    requests::PROFILES,
    requests::NONSENSE,
];

/// The first of the honest people; two of them share a room, and all are in the group of 1,000.
const FIRST: usize = 20;
/// How many there are.
const HONEST: usize = 20;
/// How many messages the room of the first two has, who are not honest.
pub(crate) const HISTORY: usize = 3_000;
/// How often one of each pair sends.
const PACE: Duration = Duration::from_millis(200);
/// How long the server gets to come to rest after an attack.
const REST: Duration = Duration::from_secs(1);

/// The least memory that is too much, in kilobytes.
const MEMORY_KB: f64 = 300.0 * 1024.0;
/// How many times as long as when it is quiet deliveries may take, and the least that counts as quiet, in milliseconds.
const SLOWER: f64 = 5.0;
const QUIET_MS: f64 = 5.0;

/// What was seen in one part of the run.
#[derive(Debug)]
struct Row {
    name: &'static str,
    memory_kb: f64,
    delivery: Spread,
    sign_in_ms: f64,
    /// Messages and sign-ins of honest people that were refused, and connections of theirs that closed.
    refused: u64,
    tally: Tally,
}

/// What was seen of all attacks.
#[derive(Debug)]
pub(crate) struct Outcome {
    quiet: Row,
    attacked: Vec<Row>,
    faults: Faults,
}

/// Runs all attacks, one after the other.
pub(crate) async fn run(stage: &Stage<'_>) -> Result<Outcome, Failure> {
    let mut sign_ins = SignIns::register(stage.address).await?;
    let mut parts = Vec::new();
    for (n, person) in stage.people.iter().enumerate().skip(FIRST).take(HONEST) {
        let first = PACE.mul_f64(float(u64::try_from(n - FIRST)?) / float(u64::try_from(HONEST)?));
        let pace = if n % 2 == 0 { Pace::Every(PACE, first) } else { Pace::Never };
        let client = Client::connect_from(ADDRESS, stage.address, &person.token).await?;
        parts.push((client, Part { room: pair_room(n / 2).to_string(), pace, longer: 0 }));
    }
    let talking = Talking::of(Rc::new(Meter::new()?), stage.named, parts.into_iter());
    let seen = talking.during(async |meter, phase, books| {
        phase.send_replace(Phase::Talk);
        sleep(stage.warm).await;
        let honest = (meter, books);
        let quiet = watch_over(stage, honest, &mut sign_ins, None).await?;
        let mut attacked = Vec::new();
        for attack in ATTACKS {
            attacked.push(watch_over(stage, honest, &mut sign_ins, Some(attack)).await?);
            sleep(REST).await;
        }
        Ok(Outcome { quiet, attacked, faults: settle(phase, books).await })
    });
    seen.await
}

/// Watches honest people for as long as a scenario is measured, and attacks meanwhile.
async fn watch_over(
    stage: &Stage<'_>,
    (meter, books): (&Meter, &Books),
    sign_ins: &mut SignIns,
    attack: Option<Attack>,
) -> Result<Row, Failure> {
    let server = &stage.parties.server;
    let until = Instant::now() + stage.secs;
    let before = refused(books);
    server.reset_peak();
    meter.clear();
    meter.turn(true);
    let attackers = attack.map(|attack| {
        let (address, people) = (stage.address, stage.people.to_vec());
        tokio::task::spawn_blocking(move || Attackers::run(attack, address, people, until))
    });
    let signed_in = sign_ins.go_on(until).await;
    sleep(until.saturating_duration_since(Instant::now())).await;
    meter.turn(false);
    let memory_kb = server.peak_kb();
    let tally = match attackers {
        Some(attackers) => attackers.await??,
        None => Tally::default(),
    };
    Ok(Row {
        name: attack.map_or("quiet", |attack| attack.name),
        memory_kb,
        delivery: meter.deliveries().1,
        sign_in_ms: signed_in.slowest_ms,
        refused: refused(books) - before + signed_in.refused,
        tally,
    })
}

fn refused(books: &Books) -> u64 {
    books.iter().map(|(_, ledger)| ledger.borrow().turned_away()).sum()
}

impl Row {
    /// Returns what of it may not be.
    fn complaints(&self, quiet: Spread) -> Vec<&'static str> {
        let slow = self.delivery.p99 >= SLOWER * quiet.p99.max(QUIET_MS);
        let found = [(self.memory_kb >= MEMORY_KB, "memory"), (slow, "slow"), (self.refused > 0, "refused")];
        found.into_iter().filter_map(|(is_so, what)| is_so.then_some(what)).collect()
    }

    fn line(&self, quiet: Spread) -> String {
        let Self { name, memory_kb, delivery: Spread { p50, p99, .. }, sign_in_ms, refused, tally } = self;
        let complaints = self.complaints(quiet);
        let verdict = if complaints.is_empty() { "held".to_owned() } else { complaints.join(", ") };
        let memory = memory_kb / 1024.0;
        format!(
            "| `{name}` | {memory:.0} MB | {p50:.1} / {p99:.1} ms | {sign_in_ms:.0} ms | {refused} | {tally} | {verdict} |"
        )
    }
}

impl From<Outcome> for Figures {
    fn from(Outcome { quiet, attacked, faults }: Outcome) -> Self {
        let of = quiet.delivery;
        let mut lines = vec![
            "\n| attack | memory, most | delivery p50 / p99 | slowest sign-in | refused | attackers | |"
                .to_owned(),
            "|---|---|---|---|---|---|---|".to_owned(),
        ];
        let rows = || std::iter::once(&quiet).chain(&attacked);
        lines.extend(rows().map(|row| row.line(of)));
        let fields = rows().map(|row| {
            json!({
                "attack": row.name, "memory_kb": rounded(row.memory_kb), "delivery_ms": row.delivery,
                "slowest_sign_in_ms": rounded(row.sign_in_ms), "refused": row.refused,
                "attackers_done": row.tally.done, "attackers_refused": row.tally.refused,
                "complaints": row.complaints(of),
            })
        });
        let exceeded = rows().filter(|row| !row.complaints(of).is_empty()).count();
        Self {
            line: lines.join("\n"),
            fields: json!({ "attacks": fields.collect::<Vec<_>>() }),
            faults: Faults { exceeded: u64::try_from(exceeded).unwrap_or(u64::MAX), ..faults },
        }
    }
}
