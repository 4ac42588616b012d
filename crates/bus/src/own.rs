//! The users of this node, and which of them the other nodes have not heard of yet.

use ahash::AHashSet;
use domain::id::UserId;

/// How many changes go out in one word.
const AT_ONCE: usize = 4096;

#[derive(Default)]
pub(crate) struct Own {
    users: AHashSet<UserId>,
    changed: AHashSet<UserId>,
    /// Whether what Redis knows of this node is in doubt.
    doubt: bool,
}

/// What the others are to be told.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Untold {
    /// Everything: these are the users.
    Whole(Vec<UserId>),
    /// These changes, after which the node has so many users, unless more changes wait.
    Changes(Vec<(UserId, bool)>, Option<usize>),
}

impl Own {
    /// True when the user was not here.
    pub(crate) fn enter(&mut self, user: UserId) -> bool {
        let new = self.users.insert(user);
        if new {
            self.changed.insert(user);
        }
        new
    }

    /// True when the user was here.
    pub(crate) fn leave(&mut self, user: UserId) -> bool {
        let gone = self.users.remove(&user);
        if gone {
            self.changed.insert(user);
        }
        gone
    }

    pub(crate) fn has(&self, user: UserId) -> bool {
        self.users.contains(&user)
    }

    /// Notes that the whole must be told again.
    pub(crate) fn doubt(&mut self) {
        self.doubt = true;
    }

    pub(crate) fn pending(&self) -> bool {
        self.doubt || !self.changed.is_empty()
    }

    /// Returns what is to be told now, and takes it for told.
    pub(crate) fn take(&mut self) -> Untold {
        if std::mem::take(&mut self.doubt) {
            self.changed.clear();
            return Untold::Whole(self.users.iter().copied().collect());
        }
        let now: Vec<UserId> = self.changed.iter().copied().take(AT_ONCE).collect();
        for user in &now {
            self.changed.remove(user);
        }
        let count = self.changed.is_empty().then_some(self.users.len());
        Untold::Changes(now.into_iter().map(|user| (user, self.users.contains(&user))).collect(), count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_told_once_as_they_are_then() {
        let mut own = Own::default();
        assert_eq!(own.take(), Untold::Changes(vec![], Some(0)));
        assert!(own.enter(UserId(1)) && !own.enter(UserId(1)));
        assert!(own.pending());
        assert_eq!(own.take(), Untold::Changes(vec![(UserId(1), true)], Some(1)));
        assert!(!own.pending());
        assert!(
            own.leave(UserId(1)) && own.enter(UserId(1)) && own.leave(UserId(1)) && !own.leave(UserId(1))
        );
        assert_eq!(own.take(), Untold::Changes(vec![(UserId(1), false)], Some(0)));
    }

    #[test]
    fn in_doubt_the_whole_is_told() {
        let mut own = Own::default();
        own.enter(UserId(1));
        own.take();
        own.enter(UserId(2));
        own.leave(UserId(1));
        own.doubt();
        assert_eq!(own.take(), Untold::Whole(vec![UserId(2)]));
        assert_eq!(own.take(), Untold::Changes(vec![], Some(1)));
    }

    #[test]
    fn a_crowd_is_told_in_parts() {
        let mut own = Own::default();
        for user in 0..5000 {
            own.enter(UserId(user));
        }
        let Untold::Changes(first, None) = own.take() else { panic!("more than one word holds") };
        let Untold::Changes(second, Some(5000)) = own.take() else { panic!("the rest") };
        assert_eq!((first.len(), second.len()), (AT_ONCE, 5000 - AT_ONCE));
        assert!(!own.pending());
    }
}
