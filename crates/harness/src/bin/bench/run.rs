//! A run from the empty database to the last figure.

use std::cell::RefCell;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::net::SocketAddr;
use std::time::{Duration, SystemTime};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use persistence::db::{Config, Db};
use serde_json::{Value, json};

use crate::Failure;
use crate::arguments::{Arguments, DatabaseKind, Scenario};
use crate::client::Client;
use crate::database::Database;
use crate::ledger::Faults;
use crate::load::{self, Pace, Part};
use crate::pages::Reading;
use crate::report::Figures;
use crate::seed::{self, Person};
use crate::server::{Ending, Server};
use crate::usage::{Parties, Watched};
use crate::{attack, idle, jitter, nodes, pages, search, stall};

/// How many connections are opened at once.
pub(crate) const AT_ONCE: usize = 50;
/// How many people talk in pairs.
const TALKERS: usize = 200;
/// How many of a group talk, and how many unacknowledged messages each has.
const SPEAKERS: (usize, usize) = (4, 4);

/// What every scenario needs.
pub(crate) struct Stage<'a> {
    pub(crate) address: SocketAddr,
    pub(crate) people: &'a [Person],
    pub(crate) parties: Parties,
    server: RefCell<Option<Server>>,
    pub(crate) warm: Duration,
    pub(crate) secs: Duration,
    pub(crate) named: bool,
    pub(crate) arguments: &'a Arguments,
    pub(crate) database_url: String,
}

