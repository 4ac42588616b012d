//! A client that loses its connection again and again, comes back with its cursor, and sends until it is acknowledged.

use std::collections::VecDeque;
use std::future::ready;
use std::ops::Range;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until};

use crate::link::{Link, Lost, Manner};
use crate::replica::Replica;
use crate::world::{Phase, Shared, World, seen};

/// What a client says.
#[derive(Debug, Clone)]
pub struct Say {
    /// What its words begin with, so that they can be told from others.
    pub start: String,
    /// How many messages.
    pub count: usize,
    /// When the first is due, after the client began.
    pub first: Duration,
    /// How long after each the next is due.
    pub every: Duration,
}

/// Such a client.
pub(crate) struct Roamer {
    world: World,
    number: u64,
    token: String,
    replica: Shared,
    say: Say,
    due: Instant,
    said: usize,
    /// What was said and not acknowledged: its number, and how often it was sent.
    outbox: VecDeque<(usize, u32)>,
    /// How many of them were sent again by this connection.
    owed: usize,
    random: Random,
    /// How long a server that stopped has asked to stay away.
    asked_away: Option<Duration>,
    recovery: Option<Value>,
}

/// How a visit ended, if not by a loss.
enum End {
    Cut,
    Leave,
}

impl Roamer {
    pub(crate) fn new(world: World, (number, token): (u64, String), replica: Shared, say: Say) -> Self {
        let due = Instant::now() + say.first;
        Self {
            world,
            number,
            token,
            replica,
            say,
            due,
            said: 0,
            outbox: VecDeque::new(),
            owed: 0,
            random: Random(number),
            asked_away: None,
            recovery: None,
        }
    }

    pub(crate) async fn run(mut self) {
        while *self.world.phase.borrow() != Phase::Leave {
            let pause = match self.visit().await {
                Ok(End::Leave) => return,
                Ok(End::Cut) => {
                    self.note(|replica| replica.counts.cuts += 1);
                    self.random.within(&self.world.habits.away)
                }
                Err(_lost) => {
                    self.note(|replica| replica.counts.losses += 1);
                    let again = self.random.within(&self.world.habits.again);
                    self.asked_away.take().unwrap_or(again)
                }
            };
            let mut phase = self.world.phase.clone();
            tokio::select! {
                () = sleep(pause) => {}
                _ = phase.wait_for(|phase| *phase == Phase::Leave) => return,
            }
        }
    }

    fn note<T>(&self, note: impl FnOnce(&mut Replica) -> T) -> T {
        let noted = note(&mut seen(&self.replica));
        self.world.news.send_replace(());
        noted
    }

    /// One connection, from coming in to its end.
    async fn visit(&mut self) -> Result<End, Lost> {
        let (mut server, mut phase) = (self.world.server.clone(), self.world.phase.clone());
        let address = tokio::select! {
            found = server.wait_for(Option::is_some) => (*found?).ok_or("there is no server")?,
            _ = phase.wait_for(|phase| *phase == Phase::Leave) => return Ok(End::Leave),
        };
        let mut link = Link::open(address, &self.auth(), Manner::default()).await?;
        self.note(Replica::come_back);
        self.resume(&mut link, &format!("http://{address}")).await?;
        self.send_again(&mut link).await?;
        self.stay(link, phase).await
    }

    /// Talks and listens until the connection ends.
    async fn stay(&mut self, mut link: Link, mut phase: watch::Receiver<Phase>) -> Result<End, Lost> {
        let cut_at = Instant::now() + self.random.within(&self.world.habits.online);
        loop {
            let now = *phase.borrow_and_update();
            tokio::select! {
                changed = phase.changed() => changed?,
                packet = link.hear(false) => self.packet(&packet?)?,
                () = sleep_until(self.due), if self.said < self.say.count => self.speak(&mut link).await?,
                () = sleep_until(cut_at), if now == Phase::Roam && self.owed == 0 => {
                    link.cut();
                    return Ok(End::Cut);
                }
                () = ready(()), if now == Phase::Leave => return Ok(End::Leave),
            }
        }
    }

    fn auth(&self) -> Value {
        let cursor = seen(&self.replica).cursor.clone();
        match &self.recovery {
            Some(pid) => json!({ "token": self.token, "pid": pid, "offset": cursor }),
            None if self.world.habits.recovery => json!({ "token": self.token, "recover": true }),
            None => json!({ "token": self.token, "since": cursor }),
        }
    }

