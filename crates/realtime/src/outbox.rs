//! What waits to be sent to one client: bounded, filled by the hub, emptied by whichever transport carries the session.

use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    task::{Context, Poll, Waker},
};

use socketio::payload::{Builder, MAX_PACKETS};

use crate::{
    config::Config,
    frame::{Content, Frame, Packet},
};

/// Above this many waiting bytes, what may be lost is dropped.
const BUSY: usize = 256 * 1024;

/// A queue that grew past this many packets gives its memory back once it is empty.
const KEEP: usize = 32;

/// A queue of packets with one reader.
#[derive(Debug)]
pub(crate) struct Outbox {
    queue: RefCell<Queue>,
    max_bytes: usize,
    max_packets: usize,
    moved: Cell<bool>,
}

#[derive(Debug, Default)]
struct Queue {
    packets: VecDeque<Packet>,
    bytes: usize,
    /// What a replay may take beyond the bounds, until the queue has been empty.
    extra_bytes: usize,
    extra_packets: usize,
    ended: bool,
    reader: Option<Waker>,
    woken: bool,
}

impl Queue {
    fn add(&mut self, packet: Packet) {
        self.bytes += packet.len();
        self.packets.push_back(packet);
    }

    fn take(&mut self) -> Option<Packet> {
        let packet = self.packets.pop_front()?;
        self.bytes -= packet.len();
        Some(packet)
    }

    fn settle(&mut self) {
        (self.extra_bytes, self.extra_packets) = (0, 0);
        if self.packets.capacity() > KEEP {
            self.packets = VecDeque::new();
        }
    }

    fn listen(&mut self, cx: &Context<'_>) {
        self.woken = false;
        if !self.reader.as_ref().is_some_and(|reader| reader.will_wake(cx.waker())) {
            self.reader = Some(cx.waker().clone());
        }
    }

    fn wake(&mut self) {
        if let Some(reader) = self.reader.as_ref().filter(|_| !self.woken) {
            self.woken = true;
            reader.wake_by_ref();
        }
    }
}

impl Outbox {
    pub(crate) fn new(config: &Config) -> Self {
        Self {
            queue: RefCell::default(),
            max_bytes: config.queue_bytes,
            max_packets: config.queue_frames,
            moved: Cell::new(false),
        }
    }

    /// Adds a frame whole; false when it would not fit, and the reader is too slow to be kept.
    pub(crate) fn push(&self, frame: Frame) -> bool {
        self.fits(frame.len(), frame.packets()) && self.add(frame.into_packets())
    }

    /// Adds a single packet, as [`Self::push`] does.
    pub(crate) fn push_packet(&self, packet: Packet) -> bool {
        self.fits(packet.len(), 1) && self.add(std::iter::once(packet))
    }

    /// Adds what a client has missed, whatever its size: it is in memory already, and nobody is slow to read it yet.
    pub(crate) fn replay(&self, frames: Vec<Frame>) {
        for frame in frames {
            let mut queue = self.queue.borrow_mut();
            queue.extra_bytes += frame.len();
            queue.extra_packets += frame.packets();
            drop(queue);
            self.add(frame.into_packets());
        }
    }

    fn fits(&self, bytes: usize, packets: usize) -> bool {
        let queue = self.queue.borrow();
        let bytes = queue.bytes.saturating_add(bytes);
        let packets = queue.packets.len().saturating_add(packets);
        queue.ended
            || bytes <= self.max_bytes.saturating_add(queue.extra_bytes)
                && packets <= self.max_packets.saturating_add(queue.extra_packets)
    }

    fn add(&self, packets: impl Iterator<Item = Packet>) -> bool {
        let mut queue = self.queue.borrow_mut();
        if !queue.ended {
            packets.for_each(|packet| queue.add(packet));
            queue.wake();
        }
        true
    }

    /// Whether so much waits that only what must arrive should be added.
    pub(crate) fn busy(&self) -> bool {
        self.queue.borrow().bytes > BUSY
    }

    /// Whether nothing waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.queue.borrow().packets.is_empty()
    }

    /// Takes nothing more; what waits still goes out.
    pub(crate) fn finish(&self) {
        let mut queue = self.queue.borrow_mut();
        queue.ended = true;
        queue.wake();
    }

    /// Takes nothing more, and forgets what waits.
    pub(crate) fn abort(&self) {
        let mut queue = self.queue.borrow_mut();
        queue.ended = true;
        queue.bytes = 0;
        queue.packets = VecDeque::new();
        queue.wake();
    }

    /// Whether packets wait that the reader has not come for since this was last asked.
    pub(crate) fn stuck(&self) -> bool {
        !self.moved.replace(false) && !self.is_empty()
    }

    /// The next packet; ready with nothing once the queue has ended and is empty.
    pub(crate) fn poll(&self, cx: &Context<'_>) -> Poll<Option<Packet>> {
        self.moved.set(true);
        let mut queue = self.queue.borrow_mut();
        match queue.take() {
            Some(packet) => Poll::Ready(Some(packet)),
            None if queue.ended => Poll::Ready(None),
            None => {
                queue.settle();
                queue.listen(cx);
                Poll::Pending
            }
        }
    }

    /// What waits, as the body of one poll; nothing while nothing waits.
    ///
    /// At most 16 packets, since some clients drop a connection over a seventeenth, and at most `max_bytes`, unless the
    /// first packet is larger by itself.
    pub(crate) fn payload(&self, max_bytes: usize) -> Option<String> {
        self.moved.set(true);
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
        if queue.packets.is_empty() {
            queue.settle();
        }
        (!body.is_empty()).then(|| body.finish())
    }

    /// Registers the reader, to be woken by the next packet, by the end, or by [`Self::wake`].
    pub(crate) fn listen(&self, cx: &Context<'_>) {
        self.queue.borrow_mut().listen(cx);
    }

    /// Wakes the reader without a packet.
    pub(crate) fn wake(&self) {
        self.queue.borrow_mut().wake();
    }
}

fn append(body: &mut Builder, packet: &str) {
    if let Err(error) = body.text(packet) {
        tracing::error!(%error, "a packet cannot be sent by polling");
    }
}

#[cfg(test)]
mod tests;