/// Runs everything that was asked for; returns whether each message arrived once and in order.
pub(crate) fn all(arguments: &Arguments) -> Result<bool, Failure> {
    if arguments.scenarios.contains(&Scenario::Attack) && arguments.scenarios != [Scenario::Attack] {
        return Err("attack is run alone: the other scenarios need a server without limits".into());
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let database = Database::start(arguments)?;
    let people = {
        // Opened and dropped outside the runtime: a connection has a runtime of its own.
        let db = Db::open(&Config { url: database.url.clone(), connections: 4 })?;
        runtime.block_on(prepare(&db, arguments))?
    };
    if let Some(path) = &arguments.seed_only {
        seed::write_tokens(path, &people)?;
        println!(
            "Start the server with SECRET_KEY='{}' DATABASE_URL={}",
            crate::server::SECRET_KEY,
            database.url
        );
        return Ok(true);
    }
    let server = Server::start(arguments, &database.url)?;
    let stage = Stage {
        address: server.address,
        server: RefCell::new(None),
        people: &people,
        parties: Parties {
            server: Watched::process(Some(server.pid())),
            database: Watched::process(database.pid),
        },
        warm: Duration::from_secs_f64(arguments.warm),
        secs: Duration::from_secs_f64(arguments.secs),
        named: !arguments.unnamed,
        arguments,
        database_url: database.url.clone(),
    };
    stage.server.replace(Some(server));
    runtime.block_on(async {
        tokio::select! {
            outcome = scenarios(&stage, arguments) => outcome,
            _ = tokio::signal::ctrl_c() => Err("interrupted".into()),
        }
    })
}

async fn prepare(db: &Db, arguments: &Arguments) -> Result<Vec<Person>, Failure> {
    let people = seed::people(db, arguments.users).await?;
    let reads_log =
        |scenario: &Scenario| matches!(scenario, Scenario::Read(Reading::History | Reading::Sync));
    if arguments.scenarios.iter().any(reads_log) && arguments.seed_only.is_none() {
        seed::history(db, &people, pages::ROOMS, pages::EACH).await?;
    }
    if arguments.scenarios.contains(&Scenario::Attack) {
        seed::history(db, &people, 1, attack::HISTORY).await?;
    }
    for scenario in &arguments.scenarios {
        let (clients, size) = match *scenario {
            Scenario::Jitter(_, clients) => (clients, jitter::ROOM),
            Scenario::Stall(clients) => (clients, stall::ROOM),
            Scenario::Search(messages) => {
                search::prepare(db, &people, messages).await?;
                continue;
            }
            Scenario::Read(Reading::Rooms(rooms)) => {
                seed::many_rooms(db, &people, rooms).await?;
                continue;
            }
            _ => continue,
        };
        let people = people.get(..clients).ok_or("there are fewer --users than clients")?;
        seed::circles(db, people, size).await?;
    }
    Ok(people)
}

async fn scenarios(stage: &Stage<'_>, arguments: &Arguments) -> Result<bool, Failure> {
    let mut sound = true;
    for _ in 0..arguments.repeat {
        for scenario in &arguments.scenarios {
            let figures = stage.play(*scenario).await?;
            println!("{scenario:<9} {}", figures.line);
            sound &= figures.faults == Faults::default();
            keep(arguments, *scenario, figures)?;
        }
    }
    Ok(sound)
}

/// Adds a line to `results.jsonl`.
fn keep(arguments: &Arguments, scenario: Scenario, figures: Figures) -> Result<(), Failure> {
    let at = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_secs();
    let database = match (&arguments.database_url, arguments.database) {
        (Some(_), _) => "given",
        (None, DatabaseKind::Sqlite) => "sqlite",
        (None, DatabaseKind::Mariadb) => "mariadb",
    };
    let mut line = json!({
        "at": at, "scenario": scenario.to_string(), "database": database, "named": !arguments.unnamed,
        "faults": figures.faults,
    });
    if let (Value::Object(line), Value::Object(fields)) = (&mut line, figures.fields) {
        line.extend(fields);
    }
    let mut file =
        OpenOptions::new().create(true).append(true).open(arguments.folder.join("results.jsonl"))?;
    Ok(writeln!(file, "{line}")?)
}

impl Stage<'_> {
    async fn play(&self, scenario: Scenario) -> Result<Figures, Failure> {
        let pair = |number: usize| seed::pair_room(number / 2).to_string();
        let parts = match scenario {
            Scenario::Idle(connections) => return Ok(idle::sit(self, connections).await?.into()),
            Scenario::Read(reading) => return Ok(pages::read(self, reading).await?.into()),
            Scenario::Jitter(kind, clients) => return Ok(jitter::part(self, kind, clients).await?.into()),
            Scenario::Stall(clients) => return Ok(stall::stop_reading(self, clients).await?.into()),
            Scenario::Attack => return Ok(attack::run(self).await?.into()),
            Scenario::Search(messages) => return search::compare(self, messages).await,
            Scenario::Nodes(rate) => return Ok(nodes::across(self, rate).await?.into()),
            Scenario::Flood(window) => {
                (0..TALKERS).map(|n| Part { room: pair(n), pace: Pace::Window(window), longer: 0 }).collect()
            }
            Scenario::Rate(rate) => {
                let talkers = u32::try_from(TALKERS / 2)?;
                let period = Duration::from_secs(1) * talkers / rate;
                (0..)
                    .take(TALKERS)
                    .map(|n: u32| Part {
                        room: pair(usize::try_from(n).unwrap_or_default()),
                        // One of each pair talks, and no two at the same moment.
                        pace: if n.is_multiple_of(2) {
                            Pace::Every(period, period * (n / 2) / talkers)
                        } else {
                            Pace::Never
                        },
                        longer: 0,
                    })
                    .collect()
            }
            Scenario::Fan(members) => {
                let room = seed::group(members).to_string();
                let pace = |n| if n < SPEAKERS.0 { Pace::Window(SPEAKERS.1) } else { Pace::Never };
                (0..members).map(|n| Part { room: room.clone(), pace: pace(n), longer: 0 }).collect()
            }
        };
        Ok(load::talk(self, parts).await?.into())
    }

    /// Ends the server and starts it again; returns how long the ending took.
    pub(crate) async fn restart(&self, ending: Ending) -> Result<Duration, Failure> {
        let server = self.server.take().ok_or("there is no server")?;
        self.parties.server.retire();
        let (server, took) = tokio::task::spawn_blocking(move || server.again(ending)).await??;
        self.parties.server.replace(server.pid());
        self.server.replace(Some(server));
        Ok(took)
    }

    /// Connects one person.
    pub(crate) async fn client(&self, number: usize) -> Result<Client, Failure> {
        let person = self.people.get(number).ok_or("there are fewer --users than clients")?;
        Client::connect(self.address, &person.token).await
    }

    /// Connects the first people; more connections than people are more devices of theirs.
    pub(crate) async fn connect(&self, connections: usize) -> Result<Vec<Client>, Failure> {
        let people = self.people.iter().cycle().take(connections);
        stream::iter(people.map(|person| Client::connect(self.address, &person.token)))
            .buffered(AT_ONCE)
            .try_collect()
            .await
    }
}
