//! Threads that take what is queued and handle it together: a batch is what was queued while the last one was handled.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;

use tokio::sync::mpsc;

/// How much is handled together, at most.
const BATCH_MAX: usize = 128;

/// How much waits for one thread, at most.
const QUEUE_MAX: usize = 8_192;

/// Returns how much waits in a queue.
pub(crate) fn queued<T>(queue: &mpsc::Sender<T>) -> usize {
    queue.max_capacity().saturating_sub(queue.capacity())
}

/// Starts a thread; it ends when nothing is queued and the queue is dropped.
pub(crate) fn spawn<T: Send + 'static>(
    name: &str,
    mut handle: impl FnMut(Vec<T>) + Send + 'static,
) -> io::Result<mpsc::Sender<T>> {
    let (queue, mut queued) = mpsc::channel(QUEUE_MAX);
    thread::Builder::new().name(name.to_owned()).spawn(move || {
        let mut batch = Vec::new();
        while queued.blocking_recv_many(&mut batch, BATCH_MAX) > 0 {
            // A panic must not end the thread; those that wait for an answer get an unknown outcome.
            drop(catch_unwind(AssertUnwindSafe(|| handle(std::mem::take(&mut batch)))));
        }
    })?;
    Ok(queue)
}
