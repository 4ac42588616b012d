//! People who talk: as fast as they are answered, or at a fixed rate.

use std::cell::RefCell;
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::task::{JoinSet, LocalSet};
use tokio::time::{Interval, MissedTickBehavior, interval_at, sleep};

use crate::Failure;
use crate::client::{Client, Received, Stamp, packet};
use crate::ledger::{self, Faults, Ledger};
use crate::meter::Meter;
use crate::report::Talk;
use crate::run::Stage;

/// How long messages in flight may take to arrive after the last one was sent.
const PATIENCE: Duration = Duration::from_secs(10);

/// When somebody sends the next message.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Pace {
    /// They only listen.
    Never,
    /// When one of so many is acknowledged.
    Window(usize),
    /// Every so often, whether or not the last was acknowledged; the second is how long the first one waits.
    Every(Duration, Duration),
}

/// One connection's part in a scenario.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    /// The room that it talks and listens in.
    pub(crate) room: String,
    /// When it talks.
    pub(crate) pace: Pace,
    /// How much longer than usual its messages are, in characters of three bytes.
    pub(crate) longer: usize,
}

/// What everybody is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    Quiet,
    Talk,
    Listen,
}

/// People who talk, and the books about them.
pub(crate) struct Talking {
    pub(crate) meter: Rc<Meter>,
    pub(crate) phase: watch::Sender<Phase>,
    pub(crate) books: Books,
    crowd: LocalSet,
    talkers: JoinSet<()>,
}

pub(crate) type Books = Vec<(String, Rc<RefCell<Ledger>>)>;

impl Talking {
    /// Connects everybody; they are quiet.
    pub(crate) async fn gather(stage: &Stage<'_>, parts: Vec<Part>) -> Result<Self, Failure> {
        let meter = Rc::new(Meter::new()?);
        let clients = stage.connect(parts.len()).await?;
        Ok(Self::of(meter, stage.named, clients.into_iter().zip(parts)))
    }

    /// The same with these connections.
    pub(crate) fn of(meter: Rc<Meter>, named: bool, clients: impl Iterator<Item = (Client, Part)>) -> Self {
        let (phase, watched) = watch::channel(Phase::Quiet);
        let (crowd, mut talkers, mut books) = (LocalSet::new(), JoinSet::new(), Books::new());
        for ((client, part), index) in clients.zip(0..) {
            let ledger = Rc::new(RefCell::new(Ledger::default()));
            books.push((part.room.clone(), Rc::clone(&ledger)));
            let (meter, waiting, padding) = (Rc::clone(&meter), VecDeque::new(), "長".repeat(part.longer));
            let talker = Talker { client, index, part, named, padding, meter, ledger, waiting, ticks: None };
            talkers.spawn_local_on(talker.run(watched.clone()), &crowd);
        }
        Self { meter, phase, books, crowd, talkers }
    }

    /// Lets everybody live while something happens, and go when it is over.
    pub(crate) async fn during<T>(
        mut self,
        what: impl AsyncFnOnce(&Meter, &watch::Sender<Phase>, &Books) -> T,
    ) -> T {
        let (meter, phase, books) = (&self.meter, &self.phase, &self.books);
        let outcome = self.crowd.run_until(what(meter, phase, books)).await;
        drop(self.phase);
        let talkers = &mut self.talkers;
        self.crowd.run_until(async { while talkers.join_next().await.is_some() {} }).await;
        outcome
    }
}

/// Lets everybody talk and returns what was measured.
pub(crate) async fn talk(stage: &Stage<'_>, parts: Vec<Part>) -> Result<Talk, Failure> {
    let talking = Talking::gather(stage, parts).await?;
    Ok(talking.during(async |meter, phase, books| measure(stage, meter, phase, books).await).await)
}

async fn measure(stage: &Stage<'_>, meter: &Meter, phase: &watch::Sender<Phase>, books: &Books) -> Talk {
    phase.send_replace(Phase::Talk);
    sleep(stage.warm).await;
    let (began, before) = (Instant::now(), stage.parties.cpu());
    meter.turn(true);
    sleep(stage.secs).await;
    meter.turn(false);
    let (cpu, secs) = (stage.parties.cpu() - before, began.elapsed().as_secs_f64());
    let memory_kb = stage.parties.server.memory_kb();
    let faults = settle(phase, books).await;
    let ((messages, ack), (deliveries, delivery)) = (meter.acknowledgements(), meter.deliveries());
    Talk { connections: books.len(), secs, messages, deliveries, ack, delivery, cpu, memory_kb, faults }
}

