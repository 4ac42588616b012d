//! Keeps a connection, and does over it what waits to be done.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use redis::{Client, RedisError, RedisResult};
use tokio::time::{sleep, sleep_until, timeout};

use crate::backoff::Backoff;
use crate::ear::Ear;
use crate::envelope::{self, Kind};
use crate::link::{self, Link, Read};
use crate::mirror::Turns;
use crate::outbox::{Batch, To};
use crate::own::Untold;
use crate::shard::Shard;
use crate::shared::{Heard, Shared};
use crate::word::{News, Word};

/// Works until the bus is stopped.
pub(crate) async fn run(shared: Arc<Shared>, client: Client) {
    let sweeper = tokio::spawn(sweep(Arc::clone(&shared)));
    let ear = Arc::new(Ear::new(Arc::clone(&shared)));
    let (mut backoff, mut complained) = (Backoff::default(), false);
    while !shared.stopping() {
        let error = match Link::connect(&client, &shared, &ear).await {
            Ok(link) => {
                let begun = Instant::now();
                let error = Driver::new(&shared, link).serve(&mut complained).await.err();
                // A server that lets in and throws out at once is not there yet.
                if begun.elapsed() > shared.config.timeout {
                    backoff.reset();
                }
                error
            }
            Err(error) => Some(error),
        };
        if let Some(error) = error
            && !std::mem::replace(&mut complained, true)
        {
            complain(&error);
        }
        pause(&shared, backoff.next()).await;
    }
    sweeper.abort();
}

fn complain(error: &impl std::fmt::Display) {
    tracing::warn!(%error, "Redis is away; messages between nodes wait for the database");
}

/// Waits, but not for long when the bus is stopped.
async fn pause(shared: &Shared, pause: Duration) {
    let until = tokio::time::Instant::now() + pause;
    while !shared.stopping() && tokio::time::Instant::now() < until {
        tokio::select! {
            () = sleep_until(until) => {}
            () = shared.wake.notified() => {}
        }
    }
}

/// Gives up nodes and users whose time is over, whether Redis is there or not.
async fn sweep(shared: Arc<Shared>) {
    let shortest = shared.config.ttl.min(shared.config.linger);
    let tick = (shortest / 8).clamp(Duration::from_millis(5), Duration::from_secs(1));
    loop {
        sleep(tick).await;
        let turns = shared.presence.write().others.sweep(Instant::now());
        shared.tell_turns(turns);
    }
}

/// The work over one connection.
struct Driver<'a> {
    shared: &'a Shared,
    link: Link,
    listening: Vec<Shard>,
    next_beat: Instant,
    next_ping: Instant,
    /// Whether the server did not take this node's set as it should; the next beat writes it anew.
    unkept: bool,
    /// Whether it was logged that the server declines something.
    complained: bool,
}

impl<'a> Driver<'a> {
    fn new(shared: &'a Shared, link: Link) -> Self {
        let now = Instant::now();
        Self {
            shared,
            link,
            listening: Vec::new(),
            next_beat: now,
            next_ping: now,
            unkept: false,
            complained: false,
        }
    }

    /// Works until the connection ends, with an error, or the bus is stopped.
    async fn serve(&mut self, complained: &mut bool) -> RedisResult<()> {
        self.link.listen_to_all().await?;
        self.listen().await?;
        if std::mem::take(complained) {
            tracing::info!("Redis is back");
        }
        self.shared.connected();
        let ended = self.work().await;
        self.shared.disconnected();
        ended
    }

