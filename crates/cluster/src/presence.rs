//! Which users are on which node.

use std::sync::Arc;
use std::time::Duration;

use ahash::AHashSet;
use domain::id::UserId;
use parking_lot::RwLock;
use tokio::sync::Notify;

use crate::message::Change;

mod remote;

pub(crate) use remote::{Remote, UserSet};

/// The most changes of one announcement.
const ANNOUNCED: usize = 4096;

/// The users of this node, and those of the other nodes as they announced them.
pub struct Presence {
    tables: RwLock<Tables>,
    wake: Arc<Notify>,
}

struct Tables {
    local: Local,
    remote: Remote,
}

impl Presence {
    /// `wake` is notified when something is to be announced.
    pub(crate) fn new(linger: Duration, wake: Arc<Notify>) -> Self {
        let tables = Tables { local: Local::default(), remote: Remote::new(linger) };
        Self { tables: RwLock::new(tables), wake }
    }

    /// Adds a user to this node; returns whether no other node has them, that is whether they came online.
    pub fn connect(&self, user: UserId) -> bool {
        self.set(user, true)
    }

    /// Removes a user from this node; returns whether no other node has them, that is whether they went offline.
    /// Otherwise [`UserOffline`](crate::ClusterEvent::UserOffline) reports it later.
    pub fn disconnect(&self, user: UserId) -> bool {
        self.set(user, false)
    }

    /// Returns whether a user is on any node.
    pub fn online(&self, user: UserId) -> bool {
        let tables = self.tables.read();
        tables.local.users.contains(&user) || tables.remote.has(user)
    }

    fn set(&self, user: UserId, online: bool) -> bool {
        let mut tables = self.tables.write();
        let (changed, elsewhere) = (tables.local.set(user, online), tables.remote.has(user));
        drop(tables);
        if changed {
            self.wake.notify_one();
        }
        !elsewhere
    }

    /// Changes what is known of the other nodes; returns the users that are on no other node, or no longer, this one
    /// included.
    pub(crate) fn update(&self, change: impl FnOnce(&mut Remote) -> Vec<Change>) -> Vec<Change> {
        let Tables { local, remote } = &mut *self.tables.write();
        let mut changes = change(remote);
        changes.retain(|change| !local.users.contains(&change.user));
        changes
    }

    /// Has the set of this node written anew.
    pub(crate) fn replace(&self) {
        self.tables.write().local.replace = true;
    }

    /// Returns whether there is something to announce besides a heartbeat.
    pub(crate) fn has_update(&self) -> bool {
        let tables = self.tables.read();
        tables.local.replace || !tables.local.changed.is_empty()
    }

    /// Returns what is to be announced now, which counts as announced then.
    pub(crate) fn take_update(&self) -> Update {
        self.tables.write().local.take()
    }

    /// Returns whether the set of any node must be read.
    pub(crate) fn has_unread(&self) -> bool {
        self.tables.read().remote.has_unread()
    }

    /// Returns the number of other nodes that are alive.
    pub(crate) fn nodes(&self) -> usize {
        self.tables.read().remote.nodes()
    }
}

/// What the other nodes do not know yet of this node's users.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Update {
    /// These are all users.
    All(Vec<UserId>),
    /// These changed.
    Changes {
        changes: Vec<Change>,
        /// The number of users after these changes, unless more changes wait.
        count: Option<usize>,
    },
}

#[derive(Default)]
struct Local {
    users: AHashSet<UserId>,
    /// Users whose change was not announced.
    changed: AHashSet<UserId>,
    /// Whether the set in Redis may be wrong.
    replace: bool,
}

impl Local {
    /// Returns whether that is a change.
    fn set(&mut self, user: UserId, online: bool) -> bool {
        let changed = if online { self.users.insert(user) } else { self.users.remove(&user) };
        if changed {
            self.changed.insert(user);
        }
        changed
    }

    fn take(&mut self) -> Update {
        if std::mem::take(&mut self.replace) {
            self.changed.clear();
            return Update::All(self.users.iter().copied().collect());
        }
        let users: Vec<UserId> = self.changed.iter().copied().take(ANNOUNCED).collect();
        for user in &users {
            self.changed.remove(user);
        }
        let change = |user| Change { user, online: self.users.contains(&user) };
        let count = self.changed.is_empty().then_some(self.users.len());
        Update::Changes { changes: users.into_iter().map(change).collect(), count }
    }
}

#[cfg(test)]
mod tests;
