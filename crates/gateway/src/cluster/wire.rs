//! What nodes of one version tell each other; a node of another version finds what it cannot read in the log.

use domain::change::Scope;
use domain::id::RoomId;
use serde::{Deserialize, Serialize};

use crate::live::Told;

/// One message between nodes.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Word {
    /// Changes of the log.
    Changes(Vec<Line>),
    /// Something that is not in the log.
    Fleeting(Told),
    /// A client has come back to another node.
    Recovered(u64),
}

/// One change of the log.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Line {
    /// Its place.
    pub(crate) pos: i64,
    /// Whose change it is.
    pub(crate) scope: Scope,
    /// What it says, as `Entry::events`; nothing where that is told elsewhere, or nothing is to be told.
    pub(crate) told: Vec<Told>,
    /// The room that it opened for those it is told to.
    pub(crate) opened: Option<RoomId>,
    /// Whether it is told elsewhere to those whom it concerns.
    #[serde(default)]
    pub(crate) elsewhere: bool,
}

impl Line {
    /// The room whose members are told.
    pub(crate) fn room(&self) -> Option<RoomId> {
        if let Scope::Room(room) = self.scope { Some(room) } else { None }
    }

    /// The line as all nodes hear it: what concerns a room is told to those alone that have members of it.
    pub(crate) fn noticed(&self) -> Self {
        match self.scope {
            Scope::Room(_) => Self { told: Vec::new(), elsewhere: !self.told.is_empty(), ..self.clone() },
            Scope::User(_) => self.clone(),
        }
    }
}
