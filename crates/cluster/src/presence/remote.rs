//! The users of the other nodes, as announced, for as long as those nodes are alive.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use ahash::{AHashMap, AHashSet};
use domain::id::UserId;

use crate::config::NodeId;
use crate::message::{Announcement, Change, Content};

pub(crate) struct Remote {
    linger: Duration,
    nodes: AHashMap<NodeId, RemoteNode>,
    users: AHashMap<UserId, RemoteUser>,
    /// Users that no node has any longer, and when they count as offline, in that order.
    lingering: VecDeque<(Instant, UserId)>,
    /// Nodes whose sets must be read.
    unread: AHashSet<NodeId>,
    /// What was announced while sets are being read, and may be newer than those.
    reading: Option<Reading>,
}

/// The set of a node's users as it was read.
pub(crate) struct UserSet {
    pub node: NodeId,
    pub users: AHashSet<UserId>,
    pub expires: Instant,
}

#[derive(Default)]
struct Reading {
    changes: AHashMap<NodeId, AHashMap<UserId, bool>>,
    /// Nodes whose sets were replaced or removed.
    replaced: AHashSet<NodeId>,
}

struct RemoteNode {
    users: AHashSet<UserId>,
    alive_until: Instant,
}

/// A user who is on other nodes, or lingers.
#[derive(Default)]
struct RemoteUser {
    nodes: usize,
    lingers_until: Option<Instant>,
}

impl Remote {
    pub(crate) fn new(linger: Duration) -> Self {
        Self {
            linger,
            nodes: AHashMap::new(),
            users: AHashMap::new(),
            lingering: VecDeque::new(),
            unread: AHashSet::new(),
            reading: None,
        }
    }

    pub(crate) fn has(&self, user: UserId) -> bool {
        self.users.contains_key(&user)
    }

    pub(crate) fn nodes(&self) -> usize {
        self.nodes.len()
    }

    /// Takes an announcement of a node.
    pub(crate) fn receive(&mut self, node: NodeId, announcement: Announcement, now: Instant) -> Vec<Change> {
        let mut changed = Vec::new();
        if let Some(reading) = &mut self.reading {
            if let Content::Changes(changes) = &announcement.content {
                reading
                    .changes
                    .entry(node)
                    .or_default()
                    .extend(changes.iter().map(|change| (change.user, change.online)));
            } else {
                reading.replaced.insert(node);
            }
        }
        if announcement.content == Content::Stopped {
            self.remove(node, now);
            return changed;
        }
        if self.keep_alive(node, now + announcement.ttl) {
            self.unread.insert(node);
        }
        match announcement.content {
            Content::Changes(changes) => {
                for change in changes {
                    self.change(node, change, now, &mut changed);
                }
            }
            Content::Replaced(0) => {
                self.unread.remove(&node);
                self.replace(node, AHashSet::new(), now, &mut changed);
            }
            Content::Replaced(_) => {
                self.unread.insert(node);
            }
            Content::Stopped => {}
        }
        changed
    }

    /// Returns whether any node's set must be read.
    pub(crate) fn has_unread(&self) -> bool {
        !self.unread.is_empty()
    }

    /// Begins to read sets and returns the nodes whose are due; announcements from now on win over what is read.
    pub(crate) fn begin_reading(&mut self) -> Vec<NodeId> {
        self.reading = Some(Reading::default());
        self.unread.drain().collect()
    }

    /// Takes a node's set, read since [`Self::begin_reading`].
    pub(crate) fn set_users(&mut self, set: UserSet, now: Instant) -> Vec<Change> {
        let UserSet { node, mut users, expires } = set;
        let mut changed = Vec::new();
        if let Some(reading) = &mut self.reading {
            if reading.replaced.contains(&node) {
                return changed;
            }
            for (user, online) in reading.changes.remove(&node).unwrap_or_default() {
                if online {
                    users.insert(user);
                } else {
                    users.remove(&user);
                }
            }
        }
        self.keep_alive(node, expires);
        self.replace(node, users, now, &mut changed);
        changed
    }

    /// Ends reading, successful or not.
    pub(crate) fn end_reading(&mut self) {
        self.reading = None;
    }

    /// Removes nodes without a sign of life, and users that have lingered.
    pub(crate) fn expire(&mut self, now: Instant) -> Vec<Change> {
        let dead: Vec<NodeId> =
            self.nodes.iter().filter(|(_, node)| node.alive_until <= now).map(|(id, _)| *id).collect();
        for node in dead {
            self.remove(node, now);
        }
        let mut changed = Vec::new();
        while let Some((until, user)) = self.lingering.pop_front_if(|(until, _)| *until <= now) {
            // Unless they came back since, or went once more.
            if self.users.get(&user).is_some_and(|state| state.lingers_until == Some(until)) {
                self.users.remove(&user);
                changed.push(Change { user, online: false });
            }
        }
        changed
    }

    /// Notes a sign of life; returns whether the node was not known.
    fn keep_alive(&mut self, node: NodeId, until: Instant) -> bool {
        let mut new = false;
        let known = self.nodes.entry(node).or_insert_with(|| {
            new = true;
            RemoteNode { users: AHashSet::new(), alive_until: until }
        });
        known.alive_until = known.alive_until.max(until);
        new
    }

    fn remove(&mut self, node: NodeId, now: Instant) {
        self.unread.remove(&node);
        for user in self.nodes.remove(&node).map(|node| node.users).unwrap_or_default() {
            self.depart(user, now);
        }
    }

    fn replace(&mut self, node: NodeId, users: AHashSet<UserId>, now: Instant, changed: &mut Vec<Change>) {
        let Some(known) = self.nodes.get_mut(&node) else { return };
        let before = std::mem::replace(&mut known.users, users);
        let arrived: Vec<UserId> = known.users.difference(&before).copied().collect();
        let departed: Vec<UserId> = before.difference(&known.users).copied().collect();
        for user in arrived {
            self.arrive(user, changed);
        }
        for user in departed {
            self.depart(user, now);
        }
    }

    fn change(
        &mut self,
        node: NodeId,
        Change { user, online }: Change,
        now: Instant,
        changed: &mut Vec<Change>,
    ) {
        let Some(known) = self.nodes.get_mut(&node) else { return };
        if online {
            if known.users.insert(user) {
                self.arrive(user, changed);
            }
        } else if known.users.remove(&user) {
            self.depart(user, now);
        }
    }

    fn arrive(&mut self, user: UserId, changed: &mut Vec<Change>) {
        let state = self.users.entry(user).or_default();
        if state.nodes == 0 && state.lingers_until.is_none() {
            changed.push(Change { user, online: true });
        }
        state.nodes += 1;
        state.lingers_until = None;
    }

    fn depart(&mut self, user: UserId, now: Instant) {
        let Some(state) = self.users.get_mut(&user) else { return };
        state.nodes = state.nodes.saturating_sub(1);
        if state.nodes == 0 {
            let until = now + self.linger;
            state.lingers_until = Some(until);
            self.lingering.push_back((until, user));
        }
    }
}
