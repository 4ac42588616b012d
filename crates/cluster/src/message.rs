//! The binary format of messages between nodes, and of what a node announces of its users.

use std::time::Duration;

use bytes::Bytes;
use domain::id::UserId;

use crate::config::NodeId;

const VERSION: u8 = 1;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Room = 1,
    Broadcast = 2,
    Revocation = 3,
    Presence = 4,
}

/// One message of a node.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Message {
    pub kind: Kind,
    pub node: NodeId,
    /// Grows with each message of a node; the copies of one message in several shards share it.
    pub number: u64,
    pub payload: Bytes,
}

impl Message {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let (number, node) = (self.number.to_be_bytes(), self.node.as_bytes());
        [&[VERSION, self.kind as u8], node.as_slice(), &number, &self.payload].concat()
    }

    /// Returns nothing for a message of another version or of another program.
    pub(crate) fn decode(wire: &Bytes) -> Option<Self> {
        let (&[version, kind], rest) = wire.split_first_chunk()?;
        let (node, rest) = rest.split_first_chunk()?;
        let (number, payload) = rest.split_first_chunk()?;
        if version != VERSION {
            return None;
        }
        let kind = match kind {
            1 => Kind::Room,
            2 => Kind::Broadcast,
            3 => Kind::Revocation,
            4 => Kind::Presence,
            _ => return None,
        };
        let (node, number) = (NodeId::from_bytes(*node), u64::from_be_bytes(*number));
        let payload = wire.slice(wire.len() - payload.len()..);
        Some(Self { kind, node, number, payload })
    }
}

/// What a node announces of its users; each announcement is a sign of life.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Announcement {
    /// How long the node counts as alive without another announcement.
    pub ttl: Duration,
    pub content: Content,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Content {
    /// Users who came or went; none for a heartbeat.
    Changes(Vec<Change>),
    /// The node's set was replaced and has this many users; other nodes read it.
    Replaced(u32),
    /// The node stops.
    Stopped,
}

/// A user who came to a node or went from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Change {
    pub user: UserId,
    pub online: bool,
}

const CHANGES: u8 = 0;
const REPLACED: u8 = 1;
const STOPPED: u8 = 2;
const RECORD: usize = 9;

impl Announcement {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let ttl = u32::try_from(self.ttl.as_millis()).unwrap_or(u32::MAX);
        let mut wire = ttl.to_be_bytes().to_vec();
        match &self.content {
            Content::Changes(changes) => {
                wire.reserve(1 + RECORD * changes.len());
                wire.push(CHANGES);
                for Change { user, online } in changes {
                    wire.push(u8::from(*online));
                    wire.extend_from_slice(&user.0.to_be_bytes());
                }
            }
            Content::Replaced(count) => {
                wire.push(REPLACED);
                wire.extend_from_slice(&count.to_be_bytes());
            }
            Content::Stopped => wire.push(STOPPED),
        }
        wire
    }

    pub(crate) fn decode(wire: &[u8]) -> Option<Self> {
        let (ttl, rest) = wire.split_first_chunk()?;
        let (tag, rest) = rest.split_first()?;
        let content = match *tag {
            CHANGES => Content::Changes(changes(rest)?),
            REPLACED => Content::Replaced(u32::from_be_bytes(rest.try_into().ok()?)),
            STOPPED => Content::Stopped,
            _ => return None,
        };
        Some(Self { ttl: Duration::from_millis(u32::from_be_bytes(*ttl).into()), content })
    }
}

fn changes(records: &[u8]) -> Option<Vec<Change>> {
    let (records, []) = records.as_chunks::<RECORD>() else { return None };
    let change = |[online, user @ ..]: &[u8; RECORD]| match online {
        0 | 1 => Some(Change { user: UserId(i64::from_be_bytes(*user)), online: *online == 1 }),
        _ => None,
    };
    records.iter().map(change).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(kind: Kind, node: NodeId, payload: &'static str) -> Message {
        Message { kind, node, number: 7, payload: Bytes::from(payload) }
    }

    #[test]
    fn a_message_is_decoded_without_a_copy() {
        let node = NodeId::random();
        for kind in [Kind::Room, Kind::Broadcast, Kind::Revocation, Kind::Presence] {
            let wire = Bytes::from(message(kind, node, "你好").encode());
            let decoded = Message::decode(&wire).unwrap();
            assert_eq!(decoded.payload.as_ptr(), wire[26..].as_ptr());
            assert_eq!(decoded, message(kind, node, "你好"));
        }
    }

    #[test]
    fn other_versions_and_other_programs_are_ignored() {
        let good = message(Kind::Room, NodeId::random(), "").encode();
        assert!(Message::decode(&good.clone().into()).is_some());
        for (at, value) in [(0, 0), (0, 2), (1, 0), (1, 5)] {
            let mut wire = good.clone();
            wire[at] = value;
            assert_eq!(Message::decode(&wire.into()), None);
        }
        for length in 0..good.len() {
            assert_eq!(Message::decode(&good[..length].to_vec().into()), None);
        }
        assert_eq!(Message::decode(&Bytes::from_static("隨便什麼，總之不是我們的訊息".as_bytes())), None);
    }

    #[test]
    fn every_announcement_is_decoded() {
        let ttl = Duration::from_secs(30);
        let changes =
            [(1, true), (i64::MAX, false)].map(|(user, online)| Change { user: UserId(user), online });
        for content in [
            Content::Changes(vec![]),
            Content::Changes(changes.to_vec()),
            Content::Replaced(100_000),
            Content::Stopped,
        ] {
            let announcement = Announcement { ttl, content };
            assert_eq!(Announcement::decode(&announcement.encode()), Some(announcement));
        }
    }

    #[test]
    fn a_malformed_announcement_is_ignored() {
        let changes = vec![Change { user: UserId(1), online: true }];
        let wire = Announcement { ttl: Duration::ZERO, content: Content::Changes(changes) }.encode();
        for length in [0, 4, 6, 13] {
            assert_eq!(Announcement::decode(&wire[..length]), None, "{length}");
        }
        let mut odd = wire;
        odd[5] = 2;
        assert_eq!(Announcement::decode(&odd), None);
        assert_eq!(Announcement::decode(&[0, 0, 0, 0, 9]), None);
        assert_eq!(Announcement::decode(&[0, 0, 0, 0, REPLACED, 1]), None);
    }
}
