//! How rooms are spread over channels.

use domain::id::RoomId;

/// One of the channels that rooms are spread over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Shard(u8);

impl Shard {
    /// How many there are.
    pub const COUNT: usize = 256;

    /// Returns the shard of a room: the same on every node, in every version.
    pub fn of(room: RoomId) -> Self {
        // FNV-1a, folded: the hashers of the standard library differ from process to process.
        let hash = room
            .bytes()
            .iter()
            .fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193));
        let [a, b, c, d] = hash.to_be_bytes();
        Self(a ^ b ^ c ^ d)
    }

    pub(crate) fn from_number(number: u8) -> Self {
        Self(number)
    }

    /// Returns its number, from 0.
    pub fn number(self) -> usize {
        usize::from(self.0)
    }

    pub(crate) fn all() -> impl Iterator<Item = Self> {
        (0..=u8::MAX).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rooms_shard_is_the_same_everywhere() {
        let room: RoomId = "0190f5c2-7b3a-7000-8000-0123456789ab".parse().unwrap();
        assert_eq!(Shard::of(room).number(), 215);
        assert_eq!(Shard::all().count(), Shard::COUNT);
    }

    #[test]
    fn rooms_made_in_a_row_spread_over_the_shards() {
        let mut rooms = [0; Shard::COUNT];
        for _ in 0..100 * Shard::COUNT {
            rooms[Shard::of(RoomId::generate()).number()] += 1;
        }
        assert!(rooms.iter().all(|count| (40..200).contains(count)), "{rooms:?}");
    }
}
