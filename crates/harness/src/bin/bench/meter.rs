//! What is counted while a scenario is measured.

use std::cell::{Cell, RefCell};
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use serde::Serialize;

use crate::Failure;

/// Counts and times; it counts only while it is on.
#[derive(Debug)]
pub(crate) struct Meter {
    began: Instant,
    on: Cell<bool>,
    acknowledgements: RefCell<Histogram<u64>>,
    deliveries: RefCell<Histogram<u64>>,
}

/// How long most of them took, in milliseconds.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Spread {
    pub(crate) p50: f64,
    pub(crate) p99: f64,
    pub(crate) max: f64,
}

/// The highest time that is recorded, in microseconds.
const LONGEST_US: u64 = 60_000_000;

impl Meter {
    pub(crate) fn new() -> Result<Self, Failure> {
        let histogram = || Histogram::new_with_bounds(1, LONGEST_US, 3);
        Ok(Self {
            began: Instant::now(),
            on: Cell::new(false),
            acknowledgements: RefCell::new(histogram()?),
            deliveries: RefCell::new(histogram()?),
        })
    }

    /// Returns the nanoseconds since the benchmark began.
    pub(crate) fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    pub(crate) fn turn(&self, on: bool) {
        self.on.set(on);
    }

    /// Forgets everything that was counted.
    pub(crate) fn clear(&self) {
        self.acknowledgements.borrow_mut().reset();
        self.deliveries.borrow_mut().reset();
    }

    /// Notes that what left at `left` was acknowledged.
    pub(crate) fn acknowledged(&self, left: u64) {
        self.note(&self.acknowledgements, left);
    }

    /// Notes that what left at `left` was received.
    pub(crate) fn delivered(&self, left: u64) {
        self.note(&self.deliveries, left);
    }

    fn note(&self, histogram: &RefCell<Histogram<u64>>, left: u64) {
        if self.on.get() {
            histogram.borrow_mut().saturating_record(self.now().saturating_sub(left) / 1_000);
        }
    }

    /// Returns how many messages were acknowledged, and in which times.
    pub(crate) fn acknowledgements(&self) -> (f64, Spread) {
        let histogram = self.acknowledgements.borrow();
        (float(histogram.len()), spread(&histogram))
    }

    /// Returns how many deliveries there were, and in which times.
    pub(crate) fn deliveries(&self) -> (f64, Spread) {
        let histogram = self.deliveries.borrow();
        (float(histogram.len()), spread(&histogram))
    }
}

/// Returns how these times are spread.
pub(crate) fn spread_of(times: &[Duration]) -> Result<Spread, Failure> {
    let mut histogram = Histogram::new_with_bounds(1, LONGEST_US, 3)?;
    for time in times {
        histogram.saturating_record(u64::try_from(time.as_micros())?);
    }
    Ok(spread(&histogram))
}

fn spread(histogram: &Histogram<u64>) -> Spread {
    let ms = |us: u64| float(us) / 1_000.0;
    let at = |quantile| ms(histogram.value_at_quantile(quantile));
    Spread { p50: at(0.5), p99: at(0.99), max: ms(histogram.max()) }
}

#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
pub(crate) fn float(count: u64) -> f64 {
    count as f64
}
