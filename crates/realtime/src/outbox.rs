//! What waits to be sent to one client: bounded, filled by the hub, emptied by the response body.

use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    task::{Context, Poll, Waker},
};

use crate::{config::Config, frame::Frame};

/// Above this many waiting bytes, what may be lost is dropped.
const BUSY: usize = 256 * 1024;

/// A queue that grew past this many frames gives its memory back once it is empty.
const KEEP: usize = 32;

/// A queue of frames with one reader.
#[derive(Debug)]
pub(crate) struct Outbox {
    queue: RefCell<Queue>,
    max_bytes: usize,
    max_frames: usize,
    moved: Cell<bool>,
}

#[derive(Debug, Default)]
struct Queue {
    frames: VecDeque<Frame>,
    bytes: usize,
    ended: bool,
    reader: Option<Waker>,
    woken: bool,
}

impl Queue {
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
            max_frames: config.queue_frames,
            moved: Cell::new(false),
        }
    }

    /// Adds a frame; false when it would not fit, and the reader is too slow to be kept.
    pub(crate) fn push(&self, frame: Frame) -> bool {
        let mut queue = self.queue.borrow_mut();
        if queue.ended {
            return true;
        }
        if queue.bytes + frame.len() > self.max_bytes || queue.frames.len() >= self.max_frames {
            return false;
        }
        queue.bytes += frame.len();
        queue.frames.push_back(frame);
        queue.wake();
        true
    }

    /// Whether so much waits that only what must arrive should be added.
    pub(crate) fn busy(&self) -> bool {
        self.queue.borrow().bytes > BUSY
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
        queue.frames = VecDeque::new();
        queue.wake();
    }

    /// Whether frames wait that the reader has not come for since this was last asked.
    pub(crate) fn stuck(&self) -> bool {
        !self.moved.replace(false) && self.queue.borrow().bytes > 0
    }

    /// The next frame; ready with nothing once the queue has ended and is empty.
    pub(crate) fn poll(&self, cx: &Context<'_>) -> Poll<Option<Frame>> {
        self.moved.set(true);
        let mut queue = self.queue.borrow_mut();
        if let Some(frame) = queue.frames.pop_front() {
            queue.bytes -= frame.len();
            return Poll::Ready(Some(frame));
        }
        if queue.ended {
            return Poll::Ready(None);
        }
        if queue.frames.capacity() > KEEP {
            queue.frames = VecDeque::new();
        }
        queue.listen(cx);
        Poll::Pending
    }

    /// Registers the reader for [`Self::wake`] alone.
    pub(crate) fn listen(&self, cx: &Context<'_>) {
        self.queue.borrow_mut().listen(cx);
    }

    /// Wakes the reader without a frame.
    pub(crate) fn wake(&self) {
        self.queue.borrow_mut().wake();
    }
}

#[cfg(test)]
mod tests {
    use futures_util::task::noop_waker_ref;

    use super::*;

    fn outbox(queue_bytes: usize, queue_frames: usize) -> Outbox {
        Outbox::new(&Config { queue_bytes, queue_frames, ..Config::default() })
    }

    fn next(outbox: &Outbox) -> Poll<Option<Vec<u8>>> {
        outbox
            .poll(&Context::from_waker(noop_waker_ref()))
            .map(|frame| frame.map(|frame| frame.into_bytes().to_vec()))
    }

    #[test]
    fn gives_frames_back_in_order_and_ends_empty() {
        let outbox = outbox(1000, 10);
        assert!(next(&outbox).is_pending());
        for text in ["4a", "4b"] {
            assert!(outbox.push(Frame::text(text)));
        }
        outbox.finish();
        assert!(outbox.push(Frame::text("4late")), "after the end frames are ignored, not refused");
        assert_eq!(next(&outbox), Poll::Ready(Some(b"\x81\x024a".to_vec())));
        assert_eq!(next(&outbox), Poll::Ready(Some(b"\x81\x024b".to_vec())));
        assert_eq!(next(&outbox), Poll::Ready(None));
    }

    #[test]
    fn refuses_above_its_bounds() {
        let narrow = outbox(12, 10);
        assert!(narrow.push(Frame::text("4abcd")) && !narrow.push(Frame::text("4abcd")));
        let short = outbox(1000, 2);
        assert!(short.push(Frame::ping()) && short.push(Frame::ping()) && !short.push(Frame::ping()));
        assert_eq!(next(&short).map(|frame| frame.is_some()), Poll::Ready(true));
        assert!(short.push(Frame::ping()), "what was taken makes room");
    }

    #[test]
    fn forgets_everything_when_aborted() {
        let outbox = outbox(1000, 10);
        assert!(outbox.push(Frame::ping()));
        outbox.abort();
        assert_eq!(next(&outbox), Poll::Ready(None));
        assert!(!outbox.stuck());
    }

    #[test]
    fn knows_a_reader_that_does_not_come() {
        let outbox = outbox(1000, 10);
        assert!(!outbox.stuck(), "nothing waits");
        assert!(outbox.push(Frame::ping()) && outbox.push(Frame::ping()));
        assert!(outbox.stuck() && outbox.stuck());
        assert!(next(&outbox).is_ready());
        assert!(!outbox.stuck(), "the reader came");
        assert!(outbox.stuck(), "and did not come again");
    }

    #[test]
    fn is_busy_above_a_quarter_mebibyte() {
        let outbox = outbox(1024 * 1024, 1024);
        let frame = Frame::text(&"4".repeat(BUSY - 10));
        assert!(outbox.push(frame) && !outbox.busy());
        assert!(outbox.push(Frame::text("4overflow")) && outbox.busy());
    }
}
