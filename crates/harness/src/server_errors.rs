//! Collects panics and logged errors of the server, which no answer may show.

use std::fmt::Write as _;
use std::panic;
use std::sync::{Mutex, Once, PoisonError};

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

static SEEN: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Begins to collect, for every test of the process.
pub fn collect() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            note(panic.to_string());
            before(panic);
        }));
        // Fails where a test program has installed a subscriber of its own.
        drop(tracing_subscriber::registry().with(ErrorLayer).try_init());
    });
}

/// Fails the test if anything was collected.
pub fn assert_none() {
    let seen = take();
    assert!(seen.is_empty(), "the server answered, but behind it:\n{}", seen.join("\n"));
}

/// Returns what was collected and clears it, for a test that provokes errors.
pub fn take() -> Vec<String> {
    std::mem::take(&mut SEEN.lock().unwrap_or_else(PoisonError::into_inner))
}

fn note(what: String) {
    SEEN.lock().unwrap_or_else(PoisonError::into_inner).push(what);
}

/// Collects every event of the level `ERROR`.
struct ErrorLayer;

impl<S: Subscriber> Layer<S> for ErrorLayer {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if *event.metadata().level() == Level::ERROR {
            let mut fields = Fields(format!("{}:", event.metadata().target()));
            event.record(&mut fields);
            note(fields.0);
        }
    }
}

struct Fields(String);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        // Writing into a string cannot fail.
        let _ = write!(self.0, " {}={value:?}", field.name());
    }
}
