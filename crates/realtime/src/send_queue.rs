//! The bounded queue of packets to one client, filled by the hub and emptied by the session's transport; and what is held
//! back from it for a replay.

use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    io::{self, IoSlice},
    task::{Context, Poll},
};

use futures_util::task::AtomicWaker;
use socketio::payload::{Builder, MAX_PACKETS};

use crate::{
    Config,
    frame::{Content, Frame, Packet},
};

/// Number of queued bytes above which volatile frames are dropped; so they are above a quarter of the packets.
const BUSY: usize = 256 * 1024;

/// Number of packets of capacity that an empty queue keeps.
const KEEP: usize = 32;

/// Number of packets given to the system in one write.
const PACKETS_PER_WRITE: usize = 64;

/// A queue of packets with one reader.
#[derive(Debug)]
pub(crate) struct SendQueue {
    queue: RefCell<Queue>,
    max_bytes: usize,
    max_packets: usize,
    progressed: Cell<bool>,
    reader: AtomicWaker,
}

#[derive(Debug, Default)]
struct Queue {
    packets: VecDeque<Packet>,
    bytes: usize,
    /// What a replay may take beyond the bounds, until the queue has been empty.
    extra_bytes: usize,
    extra_packets: usize,
    ended: bool,
    /// Whether a part of the first packet has been written.
    partial: bool,
}

impl Queue {
    fn take(&mut self) -> Option<Packet> {
        let packet = self.packets.pop_front()?;
        self.bytes -= packet.len();
        Some(packet)
    }

    /// Removes the first `written` bytes.
    fn advance(&mut self, mut written: usize) {
        self.bytes = self.bytes.saturating_sub(written);
        self.partial = false;
        while let Some(first) = self.packets.front_mut() {
            if first.len() > written {
                self.partial = written > 0;
                first.advance(written);
                return;
            }
            written -= first.len();
            self.packets.pop_front();
        }
    }

    /// Returns memory and gives up the extra room of a replay once the queue is empty.
    fn shrink(&mut self) {
        if self.packets.is_empty() {
            (self.extra_bytes, self.extra_packets) = (0, 0);
            if self.packets.capacity() > KEEP {
                self.packets = VecDeque::new();
            }
        }
    }
}

impl SendQueue {
    pub(crate) fn new(config: &Config) -> Self {
        Self {
            queue: RefCell::default(),
            max_bytes: config.queue_bytes,
            max_packets: config.queue_frames,
            progressed: Cell::new(false),
            reader: AtomicWaker::new(),
        }
    }

    /// Adds a frame with all its attachments; false when it does not fit.
    pub(crate) fn push(&self, frame: Frame) -> bool {
        let mut queue = self.queue.borrow_mut();
        if queue.ended {
            return true;
        }
        let bytes = queue.bytes.saturating_add(frame.len());
        let packets = queue.packets.len().saturating_add(frame.packets());
        let fits = bytes <= self.max_bytes.saturating_add(queue.extra_bytes)
            && packets <= self.max_packets.saturating_add(queue.extra_packets);
        if fits {
            queue.bytes = bytes;
            queue.packets.extend(frame.into_packets());
            self.reader.wake();
        }
        fits
    }

    /// Adds the frames of a replay, which may exceed the bounds: they are in memory already.
    pub(crate) fn replay(&self, frames: Vec<Frame>) {
        for frame in frames {
            let mut queue = self.queue.borrow_mut();
            queue.extra_bytes += frame.len();
            queue.extra_packets += frame.packets();
            drop(queue);
            self.push(frame);
        }
    }

    /// Whether volatile frames should be dropped.
    pub(crate) fn busy(&self) -> bool {
        let queue = self.queue.borrow();
        queue.bytes > BUSY || queue.packets.len() > self.max_packets / 4
    }

    /// Accepts nothing more; queued packets still go out.
    pub(crate) fn finish(&self) {
        self.queue.borrow_mut().ended = true;
        self.reader.wake();
    }

    /// Accepts nothing more, and drops the queued packets.
    pub(crate) fn abort(&self) {
        *self.queue.borrow_mut() = Queue { ended: true, ..Queue::default() };
        self.reader.wake();
    }

    /// Whether packets are queued and none has gone out since the last call.
    pub(crate) fn stalled(&self) -> bool {
        !self.progressed.replace(false) && !self.queue.borrow().packets.is_empty()
    }

    /// Waits for packets; ready with false once the queue has ended and is empty.
    pub(crate) fn poll_packets(&self, cx: &Context<'_>) -> Poll<bool> {
        self.listen(cx);
        self.progressed.set(true);
        let mut queue = self.queue.borrow_mut();
        if !queue.packets.is_empty() {
            return Poll::Ready(true);
        }
        queue.shrink();
        if queue.ended { Poll::Ready(false) } else { Poll::Pending }
    }

    /// Offers the first packets to `write`, and removes the bytes that it has written.
    pub(crate) fn write(&self, write: impl FnOnce(&[IoSlice<'_>]) -> io::Result<usize>) -> io::Result<()> {
        let mut queue = self.queue.borrow_mut();
        let mut slices = [IoSlice::new(&[]); PACKETS_PER_WRITE];
        let count = queue.packets.len().min(PACKETS_PER_WRITE);
        for (slice, packet) in slices.iter_mut().zip(&queue.packets) {
            *slice = IoSlice::new(packet.as_bytes());
        }
        let written = write(slices.get(..count).unwrap_or_default())?;
        if written == 0 && count > 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        queue.advance(written);
        self.progressed.set(true);
        Ok(())
    }

    /// Whether a part of the first packet has been written, so that nothing else may be.
    pub(crate) fn is_partial(&self) -> bool {
        self.queue.borrow().partial
    }

    /// Takes packets as the body of one poll; nothing if none is queued.
    ///
    /// At most 16 packets, since some clients drop a connection over a seventeenth, and at most `max_bytes`, unless the
    /// first packet is larger by itself.
    pub(crate) fn payload(&self, max_bytes: usize) -> Option<String> {
        self.progressed.set(true);
        let mut queue = self.queue.borrow_mut();
        let mut body = Builder::default();
        while let Some(packet) = queue.packets.front().filter(|_| body.packets() < MAX_PACKETS) {
            let content = packet.content();
            let length = match content {
                Content::Text(text) => body.len_with_text(text.len()),
                Content::Binary(bytes) => body.len_with_binary(bytes.len()),
            };
            if !body.is_empty() && length > max_bytes {
                break;
            }
            match content {
                Content::Text(text) => append(&mut body, text),
                Content::Binary(bytes) => body.binary(bytes),
            }
            queue.take();
        }
        queue.shrink();
        (!body.is_empty()).then(|| body.finish())
    }

    /// Registers the reader, to be woken by the next packet, by the end, or by [`Self::wake`].
    pub(crate) fn listen(&self, cx: &Context<'_>) {
        self.reader.register(cx.waker());
    }

    /// Wakes the reader without a packet.
    pub(crate) fn wake(&self) {
        self.reader.wake();
    }
}

fn append(body: &mut Builder, packet: &str) {
    if let Err(error) = body.text(packet) {
        tracing::error!(%error, "a packet cannot be sent by polling");
    }
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
mod tests;
