//! What every message on the bus is wrapped in: a version, what it is, who sent it, and its place among the sender's.

use bytes::Bytes;

use crate::config::NodeId;

const VERSION: u8 = 1;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Event = 1,
    Notice = 2,
    Revoked = 3,
    Word = 4,
}

/// A message that another node sent.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Envelope {
    pub kind: Kind,
    pub node: NodeId,
    /// Grows with each message of a node; the copies of one message in several shards share it.
    pub number: u64,
    pub payload: Bytes,
}

pub(crate) fn encode(kind: Kind, node: NodeId, number: u64, payload: &[u8]) -> Vec<u8> {
    let head = [&[VERSION, kind as u8], node.as_bytes().as_slice(), &number.to_be_bytes()];
    let mut wire = Vec::with_capacity(head.iter().map(|part| part.len()).sum::<usize>() + payload.len());
    for part in head {
        wire.extend_from_slice(part);
    }
    wire.extend_from_slice(payload);
    wire
}

/// Returns nothing for what a later version sent, or what is none of ours.
pub(crate) fn decode(mut wire: Bytes) -> Option<Envelope> {
    let (&[version, kind], rest) = wire.split_first_chunk()?;
    let (node, rest) = rest.split_first_chunk()?;
    let (number, payload) = rest.split_first_chunk()?;
    if version != VERSION {
        return None;
    }
    let kind = match kind {
        1 => Kind::Event,
        2 => Kind::Notice,
        3 => Kind::Revoked,
        4 => Kind::Word,
        _ => return None,
    };
    let (node, number, head) =
        (NodeId::from_bytes(*node), u64::from_be_bytes(*number), wire.len() - payload.len());
    Some(Envelope { kind, node, number, payload: wire.split_off(head) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrapped_is_unwrapped_without_a_copy() {
        let node = NodeId::random();
        for kind in [Kind::Event, Kind::Notice, Kind::Revoked, Kind::Word] {
            let wire = Bytes::from(encode(kind, node, 7, "你好".as_bytes()));
            let envelope = decode(wire.clone()).unwrap();
            assert_eq!(envelope.payload.as_ptr(), wire[26..].as_ptr());
            assert_eq!(envelope, Envelope { kind, node, number: 7, payload: Bytes::from("你好") });
        }
    }

    #[test]
    fn other_versions_and_other_peoples_messages_are_ignored() {
        let good = encode(Kind::Event, NodeId::random(), 1, b"");
        assert!(decode(good.clone().into()).is_some());
        for (at, value) in [(0, 0), (0, 2), (1, 0), (1, 5)] {
            let mut wire = good.clone();
            wire[at] = value;
            assert_eq!(decode(wire.into()), None);
        }
        for length in 0..good.len() {
            assert_eq!(decode(good[..length].to_vec().into()), None);
        }
        assert_eq!(decode(Bytes::from_static("隨便什麼，總之不是我們的訊息".as_bytes())), None);
    }
}
