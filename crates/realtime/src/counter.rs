//! Counts what is there, for all threads to see.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use tokio::sync::Notify;

/// A number of things, and who waits for the last of them to go.
#[derive(Debug, Default)]
pub(crate) struct Counter {
    count: AtomicUsize,
    none: Notify,
}

impl Counter {
    /// Counts one more until what is returned is dropped.
    pub(crate) fn count(self: &Arc<Self>) -> Counted {
        self.count.fetch_add(1, Ordering::SeqCst);
        Counted(Arc::clone(self))
    }

    pub(crate) fn get(&self) -> usize {
        self.count.load(Ordering::SeqCst)
    }

    /// Waits until nothing is left.
    pub(crate) async fn none(&self) {
        loop {
            let none = self.none.notified();
            if self.get() == 0 {
                return;
            }
            none.await;
        }
    }
}

/// One of the things that are counted.
#[derive(Debug)]
pub(crate) struct Counted(Arc<Counter>);

impl Drop for Counted {
    fn drop(&mut self) {
        if self.0.count.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.0.none.notify_waiters();
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[test]
    fn waits_for_the_last_to_go() {
        let counter = Arc::<Counter>::default();
        assert!(counter.none().now_or_never().is_some());
        let (one, other) = (counter.count(), counter.count());
        let mut none = Box::pin(counter.none());
        assert!((&mut none).now_or_never().is_none());
        drop(one);
        assert_eq!(counter.get(), 1);
        assert!((&mut none).now_or_never().is_none());
        drop(other);
        assert!(none.now_or_never().is_some());
    }
}
