//! Who is here, counted by connections.

use ahash::{AHashMap, RandomState};
use domain::id::UserId;
use parking_lot::Mutex;

const SHARDS: usize = 16;

/// Counts the live connections of every user in this process.
#[derive(Debug, Default)]
pub struct Presence {
    hasher: RandomState,
    shards: [Mutex<AHashMap<UserId, usize>>; SHARDS],
}

impl Presence {
    /// Counts one more connection; true when the user was away until now.
    pub fn enter(&self, user: UserId) -> bool {
        let mut counts = self.shard(user).lock();
        let count = counts.entry(user).or_default();
        *count += 1;
        *count == 1
    }

    /// Counts one connection less; true when it was the user's last.
    pub fn leave(&self, user: UserId) -> bool {
        let mut counts = self.shard(user).lock();
        match counts.get_mut(&user) {
            Some(1) => counts.remove(&user).is_some(),
            Some(count) => {
                *count -= 1;
                false
            }
            None => false,
        }
    }

    /// Whether the user has any connection.
    pub fn online(&self, user: UserId) -> bool {
        self.shard(user).lock().contains_key(&user)
    }

    fn shard(&self, user: UserId) -> &Mutex<AHashMap<UserId, usize>> {
        let [first, ..] = &self.shards;
        let index = usize::try_from(self.hasher.hash_one(user) % SHARDS as u64).unwrap_or_default();
        self.shards.get(index).unwrap_or(first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_the_first_and_the_last_connection() {
        let (presence, user, other) = (Presence::default(), UserId(1), UserId(2));
        assert!(!presence.online(user));
        assert!(presence.enter(user));
        assert!(!presence.enter(user));
        assert!(presence.online(user) && !presence.online(other));
        assert!(!presence.leave(user));
        assert!(presence.online(user));
        assert!(presence.leave(user));
        assert!(!presence.online(user));
        assert!(!presence.leave(user), "nobody leaves twice");
        assert!(presence.enter(user));
    }

    #[test]
    fn counts_right_under_contention() {
        let presence = Presence::default();
        let firsts = std::sync::atomic::AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for user in 0..1000 {
                        if presence.enter(UserId(user)) {
                            firsts.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                        }
                    }
                });
            }
        });
        assert_eq!(firsts.into_inner(), 1000);
    }
}
