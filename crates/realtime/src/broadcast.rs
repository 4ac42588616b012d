//! Messages to many sockets: what the sockets subscribe to, and what a returning client is sent first.

use std::cell::{Cell, RefCell};

use domain::id::{RoomId, SessionId, UserId};

use crate::{Config, frame::Frame};

/// One frame for many sockets; each gets it once, and only those of the frame's namespace do.
#[derive(Debug, Clone)]
pub struct Broadcast {
    /// The topics whose subscribers get the frame.
    pub topics: Vec<Topic>,
    /// The topics whose subscribers do not.
    pub except: Vec<Topic>,
    /// A socket that does not.
    pub except_socket: Option<SocketId>,
    /// What they get.
    pub frame: Frame,
    /// Whether the frame may be dropped for a client that is slow to read.
    pub volatile: bool,
    /// The position in the event log; a client that has caught up beyond it does not get the frame again.
    pub position: Option<i64>,
    /// What clients with connection state recovery get instead; see [`crate::hub::Hubs::has_recovering`].
    pub recoverable: Option<Frame>,
}

impl Broadcast {
    /// A frame for all subscribers of the topics, neither volatile nor of the event log.
    pub fn new(topics: Vec<Topic>, frame: Frame) -> Self {
        Self {
            topics,
            except: Vec::new(),
            except_socket: None,
            frame,
            volatile: false,
            position: None,
            recoverable: None,
        }
    }
}

impl From<Broadcast> for Vec<Broadcast> {
    fn from(broadcast: Broadcast) -> Self {
        vec![broadcast]
    }
}

/// What sockets subscribe to and events are sent to; Socket.IO calls it a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Topic {
    /// Every socket of a user.
    User(UserId),
    /// Every socket of one session of authentication.
    Session(SessionId),
    /// Every socket of one client with connection state recovery, by a number of its own.
    Recovery(u64),
    /// Every socket that has joined a room.
    Room(RoomId),
    /// The sockets of one user that have joined a room.
    RoomAs(RoomId, UserId),
}

/// Identifies a socket for as long as the process lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SocketId(pub u64);

/// The events that a returning client has missed; broadcasts up to position `upto` are not sent to it again.
#[derive(Debug, Clone, Default)]
pub struct Replay {
    /// What it is sent first, in this order, whatever the size.
    pub frames: Vec<Frame>,
    /// The position in the event log up to which it then knows everything.
    pub upto: i64,
}

/// Holds broadcasts back until a replay has been sent, and drops those that the replay covers.
#[derive(Debug)]
pub(crate) struct ReplayBuffer {
    /// The position up to which the client knows the event log.
    known: Cell<i64>,
    holds: Cell<usize>,
    held: RefCell<HeldFrames>,
}

#[derive(Debug, Default)]
struct HeldFrames {
    frames: Vec<(Option<i64>, Frame)>,
    bytes: usize,
}

impl Default for ReplayBuffer {
    fn default() -> Self {
        Self { known: Cell::new(i64::MIN), holds: Cell::new(0), held: RefCell::default() }
    }
}

impl ReplayBuffer {
    /// Whether the client knows the event at this position.
    pub(crate) fn knows(&self, position: Option<i64>) -> bool {
        position.is_some_and(|position| position <= self.known.get())
    }

    /// Notes that the client knows the event log up to a position.
    pub(crate) fn know(&self, upto: i64) {
        self.known.set(self.known.get().max(upto));
    }

    /// Holds broadcasts back until [`Self::release`] has been called as often.
    pub(crate) fn hold(&self) {
        self.holds.set(self.holds.get() + 1);
    }

    pub(crate) fn is_holding(&self) -> bool {
        self.holds.get() > 0
    }

    /// Holds a frame back; false when more is held than a send queue would take.
    pub(crate) fn push(&self, position: Option<i64>, frame: &Frame, config: &Config) -> bool {
        let mut held = self.held.borrow_mut();
        let bytes = held.bytes.saturating_add(frame.len());
        let fits = bytes <= config.queue_bytes && held.frames.len() < config.queue_frames;
        if fits {
            held.bytes = bytes;
            held.frames.push((position, frame.clone()));
        }
        fits
    }

    /// Ends one hold; after the last one, returns the held frames that the client does not know.
    pub(crate) fn release(&self) -> Vec<Frame> {
        self.holds.set(self.holds.get().saturating_sub(1));
        if self.is_holding() {
            return Vec::new();
        }
        let held = self.held.take();
        held.frames
            .into_iter()
            .filter(|(position, _)| !self.knows(*position))
            .map(|(_, frame)| frame)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(n: i64) -> Frame {
        Frame::event("n", &[&n.to_string()])
    }

    #[test]
    fn returns_unknown_frames_in_their_order() {
        let (buffer, config) = (ReplayBuffer::default(), Config::default());
        assert!(!buffer.is_holding() && !buffer.knows(None) && !buffer.knows(Some(i64::MIN + 1)));
        buffer.hold();
        for position in [Some(4), None, Some(5), Some(6)] {
            assert!(buffer.push(position, &frame(position.unwrap_or_default()), &config));
        }
        buffer.know(5);
        let frames: Vec<_> = buffer.release().into_iter().map(|frame| frame.len()).collect();
        assert_eq!(frames.len(), 2, "the one without a position, and the sixth");
        assert!(buffer.knows(Some(5)) && !buffer.knows(Some(6)) && !buffer.is_holding());
        buffer.know(3);
        assert!(buffer.knows(Some(5)), "what is known stays known");
    }

    #[test]
    fn holds_until_the_last_release() {
        let (buffer, config) = (ReplayBuffer::default(), Config::default());
        buffer.hold();
        buffer.hold();
        assert!(buffer.push(None, &frame(1), &config));
        assert!(buffer.release().is_empty() && buffer.is_holding());
        assert_eq!(buffer.release().len(), 1);
        assert!(buffer.release().is_empty(), "what was given back is gone");
    }

    #[test]
    fn holds_no_more_than_a_queue_would() {
        let (buffer, config) = (ReplayBuffer::default(), Config { queue_frames: 2, ..Config::default() });
        buffer.hold();
        assert!(buffer.push(None, &frame(1), &config) && buffer.push(None, &frame(2), &config));
        assert!(!buffer.push(None, &frame(3), &config));
        let narrow = Config { queue_bytes: frame(1).len(), ..Config::default() };
        let buffer = ReplayBuffer::default();
        assert!(buffer.push(None, &frame(1), &narrow) && !buffer.push(None, &frame(2), &narrow));
    }
}
