//! Many clients that reconnect, and the replica of each.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::crowd_state::{ClientSettings, CrowdState, Phase, SharedReplica, lock};
use crate::reconnecting_client::{MessagePlan, ReconnectingClient};
use crate::replica::{Counts, Replica};

/// Clients that send in their rooms, lose their connections, and reconnect.
#[derive(Debug)]
pub struct Crowd {
    server: watch::Sender<Option<SocketAddr>>,
    phase: watch::Sender<Phase>,
    state: CrowdState,
    replicas: Vec<SharedReplica>,
    tasks: JoinSet<()>,
}

impl Crowd {
    /// Makes a crowd without clients.
    pub fn new(settings: ClientSettings, phase: Phase) -> Self {
        let ((server, address), (phase, now)) = (watch::channel(None), watch::channel(phase));
        let changed = Arc::new(watch::Sender::new(()));
        let http = crate::http::client().build();
        let http = http.unwrap_or_else(|error| panic!("cannot make an HTTP client: {error}"));
        let state = CrowdState { server: address, phase: now, changed, settings: Arc::new(settings), http };
        Self { server, phase, state, replicas: Vec::new(), tasks: JoinSet::new() }
    }

    /// Adds a client with a token, its room, and the messages that it sends there.
    pub fn add(&mut self, token: &str, room: &str, plan: MessagePlan) {
        let replica = Replica::new(room.to_owned(), self.state.settings.cursor.clone(), plan.count);
        let shared = Arc::new(Mutex::new(replica));
        self.replicas.push(Arc::clone(&shared));
        let number = u64::try_from(self.replicas.len()).unwrap_or_default();
        let client = ReconnectingClient::new(self.state.clone(), (number, token.to_owned()), shared, plan);
        self.tasks.spawn(client.run());
    }

    /// Sets the server's address; none while there is no server.
    pub fn server_is(&self, address: Option<SocketAddr>) {
        self.server.send_replace(address);
    }

    /// Sets the phase of all clients.
    pub fn turn(&self, phase: Phase) {
        self.phase.send_replace(phase);
    }

    /// Returns the replica of each client.
    pub fn look(&self) -> Vec<Replica> {
        self.replicas.iter().map(|replica| lock(replica).clone()).collect()
    }

    /// Returns the sum of the counts of all clients.
    pub fn counts(&self) -> Counts {
        let mut all = Counts::default();
        self.replicas.iter().for_each(|replica| all += lock(replica).counts);
        all
    }

    /// Returns the sum of a figure of each client.
    pub fn sum(&self, of: impl Fn(&Replica) -> usize) -> usize {
        self.replicas.iter().map(|replica| of(&lock(replica))).sum()
    }

    /// Waits until `enough` holds.
    pub async fn until(&self, enough: impl Fn(&Self) -> bool) {
        let mut changed = self.state.changed.subscribe();
        while !enough(self) {
            // Never fails: `self` holds the sender.
            drop(changed.changed().await);
        }
    }

    /// Waits until each replica holds as many messages as its room.
    pub async fn until_filled(&self, messages: impl Fn(&str) -> usize) {
        let filled = |replica: &SharedReplica| {
            let replica = lock(replica);
            replica.messages.len() >= messages(&replica.room)
        };
        self.until(|crowd| crowd.replicas.iter().all(filled)).await;
    }

    /// Disconnects all clients and waits for their ends.
    pub async fn stop(mut self) {
        self.turn(Phase::Leave);
        while let Some(ended) = self.tasks.join_next().await {
            if let Err(panicked) = ended {
                panic!("a client failed: {panicked}");
            }
        }
    }
}
