//! The names of channels and keys.

use crate::config::{Config, NodeId};
use crate::shard::Shard;

pub(crate) struct Names {
    prefix: String,
    shards: Vec<String>,
    /// The channel that every node listens to.
    pub all: String,
    /// The set of the nodes that have a set of users.
    pub nodes: String,
}

impl Names {
    pub(crate) fn new(config: &Config) -> Self {
        let prefix = format!("chatroom:{}:", config.prefix);
        let shards = Shard::all().map(|shard| format!("{prefix}room:{}", shard.number())).collect();
        Self { shards, all: format!("{prefix}all"), nodes: format!("{prefix}nodes"), prefix }
    }

    pub(crate) fn shard(&self, shard: Shard) -> &str {
        self.shards.get(shard.number()).map_or("", String::as_str)
    }

    /// Returns the shard whose channel has this name.
    pub(crate) fn shard_of(&self, channel: &[u8]) -> Option<Shard> {
        let number = std::str::from_utf8(channel).ok()?.strip_prefix(&self.prefix)?.strip_prefix("room:")?;
        number.parse().ok().map(Shard::from_number)
    }

    /// Returns the key of a node's set of users.
    pub(crate) fn users(&self, node: NodeId) -> String {
        format!("{}node:{node}", self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_are_named_and_known_again() {
        let names = Names::new(&Config { prefix: "a:b".to_owned(), ..Config::new("") });
        for shard in Shard::all() {
            assert_eq!(names.shard_of(names.shard(shard).as_bytes()), Some(shard));
        }
        assert_eq!(names.shard(Shard::from_number(7)), "chatroom:a:b:room:7");
        for other in ["chatroom:a:b:all", "chatroom:a:room:7", "chatroom:a:b:room:256", "chatroom:a:b:room:"]
        {
            assert_eq!(names.shard_of(other.as_bytes()), None);
        }
    }
}
