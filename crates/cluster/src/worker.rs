//! Keeps a connection to Redis, and does over it what is due.

use std::sync::Arc;
use std::time::{Duration, Instant};

use redis::{Client, RedisError, RedisResult};
use tokio::time::{sleep, sleep_until, timeout};

use crate::backoff::backoff;
use crate::channels::Shard;
use crate::connection::{self, Connection};
use crate::message::{Announcement, Content, Kind};
use crate::presence::Update;
use crate::publisher::{Batch, Target};
use crate::state::State;
use crate::subscriber::ClusterEvent;

/// Works until the node is stopped.
pub(crate) async fn run(state: Arc<State>, client: Client) {
    let expiry = tokio::spawn(expire(Arc::clone(&state)));
    let (mut attempts, mut reported) = (0_u32, false);
    while !state.is_stopping() {
        let error = match Connection::open(&client, &state).await {
            Ok(connection) => {
                let begun = Instant::now();
                let ended = Worker::new(&state, connection).serve(&mut reported).await;
                // A server that accepts and closes at once does not count as reached.
                if begun.elapsed() > state.config.timeout {
                    attempts = 0;
                }
                ended.err()
            }
            Err(error) => Some(error),
        };
        if let Some(error) = error
            && !std::mem::replace(&mut reported, true)
        {
            warn(&error);
        }
        pause(&state, backoff(attempts)).await;
        attempts = attempts.saturating_add(1);
    }
    expiry.abort();
}

fn warn(error: &RedisError) {
    tracing::warn!(%error, "Redis is away; messages between nodes wait for the database");
}

/// Waits, until the node is stopped at most.
async fn pause(state: &State, pause: Duration) {
    let until = tokio::time::Instant::now() + pause;
    while !state.is_stopping() && tokio::time::Instant::now() < until {
        tokio::select! {
            () = sleep_until(until) => {}
            () = state.wake.notified() => {}
        }
    }
}

/// Removes nodes and users whose time is over, connected or not.
async fn expire(state: Arc<State>) {
    let shortest = state.config.ttl.min(state.config.linger);
    let tick = (shortest / 8).clamp(Duration::from_millis(5), Duration::from_secs(1));
    loop {
        sleep(tick).await;
        let changes = state.presence.update(|remote| remote.expire(Instant::now()));
        state.subscriber.emit_changes(changes);
    }
}

/// The work over one connection.
struct Worker<'a> {
    state: &'a State,
    connection: Connection,
    /// The shards subscribed to, in order.
    subscribed: Vec<Shard>,
    next_heartbeat: Instant,
    next_ping: Instant,
    /// Whether the set in Redis is wrong; it is replaced at the next heartbeat.
    replace: bool,
    /// Whether it was logged that the server refuses something.
    reported: bool,
}

impl<'a> Worker<'a> {
    fn new(state: &'a State, connection: Connection) -> Self {
        let now = Instant::now();
        Self {
            state,
            connection,
            subscribed: Vec::new(),
            next_heartbeat: now,
            next_ping: now,
            replace: false,
            reported: false,
        }
    }

    /// Works until the connection ends, with an error, or the node is stopped.
    async fn serve(&mut self, away: &mut bool) -> RedisResult<()> {
        self.connection.subscribe_to_all().await?;
        self.subscribe().await?;
        if std::mem::take(away) {
            tracing::info!("Redis is back");
        }
        self.state.set_connected();
        let ended = self.work().await;
        self.state.set_disconnected();
        ended
    }

