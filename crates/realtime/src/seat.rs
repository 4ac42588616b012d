//! One session as its hub sees it: where its frames go, what it listens to, and when it has been silent too long.

use std::{
    cell::{Cell, RefCell},
    rc::{Rc, Weak},
    task::{Context, Waker},
    time::{Duration, Instant},
};

use actix_http::ws::CloseCode;
use smallvec::SmallVec;

use crate::{
    config::Config,
    frame::Frame,
    line::Line,
    outbox::Outbox,
    topic::{SocketId, Topic},
};

/// The part of a session that hub, session actor and response body share; all three live on one worker.
#[derive(Debug)]
pub(crate) struct Seat {
    pub(crate) id: SocketId,
    pub(crate) outbox: Outbox,
    /// What the session listens to; kept by the table.
    pub(crate) topics: RefCell<SmallVec<[Topic; 2]>>,
    line: Weak<Line>,
    mark: Cell<u64>,
    clock: Cell<Clock>,
    tenancy: Cell<u64>,
    code: Cell<CloseCode>,
    ending: Cell<Ending>,
    pending: Cell<usize>,
    inbound: RefCell<Option<Waker>>,
}

#[derive(Debug, Clone, Copy)]
struct Clock {
    join_by: Option<Instant>,
    beat: Beat,
    stuck_since: Option<Instant>,
    ended_at: Option<Instant>,
}

#[derive(Debug, Clone, Copy)]
enum Beat {
    PingAt(Instant),
    PongBy(Instant),
}

/// How far the connection under an ended session has ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Ending {
    /// The client has not said goodbye yet.
    #[default]
    Awaited,
    /// The client knows, or will not be waited for any longer.
    Parted,
    /// Nothing more shall be sent.
    Severed,
    /// Nothing more can be sent: the response body is gone.
    Bodiless,
}

/// How long a client has to answer the goodbye of the server.
const FAREWELL: Duration = Duration::from_secs(1);

impl Seat {
    pub(crate) fn new(id: SocketId, config: &Config, line: Weak<Line>) -> Self {
        let now = Instant::now();
        let clock = Clock {
            join_by: Some(now + config.connect_timeout),
            beat: Beat::PingAt(config.next_ping(now)),
            stuck_since: None,
            ended_at: None,
        };
        Self {
            id,
            outbox: Outbox::new(config),
            topics: RefCell::default(),
            line,
            mark: Cell::new(0),
            clock: Cell::new(clock),
            tenancy: Cell::new(0),
            code: Cell::new(CloseCode::Normal),
            ending: Cell::default(),
            pending: Cell::new(0),
            inbound: RefCell::default(),
        }
    }

    fn set(&self, change: impl FnOnce(&mut Clock)) {
        let mut clock = self.clock.get();
        change(&mut clock);
        self.clock.set(clock);
    }

    /// Queues a frame; a session that cannot take it is cut off.
    pub(crate) fn send(&self, frame: Frame) {
        if !self.outbox.push(frame) {
            self.note("too much waits to be read");
            self.cut();
        }
    }

    /// Queues a frame that may be lost.
    pub(crate) fn offer(&self, frame: Frame) {
        if !self.outbox.busy() {
            self.send(frame);
        }
    }

    /// Marks the seat; false when it already carried this mark.
    pub(crate) fn mark(&self, mark: u64) -> bool {
        self.mark.replace(mark) != mark
    }

    pub(crate) fn joined(&self) {
        self.set(|clock| clock.join_by = None);
    }

    /// How many clients have left this seat; whoever asked for something before may not get it after.
    pub(crate) fn tenancy(&self) -> u64 {
        self.tenancy.get()
    }

    pub(crate) fn left(&self, config: &Config) {
        self.tenancy.set(self.tenancy.get() + 1);
        self.set(|clock| clock.join_by = Some(Instant::now() + config.connect_timeout));
    }

    pub(crate) fn ponged(&self, config: &Config) {
        self.set(|clock| clock.beat = Beat::PingAt(config.next_ping(Instant::now())));
    }

    /// Ends the session after what waits has gone out.
    pub(crate) fn end(&self, code: CloseCode) {
        if !self.ended() {
            self.code.set(code);
            self.set(|clock| clock.ended_at = Some(Instant::now()));
        }
        self.outbox.finish();
        self.wake_inbound();
    }

    /// Tells the client that the session is over, and ends it.
    pub(crate) fn dismiss(&self, code: CloseCode) {
        self.send(Frame::close());
        self.end(code);
    }

