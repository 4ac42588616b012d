//! Threads for slow work with a short queue, so that signing in never delays messages.

use std::num::NonZero;
use std::panic::{self, AssertUnwindSafe};
use std::sync::mpsc::{self, Receiver, SyncSender, TrySendError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use tokio::sync::{Semaphore, oneshot};

use crate::error::Error;

type Job = Box<dyn FnOnce() + Send>;

/// How much of the queue a job may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Share {
    /// All but what is kept for [`Share::Whole`].
    Common,
    /// All of it.
    Whole,
}

/// The threads end when the pool is dropped and the queue is empty.
pub(crate) struct Pool {
    jobs: SyncSender<Job>,
    common: Arc<Semaphore>,
}

impl Pool {
    /// Starts `threads` threads, before which `queue` jobs may wait; a quarter is kept for [`Share::Whole`].
    pub(crate) fn start(threads: NonZero<usize>, queue: usize) -> Result<Self, Error> {
        let (jobs, waiting) = mpsc::sync_channel(queue);
        let waiting = Arc::new(Mutex::new(waiting));
        for _ in 0..threads.get() {
            let waiting = Arc::clone(&waiting);
            thread::Builder::new()
                .name("password".to_owned())
                .spawn(move || work(&waiting))
                .map_err(|_refused| Error::System("no thread for passwords"))?;
        }
        Ok(Self { jobs, common: Arc::new(Semaphore::new(queue - queue / 4)) })
    }

    /// Runs `job` after those queued before it; [`Error::Busy`] at once if its share of the queue is full.
    pub(crate) async fn run<T, F>(&self, share: Share, job: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        let waiting = match share {
            Share::Common => Some(Arc::clone(&self.common).try_acquire_owned().map_err(|_full| Error::Busy)?),
            Share::Whole => None,
        };
        let (answer, answered) = oneshot::channel();
        let job = Box::new(move || {
            drop(waiting);
            // A caller that no longer waits costs nothing.
            if !answer.is_closed() {
                drop(answer.send(job()));
            }
        });
        match self.jobs.try_send(job) {
            Ok(()) => answered.await.map_err(|_panicked| Error::System("a password thread failed")),
            Err(TrySendError::Full(_)) => Err(Error::Busy),
            Err(TrySendError::Disconnected(_)) => Err(Error::System("the password threads are gone")),
        }
    }
}

fn work(waiting: &Mutex<Receiver<Job>>) {
    loop {
        // The lock is released before the job runs; it only keeps two threads from using the receiver at once.
        let job = waiting.lock().unwrap_or_else(PoisonError::into_inner).recv();
        match job {
            // A panic fails the caller of its job, not the thread.
            Ok(job) => drop(panic::catch_unwind(AssertUnwindSafe(job))),
            Err(_pool_dropped) => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn one_thread(queue: usize) -> Pool {
        Pool::start(NonZero::<usize>::MIN, queue).unwrap()
    }

    /// Occupies the pool's only thread until the returned sender is dropped.
    fn occupy(pool: &Pool) -> mpsc::Sender<()> {
        let (release, held) = mpsc::channel::<()>();
        let (started, running) = mpsc::channel();
        let job: Job = Box::new(move || {
            started.send(()).unwrap();
            held.recv().unwrap_err();
        });
        pool.jobs.send(job).unwrap();
        running.recv().unwrap();
        release
    }

    #[tokio::test]
    async fn a_full_queue_answers_busy_at_once_and_recovers() {
        let pool = one_thread(2);
        let release = occupy(&pool);
        let ran = Arc::new(AtomicUsize::new(0));
        let count = |ran: &Arc<AtomicUsize>| {
            let ran = Arc::clone(ran);
            move || ran.fetch_add(1, Ordering::SeqCst)
        };
        let (first, second) = (pool.run(Share::Whole, count(&ran)), pool.run(Share::Whole, count(&ran)));
        tokio::pin!(first, second);
        assert!(pending(first.as_mut()).await);
        assert!(pending(second.as_mut()).await);
        assert!(matches!(pool.run(Share::Whole, count(&ran)).await, Err(Error::Busy)));
        drop(release);
        assert_eq!((first.await.unwrap(), second.await.unwrap()), (0, 1));
        assert_eq!(pool.run(Share::Whole, count(&ran)).await.unwrap(), 2);
    }

    #[tokio::test]
    async fn a_quarter_of_the_queue_is_kept() {
        let pool = one_thread(4);
        let release = occupy(&pool);
        let waiting = [(); 3].map(|()| Box::pin(pool.run(Share::Common, || ())));
        let mut waiting = Vec::from(waiting);
        for job in &mut waiting {
            assert!(pending(job.as_mut()).await);
        }
        assert!(matches!(pool.run(Share::Common, || ()).await, Err(Error::Busy)));
        let kept = pool.run(Share::Whole, || ());
        tokio::pin!(kept);
        assert!(pending(kept.as_mut()).await);
        assert!(matches!(pool.run(Share::Whole, || ()).await, Err(Error::Busy)));
        drop(release);
        kept.await.unwrap();
        for job in waiting {
            job.await.unwrap();
        }
        pool.run(Share::Common, || ()).await.unwrap();
    }

    #[tokio::test]
    async fn a_job_whose_caller_is_gone_is_not_run() {
        let pool = one_thread(2);
        let release = occupy(&pool);
        let ran = Arc::new(AtomicUsize::new(0));
        {
            let ran = Arc::clone(&ran);
            let given_up = pool.run(Share::Whole, move || ran.fetch_add(1, Ordering::SeqCst));
            tokio::pin!(given_up);
            assert!(pending(given_up.as_mut()).await);
        }
        drop(release);
        pool.run(Share::Whole, || ()).await.unwrap();
        assert_eq!(ran.load(Ordering::SeqCst), 0);
    }

    #[tokio::test]
    async fn a_job_that_panics_fails_alone() {
        let pool = one_thread(2);
        let failed = pool.run(Share::Whole, || panic!("the test says so")).await;
        assert!(matches!(failed, Err::<(), _>(Error::System(_))));
        assert_eq!(pool.run(Share::Whole, || 7).await.unwrap(), 7);
    }

    /// Polls once and returns whether it is pending.
    async fn pending<T>(mut future: std::pin::Pin<&mut impl Future<Output = T>>) -> bool {
        std::future::poll_fn(|cx| std::task::Poll::Ready(future.as_mut().poll(cx).is_pending())).await
    }
}