    /// Learns what was missed.
    async fn resume(&mut self, link: &mut Link, origin: &str) -> Result<(), Lost> {
        if self.world.habits.recovery {
            let before = self.recovery.replace(link.accepted["pid"].clone());
            if before.is_some() && before == self.recovery {
                self.note(|replica| replica.counts.resumed += 1);
            } else {
                // The server does not know this client any more, or never did.
                self.page(origin).await?;
            }
        } else {
            loop {
                let packet = link.hear(false).await?;
                self.packet(&packet)?;
                match event(&packet).as_ref().map(|(name, ..)| name.as_str()) {
                    Some("synced") => break self.note(|replica| replica.counts.resumed += 1),
                    Some("sync_required") => break self.page(origin).await?,
                    _ => {}
                }
            }
        }
        self.note(|replica| replica.whole_at.push(Instant::now().into_std()));
        Ok(())
    }

    /// Asks for what was missed page by page.
    async fn page(&self, origin: &str) -> Result<(), Lost> {
        loop {
            let url = format!("{origin}/sync?since={}", seen(&self.replica).cursor);
            let answer = self.world.http.get(url).bearer_auth(&self.token).send().await?;
            let answer: Value = serde_json::from_slice(&answer.error_for_status()?.bytes().await?)?;
            if answer["reset"] == true {
                return Err("the server has another history".into());
            }
            self.note(|replica| {
                for missed in answer["events"].as_array().into_iter().flatten() {
                    let name = missed["event"].as_str().unwrap_or_default();
                    replica.apply(missed["pos"].as_i64().unwrap_or_default(), name, &missed["data"]);
                }
                replica.go_on(answer["cursor"].as_str().unwrap_or_default());
            });
            if answer["more"] != true {
                self.note(Replica::paged);
                return Ok(());
            }
        }
    }

    fn packet(&mut self, packet: &str) -> Result<(), Lost> {
        if let Some((name, payload, offset)) = event(packet) {
            match name.as_str() {
                "restart" => {
                    let pause = Duration::from_millis(payload["retry_after_ms"].as_u64().unwrap_or_default());
                    self.asked_away = Some(pause);
                    self.note(|replica| replica.asked_away.push(pause));
                }
                "synced" => {
                    self.note(|replica| replica.go_on(payload["cursor"].as_str().unwrap_or_default()));
                }
                _ => self.note(|replica| match payload["pos"].as_i64() {
                    Some(pos) => replica.apply(pos, &name, &payload),
                    None => offset.iter().for_each(|offset| replica.go_on(offset)),
                }),
            }
        } else if let Some((number, answer)) = acknowledgement(packet) {
            if answer["ok"] != true {
                return Err(format!("not taken: {answer}").into());
            }
            let again = self.outbox.iter().any(|(waiting, times)| *waiting == number && *times > 1);
            self.owed -= usize::from(again);
            self.outbox.retain(|(waiting, _)| *waiting != number);
            self.note(|replica| replica.acknowledge(&answer["message"]));
        }
        Ok(())
    }

    /// Says what is due.
    async fn speak(&mut self, link: &mut Link) -> Result<(), Lost> {
        self.outbox.push_back((self.said, 1));
        self.said += 1;
        self.due += self.say.every;
        link.send(self.message(self.said - 1)).await
    }

    /// Sends again what was not acknowledged, in the order in which it was said.
    async fn send_again(&mut self, link: &mut Link) -> Result<(), Lost> {
        self.owed = self.outbox.len();
        for index in 0..self.outbox.len() {
            let Some((number, times)) = self.outbox.get_mut(index) else { break };
            *times += 1;
            let number = *number;
            self.note(|replica| replica.counts.sent_again += 1);
            link.send(self.message(number)).await?;
        }
        Ok(())
    }

    fn message(&self, number: usize) -> String {
        let (room, words) =
            (&seen(&self.replica).room, format!("{}{}-{number}", self.say.start, self.number));
        let body = json!({ "chatroom_id": room, "content": words, "client_msg_id": words });
        format!("42{number}{}", json!(["send_message", body]))
    }
}

/// An event's name, what it carries, and its offset, which clients get that recover their connection.
fn event(packet: &str) -> Option<(String, Value, Option<String>)> {
    let mut args: VecDeque<Value> = serde_json::from_str(packet.strip_prefix("42")?).ok()?;
    let name = args.pop_front()?.as_str()?.to_owned();
    let payload = args.pop_front().unwrap_or_default();
    Some((name, payload, args.pop_front().and_then(|offset| Some(offset.as_str()?.to_owned()))))
}

fn acknowledgement(packet: &str) -> Option<(usize, Value)> {
    let (number, args) = packet.strip_prefix("43")?.split_once('[')?;
    Some((number.parse().ok()?, serde_json::from_str(args.strip_suffix(']')?).ok()?))
}

/// Numbers without a pattern, the same for the same seed (`SplitMix64`).
struct Random(u64);

impl Random {
    fn within(&mut self, span: &Range<Duration>) -> Duration {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        let share = u32::try_from((mixed ^ (mixed >> 31)) >> 32).unwrap_or_default();
        span.start + span.end.saturating_sub(span.start).mul_f64(f64::from(share) / f64::from(u32::MAX))
    }
}