/// Has everybody stop talking, and waits for what is in flight.
pub(crate) async fn settle(phase: &watch::Sender<Phase>, books: &Books) -> Faults {
    phase.send_replace(Phase::Listen);
    let deadline = Instant::now() + PATIENCE;
    let mut faults = faults_of(books);
    while faults != Faults::default() && Instant::now() < deadline {
        sleep(Duration::from_millis(20)).await;
        faults = faults_of(books);
    }
    faults
}

fn faults_of(books: &Books) -> Faults {
    let borrowed: Vec<_> = books.iter().map(|(room, ledger)| (room, ledger.borrow())).collect();
    let mut rooms: HashMap<&str, Vec<&Ledger>> = HashMap::new();
    for (room, ledger) in &borrowed {
        rooms.entry(room).or_default().push(ledger);
    }
    let mut all = Faults::default();
    for room in rooms.values() {
        all += ledger::faults(room);
    }
    all
}

/// Somebody with one connection.
struct Talker {
    client: Client,
    index: u64,
    part: Part,
    named: bool,
    padding: String,
    meter: Rc<Meter>,
    ledger: Rc<RefCell<Ledger>>,
    /// The numbers of what was not acknowledged yet, and when it left.
    waiting: VecDeque<(u64, u64)>,
    ticks: Option<Interval>,
}

impl Talker {
    async fn run(mut self, mut phase: watch::Receiver<Phase>) {
        let mut talking = false;
        loop {
            let done = tokio::select! {
                biased;
                changed = phase.changed() => {
                    let now = *phase.borrow_and_update();
                    talking = now == Phase::Talk;
                    if changed.is_err() {
                        return self.client.close().await;
                    }
                    if talking { self.begin().await } else { Ok(()) }
                }
                () = tick(&mut self.ticks), if talking => self.say().await,
                received = self.client.receive() => self.note(received, talking).await,
            };
            if done.is_err() {
                return self.ledger.borrow_mut().close();
            }
        }
    }

    async fn begin(&mut self) -> Result<(), Failure> {
        match self.part.pace {
            Pace::Never => {}
            Pace::Window(window) => {
                for _ in 0..window {
                    self.say().await?;
                }
            }
            Pace::Every(period, first) => {
                let mut ticks = interval_at(tokio::time::Instant::now() + first, period);
                ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
                self.ticks = Some(ticks);
            }
        }
        Ok(())
    }

    async fn say(&mut self) -> Result<(), Failure> {
        let left = self.meter.now();
        let number = {
            let mut ledger = self.ledger.borrow_mut();
            ledger.sent += 1;
            ledger.sent
        };
        self.waiting.push_back((number, left));
        let stamp = Stamp { sender: self.index, number, left };
        self.client.send(packet(&self.part.room, stamp, (self.named, &self.padding))).await
    }

    async fn note(&mut self, received: Received, talking: bool) -> Result<(), Failure> {
        match received {
            Received::Message(stamp, seq) => {
                self.meter.delivered(stamp.left);
                self.ledger.borrow_mut().receive(stamp, seq);
            }
            Received::Acknowledged(number, seq) => {
                let at = self.waiting.iter().position(|(waiting, _)| *waiting == number);
                let left = at.and_then(|at| self.waiting.remove(at)).map(|(_, left)| left);
                if let Some(left) = left {
                    self.meter.acknowledged(left);
                }
                self.ledger.borrow_mut().acknowledge(left.is_some(), seq);
                if talking && matches!(self.part.pace, Pace::Window(_)) {
                    self.say().await?;
                }
            }
            Received::Refused => self.ledger.borrow_mut().refuse(),
            Received::Other => {}
            Received::Closed => return Err("the connection closed".into()),
        }
        Ok(())
    }
}

async fn tick(ticks: &mut Option<Interval>) {
    match ticks {
        Some(ticks) => drop(ticks.tick().await),
        None => std::future::pending().await,
    }
}
