//! A client that loses its connection again and again, comes back with its cursor, and sends until it is acknowledged.

use std::collections::VecDeque;
use std::future::ready;
use std::ops::Range;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until};

use crate::connection::{Connection, ConnectionError, ConnectionOptions};
use crate::crowd_state::{CrowdState, Phase, SharedReplica, lock};
use crate::replica::Replica;

/// The messages that a client sends.
#[derive(Debug, Clone)]
pub struct MessagePlan {
    /// The beginning of each text.
    pub start: String,
    /// How many messages.
    pub count: usize,
    /// When the first is due, after the client began.
    pub first: Duration,
    /// How long after each the next is due.
    pub every: Duration,
}

/// A client of a crowd.
pub(crate) struct ReconnectingClient {
    state: CrowdState,
    number: u64,
    token: String,
    replica: SharedReplica,
    plan: MessagePlan,
    due: Instant,
    sent: usize,
    /// The messages without an acknowledgement: their numbers, and how often each was sent.
    outbox: VecDeque<(usize, u32)>,
    /// How many messages this connection sent again that were not acknowledged yet.
    resent_unacknowledged: usize,
    random: Random,
    /// How long a server that stopped has asked to stay away.
    asked_away: Option<Duration>,
    recovery: Option<Value>,
}

/// How a connection ended, if not by an error.
enum End {
    Cut,
    Leave,
}

impl ReconnectingClient {
    pub(crate) fn new(
        state: CrowdState,
        (number, token): (u64, String),
        replica: SharedReplica,
        plan: MessagePlan,
    ) -> Self {
        let due = Instant::now() + plan.first;
        Self {
            state,
            number,
            token,
            replica,
            plan,
            due,
            sent: 0,
            outbox: VecDeque::new(),
            resent_unacknowledged: 0,
            random: Random(number),
            asked_away: None,
            recovery: None,
        }
    }

    pub(crate) async fn run(mut self) {
        while *self.state.phase.borrow() != Phase::Leave {
            let pause = match self.connect_once().await {
                Ok(End::Leave) => return,
                Ok(End::Cut) => {
                    self.note(|replica| replica.counts.cuts += 1);
                    self.random.within(&self.state.settings.away)
                }
                Err(_lost) => {
                    self.note(|replica| replica.counts.losses += 1);
                    let again = self.random.within(&self.state.settings.again);
                    self.asked_away.take().unwrap_or(again)
                }
            };
            let mut phase = self.state.phase.clone();
            tokio::select! {
                () = sleep(pause) => {}
                _ = phase.wait_for(|phase| *phase == Phase::Leave) => return,
            }
        }
    }

    fn note<T>(&self, note: impl FnOnce(&mut Replica) -> T) -> T {
        let noted = note(&mut lock(&self.replica));
        self.state.changed.send_replace(());
        noted
    }

    /// Runs one connection from CONNECT to its end.
    async fn connect_once(&mut self) -> Result<End, ConnectionError> {
        let (mut server, mut phase) = (self.state.server.clone(), self.state.phase.clone());
        let address = tokio::select! {
            found = server.wait_for(Option::is_some) => (*found?).ok_or("there is no server")?,
            _ = phase.wait_for(|phase| *phase == Phase::Leave) => return Ok(End::Leave),
        };
        let mut connection = Connection::open(address, &self.auth(), ConnectionOptions::default()).await?;
        self.note(Replica::come_back);
        self.catch_up(&mut connection, &format!("http://{address}")).await?;
        self.send_again(&mut connection).await?;
        self.stay(connection, phase).await
    }

    /// Sends and receives until the connection ends.
    async fn stay(
        &mut self,
        mut connection: Connection,
        mut phase: watch::Receiver<Phase>,
    ) -> Result<End, ConnectionError> {
        let cut_at = Instant::now() + self.random.within(&self.state.settings.online);
        loop {
            let now = *phase.borrow_and_update();
            tokio::select! {
                changed = phase.changed() => changed?,
                packet = connection.receive(false) => self.packet(&packet?)?,
                () = sleep_until(self.due), if self.sent < self.plan.count => self.send_due(&mut connection).await?,
                () = sleep_until(cut_at), if now == Phase::Reconnect && self.resent_unacknowledged == 0 => {
                    connection.cut();
                    return Ok(End::Cut);
                }
                () = ready(()), if now == Phase::Leave => return Ok(End::Leave),
            }
        }
    }

    fn auth(&self) -> Value {
        let cursor = lock(&self.replica).cursor.clone();
        match &self.recovery {
            Some(pid) => json!({ "token": self.token, "pid": pid, "offset": cursor }),
            None if self.state.settings.recovery => json!({ "token": self.token, "recover": true }),
            None => json!({ "token": self.token, "since": cursor }),
        }
    }

    /// Catches up: by the replay of the connection, or page by page.
    async fn catch_up(&mut self, connection: &mut Connection, origin: &str) -> Result<(), ConnectionError> {
        if self.state.settings.recovery {
            let before = self.recovery.replace(connection.accepted["pid"].clone());
            if before.is_some() && before == self.recovery {
                self.note(|replica| replica.counts.resumed += 1);
            } else {
                // The connection is new to the server.
                self.page(origin).await?;
            }
        } else {
            loop {
                let packet = connection.receive(false).await?;
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

    /// Fetches the missed events from `/sync`, page by page.
    async fn page(&self, origin: &str) -> Result<(), ConnectionError> {
        loop {
            let url = format!("{origin}/sync?since={}", lock(&self.replica).cursor);
            let answer = self.state.http.get(url).bearer_auth(&self.token).send().await?;
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

    fn packet(&mut self, packet: &str) -> Result<(), ConnectionError> {
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
            self.resent_unacknowledged -= usize::from(again);
            self.outbox.retain(|(waiting, _)| *waiting != number);
            self.note(|replica| replica.acknowledge(&answer["message"]));
        }
        Ok(())
    }

    /// Sends the next message of the plan.
    async fn send_due(&mut self, connection: &mut Connection) -> Result<(), ConnectionError> {
        self.outbox.push_back((self.sent, 1));
        self.sent += 1;
        self.due += self.plan.every;
        connection.send(self.message(self.sent - 1)).await
    }

    /// Sends the messages without an acknowledgement again, in their order.
    async fn send_again(&mut self, connection: &mut Connection) -> Result<(), ConnectionError> {
        self.resent_unacknowledged = self.outbox.len();
        for index in 0..self.outbox.len() {
            let Some((number, times)) = self.outbox.get_mut(index) else { break };
            *times += 1;
            let number = *number;
            self.note(|replica| replica.counts.sent_again += 1);
            connection.send(self.message(number)).await?;
        }
        Ok(())
    }

    fn message(&self, number: usize) -> String {
        let (room, content) =
            (&lock(&self.replica).room, format!("{}{}-{number}", self.plan.start, self.number));
        let body = json!({ "chatroom_id": room, "content": content, "client_msg_id": content });
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
