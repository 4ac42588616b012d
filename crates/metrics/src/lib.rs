//! What a running server counts and measures, and the text in which Prometheus reads it. Counting takes relaxed atomics.

mod text;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

pub use text::{Family, Kind, Text};

/// A number that only grows; a copy counts the same.
#[derive(Debug, Clone, Default)]
pub struct Counter(Arc<AtomicU64>);

impl Counter {
    /// Adds one.
    pub fn add(&self) {
        self.add_many(1);
    }

    /// Adds a number.
    pub fn add_many(&self, number: u64) {
        self.0.fetch_add(number, Ordering::Relaxed);
    }

    /// Returns the number.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A counter for each of some names; a copy counts the same.
#[derive(Debug, Clone)]
pub struct Counters(Arc<[(&'static str, Counter)]>);

impl Counters {
    /// Counters at zero, the names in this order.
    pub fn new(names: impl IntoIterator<Item = &'static str>) -> Self {
        Self(names.into_iter().map(|name| (name, Counter::default())).collect())
    }

    /// Returns the counter of a name, if it is one of them.
    pub fn of(&self, name: &str) -> Option<&Counter> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, counter)| counter)
    }

    /// Adds one to the counter of a name; a name that is not one of them is not counted.
    pub fn add(&self, name: &str) {
        if let Some(counter) = self.of(name) {
            counter.add();
        }
    }

    /// Returns the number of a name; 0 of one that is not counted.
    pub fn get(&self, name: &str) -> u64 {
        self.of(name).map_or(0, Counter::get)
    }

    /// Returns all names with their numbers.
    pub fn all(&self) -> impl Iterator<Item = (&'static str, u64)> {
        self.0.iter().map(|(name, counter)| (*name, counter.get()))
    }
}

/// The upper bounds of the buckets of a histogram, in microseconds and, as Prometheus writes them, in seconds.
const BOUNDS: [(u64, &str); 14] = [
    (500, "0.0005"),
    (1_000, "0.001"),
    (2_500, "0.0025"),
    (5_000, "0.005"),
    (10_000, "0.01"),
    (25_000, "0.025"),
    (50_000, "0.05"),
    (100_000, "0.1"),
    (250_000, "0.25"),
    (500_000, "0.5"),
    (1_000_000, "1"),
    (2_500_000, "2.5"),
    (5_000_000, "5"),
    (10_000_000, "10"),
];

/// How long something took, each time that it was measured; a copy measures the same.
#[derive(Debug, Clone, Default)]
pub struct Histogram(Arc<Buckets>);

#[derive(Debug, Default)]
struct Buckets {
    /// How many were within each bound and above the one before.
    within: [AtomicU64; BOUNDS.len()],
    count: AtomicU64,
    sum_micros: AtomicU64,
}

impl Histogram {
    /// Notes how long it took once.
    pub fn observe(&self, time: Duration) {
        let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        let bucket = BOUNDS.iter().zip(&self.0.within).find(|((bound, _), _)| micros <= *bound);
        if let Some((_, bucket)) = bucket {
            bucket.fetch_add(1, Ordering::Relaxed);
        }
        self.0.count.fetch_add(1, Ordering::Relaxed);
        self.0.sum_micros.fetch_add(micros, Ordering::Relaxed);
    }

    /// Returns how often it was measured.
    pub fn count(&self) -> u64 {
        self.0.count.load(Ordering::Relaxed)
    }

    /// Returns the bounds in seconds, each with how many were within it.
    fn cumulative(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let within = self.0.within.iter().scan(0, |sum, bucket| {
            *sum += bucket.load(Ordering::Relaxed);
            Some(*sum)
        });
        BOUNDS.iter().map(|(_, bound)| *bound).zip(within)
    }

    fn sum_micros(&self) -> u64 {
        self.0.sum_micros.load(Ordering::Relaxed)
    }
}
