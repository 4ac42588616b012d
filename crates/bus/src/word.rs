//! What a node says of its users.

use std::time::Duration;

use domain::id::UserId;

/// One announcement; each says that its node lives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Word {
    /// How long the node is to be believed without another word.
    pub ttl: Duration,
    pub news: News,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum News {
    /// These came (true) or went; none for a mere beat.
    Changes(Vec<(UserId, bool)>),
    /// The node's set was written anew and has so many users: whoever follows it reads it.
    Whole(u32),
    /// The node ends.
    Goodbye,
}

const CHANGES: u8 = 0;
const WHOLE: u8 = 1;
const GOODBYE: u8 = 2;
const RECORD: usize = 9;

impl Word {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut wire = Vec::with_capacity(16);
        let ttl = u32::try_from(self.ttl.as_millis()).unwrap_or(u32::MAX);
        wire.extend_from_slice(&ttl.to_be_bytes());
        match &self.news {
            News::Changes(changes) => {
                wire.reserve(1 + RECORD * changes.len());
                wire.push(CHANGES);
                for (user, here) in changes {
                    wire.push(u8::from(*here));
                    wire.extend_from_slice(&user.0.to_be_bytes());
                }
            }
            News::Whole(count) => {
                wire.push(WHOLE);
                wire.extend_from_slice(&count.to_be_bytes());
            }
            News::Goodbye => wire.push(GOODBYE),
        }
        wire
    }

    pub(crate) fn decode(wire: &[u8]) -> Option<Self> {
        let (ttl, rest) = wire.split_first_chunk()?;
        let (tag, rest) = rest.split_first()?;
        let news = match *tag {
            CHANGES => News::Changes(changes(rest)?),
            WHOLE => News::Whole(u32::from_be_bytes(rest.try_into().ok()?)),
            GOODBYE => News::Goodbye,
            _ => return None,
        };
        Some(Self { ttl: Duration::from_millis(u32::from_be_bytes(*ttl).into()), news })
    }
}

fn changes(records: &[u8]) -> Option<Vec<(UserId, bool)>> {
    let (records, []) = records.as_chunks::<RECORD>() else { return None };
    records
        .iter()
        .map(|[here, user @ ..]| match here {
            0 | 1 => Some((UserId(i64::from_be_bytes(*user)), *here == 1)),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_understood() {
        let ttl = Duration::from_secs(30);
        for news in [
            News::Changes(vec![]),
            News::Changes(vec![(UserId(1), true), (UserId(i64::MAX), false)]),
            News::Whole(100_000),
            News::Goodbye,
        ] {
            let word = Word { ttl, news };
            assert_eq!(Word::decode(&word.encode()), Some(word));
        }
    }

    #[test]
    fn what_is_no_word_is_not() {
        let wire = Word { ttl: Duration::ZERO, news: News::Changes(vec![(UserId(1), true)]) }.encode();
        for length in [0, 4, 6, 13] {
            assert_eq!(Word::decode(&wire[..length]), None, "{length}");
        }
        let mut odd = wire;
        odd[5] = 2;
        assert_eq!(Word::decode(&odd), None);
        assert_eq!(Word::decode(&[0, 0, 0, 0, 9]), None);
        assert_eq!(Word::decode(&[0, 0, 0, 0, WHOLE, 1]), None);
    }
}
