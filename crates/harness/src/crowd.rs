//! Many clients that come back, and what each of them knows.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::replica::{Counts, Replica};
use crate::roamer::{Roamer, Say};
use crate::world::{Habits, Phase, Shared, World, seen};

/// Clients that talk in their rooms, lose their connections, and come back.
#[derive(Debug)]
pub struct Crowd {
    server: watch::Sender<Option<SocketAddr>>,
    phase: watch::Sender<Phase>,
    world: World,
    replicas: Vec<Shared>,
    tasks: JoinSet<()>,
}

impl Crowd {
    /// Nobody yet.
    pub fn new(habits: Habits, phase: Phase) -> Self {
        let ((server, address), (phase, now)) = (watch::channel(None), watch::channel(phase));
        let news = Arc::new(watch::Sender::new(()));
        let http = reqwest::Client::builder().no_proxy().build();
        let http = http.unwrap_or_else(|error| panic!("cannot make an HTTP client: {error}"));
        let world = World { server: address, phase: now, news, habits: Arc::new(habits), http };
        Self { server, phase, world, replicas: Vec::new(), tasks: JoinSet::new() }
    }

    /// Adds a client with a token, its room, and what it is to say there.
    pub fn add(&mut self, token: &str, room: &str, say: Say) {
        let replica = Replica::new(room.to_owned(), self.world.habits.cursor.clone(), say.count);
        let shared = Arc::new(Mutex::new(replica));
        self.replicas.push(Arc::clone(&shared));
        let number = u64::try_from(self.replicas.len()).unwrap_or_default();
        let roamer = Roamer::new(self.world.clone(), (number, token.to_owned()), shared, say);
        self.tasks.spawn(roamer.run());
    }

    /// Says where the server is, if it is anywhere.
    pub fn server_is(&self, address: Option<SocketAddr>) {
        self.server.send_replace(address);
    }

    /// Says what everybody is to do.
    pub fn turn(&self, phase: Phase) {
        self.phase.send_replace(phase);
    }

    /// Returns what each of them knows now.
    pub fn look(&self) -> Vec<Replica> {
        self.replicas.iter().map(|replica| seen(replica).clone()).collect()
    }

    /// Returns how often what happened to all of them.
    pub fn counts(&self) -> Counts {
        let mut all = Counts::default();
        self.replicas.iter().for_each(|replica| all += seen(replica).counts);
        all
    }

    /// Adds up a figure of each of them.
    pub fn sum(&self, of: impl Fn(&Replica) -> usize) -> usize {
        self.replicas.iter().map(|replica| of(&seen(replica))).sum()
    }

    /// Waits until what they know is enough.
    pub async fn until(&self, enough: impl Fn(&Self) -> bool) {
        let mut news = self.world.news.subscribe();
        while !enough(self) {
            // This value has the sender.
            drop(news.changed().await);
        }
    }

    /// Waits until each of them holds as many messages as there are in its room.
    pub async fn until_filled(&self, messages: impl Fn(&str) -> usize) {
        let filled = |replica: &Shared| {
            let replica = seen(replica);
            replica.messages.len() >= messages(&replica.room)
        };
        self.until(|crowd| crowd.replicas.iter().all(filled)).await;
    }

    /// Lets everybody go.
    pub async fn disperse(mut self) {
        self.turn(Phase::Leave);
        while let Some(ended) = self.tasks.join_next().await {
            if let Err(panicked) = ended {
                panic!("a client failed: {panicked}");
            }
        }
    }
}
