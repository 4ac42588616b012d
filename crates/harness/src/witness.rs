//! Sees what went wrong inside the server although every answer looked right: panics, and logged errors.

use std::fmt::Write as _;
use std::panic;
use std::sync::{Mutex, Once, PoisonError};

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

static SEEN: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Begins to watch; every test of the process is watched from then on.
pub fn install() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            note(panic.to_string());
            before(panic);
        }));
        // Whoever runs the tests with a subscriber of their own keeps it.
        drop(tracing_subscriber::registry().with(Watch).try_init());
    });
}

/// Fails the test if anything was seen that it did not expect.
pub fn verdict() {
    let seen = take();
    assert!(seen.is_empty(), "the server answered, but behind it:\n{}", seen.join("\n"));
}

/// Returns what was seen so far and forgets it, for a test that provokes it.
pub fn take() -> Vec<String> {
    std::mem::take(&mut SEEN.lock().unwrap_or_else(PoisonError::into_inner))
}

fn note(what: String) {
    SEEN.lock().unwrap_or_else(PoisonError::into_inner).push(what);
}

/// Notes every error that is logged.
struct Watch;

impl<S: Subscriber> Layer<S> for Watch {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if *event.metadata().level() == Level::ERROR {
            let mut line = Line(format!("{}:", event.metadata().target()));
            event.record(&mut line);
            note(line.0);
        }
    }
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        // Writing into a string cannot fail.
        let _ = write!(self.0, " {}={value:?}", field.name());
    }
}