    async fn work(&mut self) -> RedisResult<()> {
        self.shared.presence.write().own.doubt();
        self.read(true).await?;
        while !self.shared.stopping() {
            if !self.link.is_open() {
                return Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset).into());
            }
            if !self.turn().await? {
                let next = self.next_beat.min(self.next_ping);
                tokio::select! {
                    () = sleep_until(next.into()) => {}
                    () = self.shared.wake.notified() => {}
                }
            }
        }
        self.end().await
    }

    /// Does what waits; true when there was something, and may be more.
    async fn turn(&mut self) -> RedisResult<bool> {
        let begun = Instant::now();
        for shard in self.listen().await? {
            self.shared.tell(Heard::Listening(shard));
        }
        let batch = self.shared.outbox.take();
        let mut busy = !batch.is_empty();
        if busy {
            self.send(batch).await?;
        }
        busy |= self.presence(begun).await?;
        if !busy && begun >= self.next_ping {
            self.link.ping().await?;
            busy = true;
        }
        if busy {
            self.next_ping = Instant::now() + self.shared.config.ping;
        }
        Ok(busy)
    }

    /// Reads of others and tells of this node what is due; true when there was something.
    async fn presence(&mut self, now: Instant) -> RedisResult<bool> {
        let beat = now >= self.next_beat;
        if beat && std::mem::take(&mut self.unkept) {
            self.shared.presence.write().own.doubt();
        }
        let (behind, untold) = {
            let presence = self.shared.presence.read();
            (presence.others.behind(), presence.own.pending())
        };
        if behind {
            self.read(false).await?;
        }
        if beat {
            self.next_beat = now + self.shared.config.beat;
        }
        if beat || untold {
            self.tell().await?;
        }
        Ok(behind || beat || untold)
    }

    /// Listens to the shards that are wanted and to no others; returns those that were added.
    async fn listen(&mut self) -> RedisResult<Vec<Shard>> {
        let wanted = self.shared.interest.wanted();
        // Both are in order.
        let also: Vec<Shard> =
            wanted.iter().filter(|shard| self.listening.binary_search(shard).is_err()).copied().collect();
        let no_longer: Vec<Shard> =
            self.listening.iter().filter(|shard| wanted.binary_search(shard).is_err()).copied().collect();
        self.link.listen(&also, &no_longer).await?;
        self.listening = wanted;
        Ok(also)
    }

    async fn send(&mut self, batch: Batch) -> RedisResult<()> {
        let revocations = batch.revocations.iter().map(|payload| (&To::All, Kind::Revoked, payload));
        let messages = batch.messages.iter().map(|message| {
            let kind = if message.to == To::All { Kind::Notice } else { Kind::Event };
            (&message.to, kind, &message.payload)
        });
        let node = self.shared.config.node;
        let wires: Vec<_> = revocations
            .chain(messages)
            .map(|(to, kind, payload)| (to, envelope::encode(kind, node, self.shared.number(), payload)))
            .collect();
        match self.link.publish(&wires).await {
            Ok(refused) => {
                self.shared.outbox.drop_some(refused);
                self.shared.sent.fetch_add(wires.len() as u64, Ordering::Relaxed);
                if refused > 0 && !std::mem::replace(&mut self.complained, true) {
                    tracing::error!(refused, "Redis refuses messages; does its user lack a permission?");
                }
                Ok(())
            }
            Err(error) => {
                drop(wires);
                self.shared.outbox.failed(batch);
                Err(error)
            }
        }
    }

    /// Reads the sets of all other nodes, or of those that said so.
    async fn read(&mut self, all: bool) -> RedisResult<()> {
        let behind = self.shared.presence.write().others.begin();
        let found = self.link.read((!all).then_some(behind)).await;
        let (found, outcome) = match found {
            Ok(found) => (found, Ok(())),
            Err(error) => (Vec::new(), self.refused(error)),
        };
        let mut turns = Turns::new();
        {
            let mut presence = self.shared.presence.write();
            for Read { node, users, until } in found {
                turns.extend(presence.others.read(node, users, until, Instant::now()));
            }
            presence.others.end();
        }
        self.shared.tell_turns(turns);
        outcome
    }

    /// Tells what the others do not know yet of the users here, and that this node lives.
    async fn tell(&mut self) -> RedisResult<()> {
        let untold = self.shared.presence.write().own.take();
        let news = match &untold {
            Untold::Whole(users) => News::Whole(u32::try_from(users.len()).unwrap_or(u32::MAX)),
            Untold::Changes(changes, _) => News::Changes(changes.clone()),
        };
        let wire = self.word(news);
        match self.link.tell(&untold, &wire).await {
            Ok(true) => Ok(()),
            Ok(false) => {
                // Someone has emptied Redis, or it has lost a part: everything is written, at once but not for ever.
                match untold {
                    Untold::Whole(_) => self.unkept = true,
                    Untold::Changes(..) => self.shared.presence.write().own.doubt(),
                }
                Ok(())
            }
            Err(error) => {
                self.unkept = true;
                self.refused(error)
            }
        }
    }

    async fn end(&mut self) -> RedisResult<()> {
        let limit = self.shared.config.timeout;
        let last = async {
            loop {
                let batch = self.shared.outbox.take();
                if batch.is_empty() {
                    break;
                }
                self.send(batch).await?;
            }
            let wire = self.word(News::Goodbye);
            self.link.leave(&wire).await
        };
        timeout(limit, last).await.unwrap_or(Ok(()))
    }

    fn word(&self, news: News) -> Vec<u8> {
        let word = Word { ttl: self.shared.config.ttl, news };
        envelope::encode(Kind::Word, self.shared.config.node, self.shared.number(), &word.encode())
    }

    /// Goes on without presence if the server declines to keep it; what it did not take is told at the next beat.
    fn refused(&mut self, error: RedisError) -> RedisResult<()> {
        let text = error.to_string();
        link::check(error)?;
        if !std::mem::replace(&mut self.complained, true) {
            tracing::error!(error = text, "Redis does not keep presence");
        }
        Ok(())
    }
}
