//! The names of channels and keys, and how rooms are spread over channels.

use domain::id::RoomId;

use crate::config::{Config, NodeId};

/// One of the channels that rooms are spread over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Shard(u8);

impl Shard {
    /// The number of shards.
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

    /// Returns its number, from 0.
    pub fn number(self) -> usize {
        usize::from(self.0)
    }

    pub(crate) fn all() -> impl Iterator<Item = Self> {
        (0..=u8::MAX).map(Self)
    }
}

/// The names that this node uses.
pub(crate) struct Channels {
    prefix: String,
    shards: Vec<String>,
    /// The channel of all nodes.
    pub all: String,
    /// The key of the set of nodes.
    pub nodes: String,
    /// The key of the set of this node's users.
    pub own_users: String,
}

impl Channels {
    pub(crate) fn new(config: &Config) -> Self {
        let prefix = format!("chatroom:{}:", config.prefix);
        let shards = Shard::all().map(|shard| format!("{prefix}room:{}", shard.number())).collect();
        let (all, nodes) = (format!("{prefix}all"), format!("{prefix}nodes"));
        let own_users = format!("{prefix}node:{}", config.node);
        Self { prefix, shards, all, nodes, own_users }
    }

    /// Returns the channel of a shard.
    pub(crate) fn shard(&self, shard: Shard) -> &str {
        self.shards.get(shard.number()).map_or("", String::as_str)
    }

    /// Returns the shard that a channel belongs to.
    pub(crate) fn shard_of(&self, channel: &[u8]) -> Option<Shard> {
        let number = std::str::from_utf8(channel).ok()?.strip_prefix(&self.prefix)?.strip_prefix("room:")?;
        number.parse().ok().map(Shard)
    }

    /// Returns the key of the set of a node's users.
    pub(crate) fn users(&self, node: NodeId) -> String {
        format!("{}node:{node}", self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_are_named_and_known_again() {
        let channels = Channels::new(&Config { prefix: "a:b".to_owned(), ..Config::new("") });
        for shard in Shard::all() {
            assert_eq!(channels.shard_of(channels.shard(shard).as_bytes()), Some(shard));
        }
        assert_eq!(channels.shard(Shard(7)), "chatroom:a:b:room:7");
        for other in ["chatroom:a:b:all", "chatroom:a:room:7", "chatroom:a:b:room:256", "chatroom:a:b:room:"]
        {
            assert_eq!(channels.shard_of(other.as_bytes()), None);
        }
    }

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
