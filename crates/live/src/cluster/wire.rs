//! What nodes of one version send each other; a node of another version finds what it cannot read in the log.

use domain::event::{Event, Logged};
use domain::log::Scope;
use serde::{Deserialize, Serialize};

/// One message between nodes.
#[derive(Debug, Serialize, Deserialize)]
pub enum NodeMessage {
    /// Entries of rooms, for nodes that have members of them.
    Room(Vec<Logged>),
    /// All entries, for all nodes: those of rooms without their events, which come as [`Self::Room`].
    All(Vec<Logged>),
    /// An event that is not in the log.
    Volatile(Event),
    /// A client has recovered its connection on another node.
    Recovered(u64),
}

impl NodeMessage {
    /// Returns entries for all nodes.
    pub(crate) fn all(logged: &[Logged]) -> Self {
        let for_all = |logged: &Logged| match logged.entry.scope() {
            Scope::Room(_) => Logged { events: Vec::new(), ..*logged },
            Scope::User(_) => logged.clone(),
        };
        Self::All(logged.iter().map(for_all).collect())
    }
}
