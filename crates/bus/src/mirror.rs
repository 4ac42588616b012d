//! What the other nodes say of their users, believed for as long as they live.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use ahash::{AHashMap, AHashSet};
use domain::id::UserId;

use crate::config::NodeId;
use crate::word::{News, Word};

/// Users whose presence elsewhere changed: true for came.
pub(crate) type Turns = Vec<(UserId, bool)>;

pub(crate) struct Mirror {
    linger: Duration,
    nodes: AHashMap<NodeId, Node>,
    elsewhere: AHashMap<UserId, Seen>,
    /// Users that no node has any longer, in the order in which they are given up.
    leaving: VecDeque<(Instant, UserId)>,
    /// Nodes whose sets must be read.
    unread: AHashSet<NodeId>,
    /// What was said while sets are being read: it may be newer than what is read.
    meanwhile: Option<Meanwhile>,
}

#[derive(Default)]
struct Meanwhile {
    changes: AHashMap<NodeId, AHashMap<UserId, bool>>,
    /// Nodes whose sets were written anew or taken away.
    outdated: AHashSet<NodeId>,
}

struct Node {
    users: AHashSet<UserId>,
    until: Instant,
}

/// A user who is on other nodes, or was until a moment ago.
#[derive(Default)]
struct Seen {
    nodes: usize,
    until: Option<Instant>,
}

impl Mirror {
    pub(crate) fn new(linger: Duration) -> Self {
        Self {
            linger,
            nodes: AHashMap::new(),
            elsewhere: AHashMap::new(),
            leaving: VecDeque::new(),
            unread: AHashSet::new(),
            meanwhile: None,
        }
    }

    pub(crate) fn has(&self, user: UserId) -> bool {
        self.elsewhere.contains_key(&user)
    }

    pub(crate) fn nodes(&self) -> usize {
        self.nodes.len()
    }

    /// Takes what a node says.
    pub(crate) fn hear(&mut self, node: NodeId, word: Word, now: Instant) -> Turns {
        let mut turns = Turns::new();
        if let Some(meanwhile) = &mut self.meanwhile {
            if let News::Changes(changes) = &word.news {
                meanwhile.changes.entry(node).or_default().extend(changes.iter().copied());
            } else {
                meanwhile.outdated.insert(node);
            }
        }
        if word.news == News::Goodbye {
            self.forget(node, now);
            return turns;
        }
        if self.keep(node, now + word.ttl) {
            self.unread.insert(node);
        }
        match word.news {
            News::Changes(changes) => {
                for change in changes {
                    self.change(node, change, now, &mut turns);
                }
            }
            News::Whole(0) => {
                self.unread.remove(&node);
                self.replace(node, AHashSet::new(), now, &mut turns);
            }
            News::Whole(_) => {
                self.unread.insert(node);
            }
            News::Goodbye => {}
        }
        turns
    }

    /// Whether any node's set must be read.
    pub(crate) fn behind(&self) -> bool {
        !self.unread.is_empty()
    }

    /// Begins to read sets and returns whose; what is said from now on goes over what is read.
    pub(crate) fn begin(&mut self) -> Vec<NodeId> {
        self.meanwhile = Some(Meanwhile::default());
        self.unread.drain().collect()
    }

    /// Takes a node's set as it was at some moment since the beginning; `until` is when it expires.
    pub(crate) fn read(
        &mut self,
        node: NodeId,
        mut users: AHashSet<UserId>,
        until: Instant,
        now: Instant,
    ) -> Turns {
        let mut turns = Turns::new();
        if let Some(meanwhile) = &mut self.meanwhile {
            if meanwhile.outdated.contains(&node) {
                return turns;
            }
            for (user, here) in meanwhile.changes.remove(&node).unwrap_or_default() {
                if here {
                    users.insert(user);
                } else {
                    users.remove(&user);
                }
            }
        }
        self.keep(node, until);
        self.replace(node, users, now, &mut turns);
        turns
    }

    /// Ends reading, successful or not.
    pub(crate) fn end(&mut self) {
        self.meanwhile = None;
    }

    /// Gives up nodes that were not heard in time, and users that did not come back.
    pub(crate) fn sweep(&mut self, now: Instant) -> Turns {
        let late: Vec<NodeId> =
            self.nodes.iter().filter(|(_, node)| node.until <= now).map(|(id, _)| *id).collect();
        for node in late {
            self.forget(node, now);
        }
        let mut turns = Turns::new();
        while let Some((until, user)) = self.leaving.pop_front_if(|(until, _)| *until <= now) {
            // Whoever has come back since, or left once more, is not meant.
            if self.elsewhere.get(&user).is_some_and(|seen| seen.until == Some(until)) {
                self.elsewhere.remove(&user);
                turns.push((user, false));
            }
        }
        turns
    }

    /// Believes a node until then; true when it was not known.
    fn keep(&mut self, node: NodeId, until: Instant) -> bool {
        let mut new = false;
        let known = self.nodes.entry(node).or_insert_with(|| {
            new = true;
            Node { users: AHashSet::new(), until }
        });
        known.until = known.until.max(until);
        new
    }

    fn forget(&mut self, node: NodeId, now: Instant) {
        self.unread.remove(&node);
        for user in self.nodes.remove(&node).map(|node| node.users).unwrap_or_default() {
            self.depart(user, now);
        }
    }

    fn replace(&mut self, node: NodeId, users: AHashSet<UserId>, now: Instant, turns: &mut Turns) {
        let Some(known) = self.nodes.get_mut(&node) else { return };
        let before = std::mem::replace(&mut known.users, users);
        let arrived: Vec<UserId> = known.users.difference(&before).copied().collect();
        let departed: Vec<UserId> = before.difference(&known.users).copied().collect();
        for user in arrived {
            self.arrive(user, turns);
        }
        for user in departed {
            self.depart(user, now);
        }
    }

    fn change(&mut self, node: NodeId, (user, here): (UserId, bool), now: Instant, turns: &mut Turns) {
        let Some(known) = self.nodes.get_mut(&node) else { return };
        if here {
            if known.users.insert(user) {
                self.arrive(user, turns);
            }
        } else if known.users.remove(&user) {
            self.depart(user, now);
        }
    }

    fn arrive(&mut self, user: UserId, turns: &mut Turns) {
        let seen = self.elsewhere.entry(user).or_default();
        if seen.nodes == 0 && seen.until.is_none() {
            turns.push((user, true));
        }
        seen.nodes += 1;
        seen.until = None;
    }

    fn depart(&mut self, user: UserId, now: Instant) {
        let Some(seen) = self.elsewhere.get_mut(&user) else { return };
        seen.nodes = seen.nodes.saturating_sub(1);
        if seen.nodes == 0 {
            let until = now + self.linger;
            seen.until = Some(until);
            self.leaving.push_back((until, user));
        }
    }
}

#[cfg(test)]
mod tests;
