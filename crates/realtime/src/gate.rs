//! What a client does not hear yet, because it has still to hear what it missed, and what it has heard for good.

use std::cell::{Cell, RefCell};

use crate::{config::Config, frame::Frame};

/// What a client has missed; it hears no part with a place up to `upto` again.
#[derive(Debug, Clone, Default)]
pub struct Missed {
    /// What it hears now, in this order, whatever the size.
    pub frames: Vec<Frame>,
    /// Up to where it then knows the log.
    pub upto: i64,
}

/// Holds frames while they would come too early, and tells those that come too late.
#[derive(Debug)]
pub(crate) struct Gate {
    /// Up to here the client knows the log.
    floor: Cell<i64>,
    holds: Cell<usize>,
    held: RefCell<Held>,
}

#[derive(Debug, Default)]
struct Held {
    frames: Vec<(Option<i64>, Frame)>,
    bytes: usize,
}

impl Default for Gate {
    fn default() -> Self {
        Self { floor: Cell::new(i64::MIN), holds: Cell::new(0), held: RefCell::default() }
    }
}

impl Gate {
    /// Whether the client knows what stands at this place of the log.
    pub(crate) fn knows(&self, place: Option<i64>) -> bool {
        place.is_some_and(|place| place <= self.floor.get())
    }

    /// Notes that the client knows the log up to here.
    pub(crate) fn know(&self, upto: i64) {
        self.floor.set(self.floor.get().max(upto));
    }

    pub(crate) fn hold(&self) {
        self.holds.set(self.holds.get() + 1);
    }

    pub(crate) fn holds(&self) -> bool {
        self.holds.get() > 0
    }

    /// Holds a frame; false when so much is held that the client could not take it anyway.
    pub(crate) fn keep(&self, place: Option<i64>, frame: &Frame, config: &Config) -> bool {
        let mut held = self.held.borrow_mut();
        let bytes = held.bytes.saturating_add(frame.len());
        let fits = bytes <= config.queue_bytes && held.frames.len() < config.queue_frames;
        if fits {
            held.bytes = bytes;
            held.frames.push((place, frame.clone()));
        }
        fits
    }

    /// Ends one hold; what was held and is news, once it was the last.
    pub(crate) fn release(&self) -> Vec<Frame> {
        self.holds.set(self.holds.get().saturating_sub(1));
        if self.holds() {
            return Vec::new();
        }
        let held = self.held.take();
        held.frames.into_iter().filter(|(place, _)| !self.knows(*place)).map(|(_, frame)| frame).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(n: i64) -> Frame {
        Frame::event("n", &[&n.to_string()])
    }

    #[test]
    fn gives_back_what_is_news_in_its_order() {
        let (gate, config) = (Gate::default(), Config::default());
        assert!(!gate.holds() && !gate.knows(None) && !gate.knows(Some(i64::MIN + 1)));
        gate.hold();
        for place in [Some(4), None, Some(5), Some(6)] {
            assert!(gate.keep(place, &frame(place.unwrap_or_default()), &config));
        }
        gate.know(5);
        let frames: Vec<_> = gate.release().into_iter().map(|frame| frame.len()).collect();
        assert_eq!(frames.len(), 2, "the one without a place, and the sixth");
        assert!(gate.knows(Some(5)) && !gate.knows(Some(6)) && !gate.holds());
        gate.know(3);
        assert!(gate.knows(Some(5)), "what is known stays known");
    }

    #[test]
    fn holds_until_the_last_lets_go() {
        let (gate, config) = (Gate::default(), Config::default());
        gate.hold();
        gate.hold();
        assert!(gate.keep(None, &frame(1), &config));
        assert!(gate.release().is_empty() && gate.holds());
        assert_eq!(gate.release().len(), 1);
        assert!(gate.release().is_empty(), "what was given back is gone");
    }

    #[test]
    fn holds_no_more_than_a_queue_would() {
        let (gate, config) = (Gate::default(), Config { queue_frames: 2, ..Config::default() });
        gate.hold();
        assert!(gate.keep(None, &frame(1), &config) && gate.keep(None, &frame(2), &config));
        assert!(!gate.keep(None, &frame(3), &config));
        let narrow = Config { queue_bytes: frame(1).len(), ..Config::default() };
        let gate = Gate::default();
        assert!(gate.keep(None, &frame(1), &narrow) && !gate.keep(None, &frame(2), &narrow));
    }
}