    async fn work(&mut self) -> RedisResult<()> {
        self.state.presence.replace();
        self.read_sets(true).await?;
        while !self.state.is_stopping() {
            if !self.connection.is_open() {
                return Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset).into());
            }
            if !self.step().await? {
                let next = self.next_heartbeat.min(self.next_ping);
                tokio::select! {
                    () = sleep_until(next.into()) => {}
                    () = self.state.wake.notified() => {}
                }
            }
        }
        self.stop().await
    }

    /// Does what is due; returns whether there may be more.
    async fn step(&mut self) -> RedisResult<bool> {
        let now = Instant::now();
        for shard in self.subscribe().await? {
            self.state.subscriber.emit(ClusterEvent::Subscribed(shard));
        }
        let batch = self.state.publisher.take();
        let mut busy = !batch.is_empty();
        if busy {
            self.send(batch).await?;
        }
        busy |= self.update_presence(now).await?;
        if !busy && now >= self.next_ping {
            self.connection.ping().await?;
            busy = true;
        }
        if busy {
            self.next_ping = Instant::now() + self.state.config.ping;
        }
        Ok(busy)
    }

    /// Subscribes to the wanted shards and to no others; returns those that were added.
    async fn subscribe(&mut self) -> RedisResult<Vec<Shard>> {
        let wanted = self.state.subscriber.wanted();
        // Both are in order.
        let missing = |of: &[Shard], shard: &Shard| of.binary_search(shard).is_err();
        let added: Vec<_> = wanted.iter().filter(|shard| missing(&self.subscribed, shard)).copied().collect();
        let removed: Vec<_> =
            self.subscribed.iter().filter(|shard| missing(&wanted, shard)).copied().collect();
        self.connection.subscribe(&added, &removed).await?;
        self.subscribed = wanted;
        Ok(added)
    }

    async fn send(&mut self, batch: Batch) -> RedisResult<()> {
        let publisher = &self.state.publisher;
        let revocations = batch.revocations.iter().map(|payload| (&Target::All, Kind::Revocation, payload));
        let messages = batch.messages.iter().map(|message| {
            let kind = if message.target == Target::All { Kind::Broadcast } else { Kind::Room };
            (&message.target, kind, &message.payload)
        });
        let encoded: Vec<_> = revocations
            .chain(messages)
            .map(|(target, kind, payload)| (target, publisher.encode(kind, payload.clone())))
            .collect();
        match self.connection.publish(&encoded).await {
            Ok(refused) => {
                publisher.add_dropped(refused);
                publisher.add_sent(encoded.len());
                if refused > 0 && !std::mem::replace(&mut self.reported, true) {
                    tracing::error!(refused, "Redis refuses messages; does its user lack a permission?");
                }
                Ok(())
            }
            Err(error) => {
                drop(encoded);
                publisher.failed(batch);
                Err(error)
            }
        }
    }

    /// Reads the sets of other nodes and announces this node's users, as due; returns whether anything was.
    async fn update_presence(&mut self, now: Instant) -> RedisResult<bool> {
        let presence = &self.state.presence;
        let heartbeat = now >= self.next_heartbeat;
        if heartbeat && std::mem::take(&mut self.replace) {
            presence.replace();
        }
        let (read, announce) = (presence.has_unread(), heartbeat || presence.has_update());
        if read {
            self.read_sets(false).await?;
        }
        if heartbeat {
            self.next_heartbeat = now + self.state.config.heartbeat;
        }
        if announce {
            self.announce().await?;
        }
        Ok(read || announce)
    }

    /// Reads the sets of all other nodes, or of those whose set is due.
    async fn read_sets(&mut self, all: bool) -> RedisResult<()> {
        let mut nodes = Vec::new();
        self.state.presence.update(|remote| {
            nodes = remote.begin_reading();
            Vec::new()
        });
        let read = async {
            let nodes = if all { self.connection.other_nodes().await? } else { nodes };
            self.connection.read(nodes).await
        };
        let (sets, result) = match read.await {
            Ok(sets) => (sets, Ok(())),
            Err(error) => (Vec::new(), self.report_refusal(error)),
        };
        let changes = self.state.presence.update(|remote| {
            let now = Instant::now();
            let changes = sets.into_iter().flat_map(|set| remote.set_users(set, now)).collect();
            remote.end_reading();
            changes
        });
        self.state.subscriber.emit_changes(changes);
        result
    }

    /// Announces the changes of this node's users, and that this node is alive.
    async fn announce(&mut self) -> RedisResult<()> {
        let update = self.state.presence.take_update();
        let content = match &update {
            Update::All(users) => Content::Replaced(u32::try_from(users.len()).unwrap_or(u32::MAX)),
            Update::Changes { changes, .. } => Content::Changes(changes.clone()),
        };
        let announcement = self.encode(content);
        match self.connection.announce(&update, &announcement).await {
            Ok(true) => Ok(()),
            Ok(false) => {
                // Redis has lost the set or a part of it. Replaced at once, but once a heartbeat at most.
                match update {
                    Update::All(_) => self.replace = true,
                    Update::Changes { .. } => self.state.presence.replace(),
                }
                Ok(())
            }
            Err(error) => {
                self.replace = true;
                self.report_refusal(error)
            }
        }
    }

    /// Sends what waits and announces that this node stops.
    async fn stop(&mut self) -> RedisResult<()> {
        let limit = self.state.config.timeout;
        let last = async {
            loop {
                let batch = self.state.publisher.take();
                if batch.is_empty() {
                    break;
                }
                self.send(batch).await?;
            }
            let announcement = self.encode(Content::Stopped);
            self.connection.leave(&announcement).await
        };
        timeout(limit, last).await.unwrap_or(Ok(()))
    }

    fn encode(&self, content: Content) -> Vec<u8> {
        let announcement = Announcement { ttl: self.state.config.ttl, content };
        self.state.publisher.encode(Kind::Presence, announcement.encode().into())
    }

    /// Logs once that the server refuses to keep presence; messages go on without.
    fn report_refusal(&mut self, error: RedisError) -> RedisResult<()> {
        let text = error.to_string();
        connection::unless_refused(error)?;
        if !std::mem::replace(&mut self.reported, true) {
            tracing::error!(error = text, "Redis does not keep presence");
        }
        Ok(())
    }
}