    /// Ends the session and its connection now, whatever still waits.
    pub(crate) fn cut(&self) {
        self.sever(Ending::Severed);
        if let Some(line) = self.line.upgrade() {
            line.cut();
        }
    }

    /// Notes that nothing reads the queue any more.
    pub(crate) fn lose_body(&self) {
        self.sever(Ending::Bodiless);
    }

    fn sever(&self, ending: Ending) {
        self.advance(ending);
        self.outbox.abort();
        self.end(CloseCode::Abnormal);
    }

    /// Notes that the client needs no more time to say goodbye.
    pub(crate) fn part(&self) {
        self.advance(Ending::Parted);
        self.outbox.wake();
    }

    fn advance(&self, ending: Ending) {
        self.ending.set(self.ending.get().max(ending));
    }

    /// Whether the end of the connection may follow the last frame.
    pub(crate) fn parted(&self) -> bool {
        self.ending.get() >= Ending::Parted
    }

    /// Whether not even a last frame may follow.
    pub(crate) fn severed(&self) -> bool {
        self.ending.get() >= Ending::Severed
    }

    /// Ends the sending side of the connection; everything must have been written.
    pub(crate) fn hang_up(&self) {
        if let Some(line) = self.line.upgrade() {
            line.finish();
        }
    }

    pub(crate) fn ended(&self) -> bool {
        self.clock.get().ended_at.is_some()
    }

    pub(crate) fn close_code(&self) -> CloseCode {
        self.code.get()
    }

    /// Registers the reader of the client's messages, to be woken when the session ends or may go on.
    pub(crate) fn listen(&self, cx: &Context<'_>) {
        let mut inbound = self.inbound.borrow_mut();
        if !inbound.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
            *inbound = Some(cx.waker().clone());
        }
    }

    fn wake_inbound(&self) {
        if let Some(waker) = &*self.inbound.borrow() {
            waker.wake_by_ref();
        }
    }

    /// Counts one event as being handled until the slot is dropped.
    pub(crate) fn occupy(self: &Rc<Self>) -> Slot {
        self.pending.set(self.pending.get() + 1);
        Slot(Rc::clone(self))
    }

    /// Whether so many events are being handled that no more should be read.
    pub(crate) fn crowded(&self, config: &Config) -> bool {
        self.pending.get() >= config.max_pending
    }

    /// Does what is due; false once nothing is left to watch.
    pub(crate) fn sweep(&self, now: Instant, config: &Config) -> bool {
        let clock = self.clock.get();
        if let Some(ended_at) = clock.ended_at {
            if now >= ended_at + config.grace() {
                self.cut();
            } else if now >= ended_at + FAREWELL {
                self.part();
            }
            return self.ending.get() != Ending::Bodiless || self.line.strong_count() > 0;
        }
        if clock.join_by.is_some_and(|at| now >= at) {
            self.note("did not join in time");
            self.end(CloseCode::Policy);
        } else if self.stalled(now, config) {
            self.note("does not read");
            self.cut();
        } else if self.silent(now, config) {
            self.note("does not answer pings");
            self.cut();
        }
        true
    }

    fn note(&self, why: &str) {
        tracing::debug!(socket = self.id.0, why, "session ended");
    }

    fn stalled(&self, now: Instant, config: &Config) -> bool {
        let since = self.outbox.stuck().then(|| self.clock.get().stuck_since.unwrap_or(now));
        self.set(|clock| clock.stuck_since = since);
        since.is_some_and(|since| now.duration_since(since) >= config.patience())
    }

    /// Sends the ping that is due; true when the last one was not answered.
    fn silent(&self, now: Instant, config: &Config) -> bool {
        match self.clock.get().beat {
            Beat::PingAt(at) | Beat::PongBy(at) if now < at => return false,
            Beat::PingAt(_) => self.send(Frame::ping()),
            // The pong may be among what we have not read yet.
            Beat::PongBy(_) if self.crowded(config) => {}
            Beat::PongBy(_) => return true,
        }
        self.set(|clock| clock.beat = Beat::PongBy(now + config.ping_timeout));
        false
    }
}

/// One event that is being handled.
#[derive(Debug)]
pub(crate) struct Slot(Rc<Seat>);

impl Drop for Slot {
    fn drop(&mut self) {
        self.0.pending.set(self.0.pending.get() - 1);
        self.0.wake_inbound();
    }
}
