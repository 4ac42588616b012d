//! Which shards this node listens to: those with a room that someone here is in.

use domain::id::RoomId;
use parking_lot::Mutex;

use crate::shard::Shard;

/// How many have asked for each shard.
pub(crate) struct Interest(Mutex<[u32; Shard::COUNT]>);

impl Interest {
    pub(crate) fn new() -> Self {
        Self(Mutex::new([0; Shard::COUNT]))
    }

    /// Counts one more; true when the shard was not wanted until now.
    pub(crate) fn add(&self, room: RoomId) -> bool {
        let mut counts = self.0.lock();
        let Some(count) = counts.get_mut(Shard::of(room).number()) else { return false };
        *count = count.saturating_add(1);
        *count == 1
    }

    /// Counts one less; true when nobody wants the shard any longer.
    pub(crate) fn remove(&self, room: RoomId) -> bool {
        let mut counts = self.0.lock();
        match counts.get_mut(Shard::of(room).number()) {
            Some(count) if *count > 0 => {
                *count -= 1;
                *count == 0
            }
            _ => false,
        }
    }

    pub(crate) fn wanted(&self) -> Vec<Shard> {
        let counts = self.0.lock();
        Shard::all().zip(counts.iter()).filter(|(_, count)| **count > 0).map(|(shard, _)| shard).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shard_is_wanted_from_the_first_room_to_the_last() {
        let interest = Interest::new();
        let room = RoomId::generate();
        // Another room of the same shard.
        let other =
            std::iter::repeat_with(RoomId::generate).find(|other| Shard::of(*other) == Shard::of(room));
        let other = other.unwrap();
        assert!(interest.add(room) && !interest.add(room) && !interest.add(other));
        assert_eq!(interest.wanted(), [Shard::of(room)]);
        assert!(!interest.remove(room) && !interest.remove(room));
        assert_eq!(interest.wanted(), [Shard::of(room)]);
        assert!(interest.remove(other));
        assert_eq!(interest.wanted(), []);
        assert!(!interest.remove(room), "one too many changes nothing");
        assert!(interest.add(room));
    }
}
