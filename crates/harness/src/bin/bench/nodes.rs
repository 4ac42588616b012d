//! Two more servers on the same database: how long a message takes from one to the other, with Redis and without.

use std::rc::Rc;
use std::time::Duration;

use serde_json::json;
use testdb::TestRedis;
use tokio::time::sleep;

use crate::Failure;
use crate::client::Client;
use crate::ledger::Faults;
use crate::load::{Pace, Part, Phase, Talking, settle};
use crate::meter::{Meter, Spread};
use crate::report::{Figures, complaint, shown};
use crate::run::Stage;
use crate::seed::pair_room;
use crate::server::Server;

/// How many pairs talk: one of each on one server, the other on the other.
const PAIRS: usize = 20;

/// What was seen.
#[derive(Debug)]
pub(crate) struct Outcome {
    with: Spread,
    without: Spread,
    again: Spread,
    faults: Faults,
}

/// Lets people talk across servers at so many messages a second, and kills Redis and starts it again meanwhile.
pub(crate) async fn across(stage: &Stage<'_>, rate: u32) -> Result<Outcome, Failure> {
    let redis = tokio::task::spawn_blocking(TestRedis::start).await?;
    let nodes = [stage.node(1, &redis.url())?, stage.node(2, &redis.url())?];
    let pairs = u32::try_from(PAIRS)?;
    let period = Duration::from_secs(1) * pairs / rate;
    let mut talkers = Vec::with_capacity(2 * PAIRS);
    for (pair, at) in (0..PAIRS).zip(0..) {
        let pace = Pace::Every(period, period * at / pairs);
        for (who, (node, pace)) in nodes.iter().zip([pace, Pace::Never]).enumerate() {
            let person = stage.people.get(2 * pair + who).ok_or("there are too few --users")?;
            let part = Part { room: pair_room(pair).to_string(), pace, longer: 0 };
            talkers.push((Client::connect(node.address, &person.token).await?, part));
        }
    }
    let meter = Rc::new(Meter::new()?);
    let talking = Talking::of(meter, stage.named, talkers.into_iter());
    let outcome = talking.during(async |meter, phase, books| {
        phase.send_replace(Phase::Talk);
        sleep(stage.warm).await;
        let with = listen(stage, meter).await;
        // What it takes to notice that Redis is gone counts.
        redis.kill();
        let without = listen(stage, meter).await;
        redis.restart();
        sleep(stage.warm).await;
        let again = listen(stage, meter).await;
        Outcome { with, without, again, faults: settle(phase, books).await }
    });
    Ok(outcome.await)
}

async fn listen(stage: &Stage<'_>, meter: &Meter) -> Spread {
    meter.clear();
    meter.turn(true);
    sleep(stage.secs).await;
    meter.turn(false);
    meter.deliveries().1
}

impl Stage<'_> {
    fn node(&self, number: usize, redis_url: &str) -> Result<Server, Failure> {
        if self.database_url.starts_with("sqlite") {
            return Err("SQLite belongs to one server; nodes want --database mariadb".into());
        }
        Server::node(self.arguments, &self.database_url, (number, redis_url))
    }
}

impl From<Outcome> for Figures {
    fn from(Outcome { with, without, again, faults }: Outcome) -> Self {
        let line = format!(
            "from server to server {} max {:.0} ms | Redis killed {} max {:.0} ms | back, empty {} max {:.0} ms | {}",
            shown(with),
            with.max,
            shown(without),
            without.max,
            shown(again),
            again.max,
            complaint(faults),
        );
        let fields = json!({ "with_redis_ms": with, "without_redis_ms": without, "redis_again_ms": again });
        Self { line, fields, faults }
    }
}
