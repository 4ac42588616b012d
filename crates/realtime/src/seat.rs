//! One session as its hub sees it: where its packets go, and when it has been silent too long.

use std::{
    cell::{Cell, RefCell, RefMut},
    collections::VecDeque,
    rc::Rc,
    task::Context,
    time::Instant,
};

use actix_http::ws::CloseCode;
use futures_util::task::AtomicWaker;

use crate::{
    clock::Clock,
    config::Config,
    counter::Counted,
    frame::{Frame, Packet},
    send_queue::SendQueue,
    topic::SocketId,
    transport::{PendingPoll, Transport},
};

mod due;

/// The part of a session that hub, session actor and transports share; all of them live on one worker.
#[derive(Debug)]
pub(crate) struct Seat {
    pub(crate) queue: SendQueue,
    pub(crate) number: u64,
    clock: Cell<Clock>,
    /// When the hub will look at this session, as far as its timers know.
    armed: Cell<Option<Instant>>,
    upgrading: Cell<bool>,
    leave_by: Cell<Option<Instant>>,
    stuck_since: Cell<Option<Instant>>,
    ended_at: Cell<Option<Instant>>,
    code: Cell<CloseCode>,
    last_word: Cell<LastWord>,
    transport: RefCell<Transport>,
    pending: Cell<usize>,
    errands: RefCell<VecDeque<Errand>>,
    session: AtomicWaker,
    /// Counts the session as open; shared with a WebSocket that has still to say goodbye.
    open: RefCell<Option<Rc<Counted>>>,
}

/// What a session that is over has still to tell whoever polls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LastWord {
    /// That it is over.
    Close,
    /// Nothing; the client said so itself.
    Noop,
    /// That this server is about to stop, and another may be there.
    Away,
    /// Nothing any more.
    Said,
}

/// What only the session actor can do, since only it knows who has joined.
#[derive(Debug)]
pub(crate) enum Errand {
    /// Lets a member leave its namespace while the session goes on.
    Evict(SocketId),
    /// Sends a frame to the client, if it has joined the frame's namespace.
    Tell(Frame),
}

impl Seat {
    pub(crate) fn new(number: u64, config: &Config, open: Counted) -> Self {
        Self {
            queue: SendQueue::new(config),
            number,
            clock: Cell::new(Clock::new(Instant::now(), config)),
            armed: Cell::new(None),
            upgrading: Cell::new(false),
            leave_by: Cell::new(None),
            stuck_since: Cell::new(None),
            ended_at: Cell::new(None),
            code: Cell::new(CloseCode::Normal),
            last_word: Cell::new(LastWord::Close),
            transport: RefCell::new(Transport::Polling(None)),
            pending: Cell::new(0),
            errands: RefCell::default(),
            session: AtomicWaker::new(),
            open: RefCell::new(Some(Rc::new(open))),
        }
    }

    fn set(&self, change: impl FnOnce(&mut Clock)) {
        let mut clock = self.clock.get();
        change(&mut clock);
        self.clock.set(clock);
    }

    /// Queues a frame; a session that cannot take it is cut off.
    pub(crate) fn send(&self, frame: Frame) {
        let fits = self.queue.push(frame);
        self.cut_unless(fits);
    }

    /// Queues a frame that may be lost.
    pub(crate) fn offer(&self, frame: Frame) {
        if !self.queue.busy() {
            self.send(frame);
        }
    }

    /// Queues a single packet; a session that cannot take it is cut off.
    pub(crate) fn send_packet(&self, packet: Packet) {
        let fits = self.queue.push_packet(packet);
        self.cut_unless(fits);
    }

    fn cut_unless(&self, fits: bool) {
        if !fits {
            self.note("too much waits to be read");
            self.cut();
        }
    }

    /// Ends the session after what waits has gone out.
    pub(crate) fn end(&self, code: CloseCode) {
        if !self.ended() {
            self.code.set(code);
            self.ended_at.set(Some(Instant::now()));
        }
        self.queue.finish();
        self.wake_session();
    }

    /// Tells the client that the session is over, and ends it.
    pub(crate) fn dismiss(&self, code: CloseCode) {
        if self.has_wire() && !self.ended() {
            self.send_packet(Packet::close());
        }
        self.end(code);
    }

    /// Says what whoever polls learns of the end.
    pub(crate) fn part_by(&self, word: LastWord) {
        self.last_word.set(word);
    }

    pub(crate) fn last_word(&self) -> LastWord {
        self.last_word.get()
    }

    /// Whether an ended session has nothing left to say.
    pub(crate) fn silent(&self) -> bool {
        self.last_word.get() == LastWord::Said || self.code.get() == CloseCode::Abnormal
    }

    /// Ends the session and what carries it now, whatever still waits.
    pub(crate) fn cut(&self) {
        self.lose();
        if let Transport::WebSocket(socket) = &*self.transport.borrow() {
            socket.abort();
        }
    }

    /// Notes that the transport is gone, and the session with it.
    pub(crate) fn lose(&self) {
        self.queue.abort();
        self.end(CloseCode::Abnormal);
    }

    pub(crate) fn ended(&self) -> bool {
        self.ended_at.get().is_some()
    }

    pub(crate) fn close_code(&self) -> CloseCode {
        self.code.get()
    }

    /// What carries the session.
    pub(crate) fn transport(&self) -> RefMut<'_, Transport> {
        self.transport.borrow_mut()
    }

    /// Takes the GET that waits.
    pub(crate) fn take_parked(&self) -> Option<PendingPoll> {
        let parked = match &mut *self.transport() {
            Transport::Polling(parked) => parked.take(),
            Transport::WebSocket(_) => None,
        };
        // Whoever served it learns that it is gone.
        self.queue.wake();
        parked
    }

    /// Whether the session has a WebSocket.
    pub(crate) fn has_wire(&self) -> bool {
        matches!(&*self.transport.borrow(), Transport::WebSocket(_))
    }

    /// What counts the session as open, for a WebSocket to hold as long as it lives.
    pub(crate) fn share_open(&self) -> Option<Rc<Counted>> {
        self.open.borrow().clone()
    }

    /// Lets go of the transport; the session counts as open no more, once its WebSocket has gone as well.
    pub(crate) fn release(&self) {
        *self.transport() = Transport::Polling(None);
        self.open.take();
    }

    /// Registers the session actor, to be woken when it has something to do.
    pub(crate) fn listen(&self, cx: &Context<'_>) {
        self.session.register(cx.waker());
    }

    pub(crate) fn wake_session(&self) {
        self.session.wake();
    }

    /// Asks the session actor to do something soon.
    pub(crate) fn ask(&self, errand: Errand) {
        self.errands.borrow_mut().push_back(errand);
        self.wake_session();
    }

    pub(crate) fn next_errand(&self) -> Option<Errand> {
        self.errands.borrow_mut().pop_front()
    }

    /// Counts one event as being handled until the slot is dropped.
    pub(crate) fn occupy(self: &Rc<Self>) -> Slot {
        self.pending.set(self.pending.get() + 1);
        Slot(Rc::clone(self))
    }

    /// Whether so many events are being handled that no more should be read.
    pub(crate) fn crowded(&self, max_pending: usize) -> bool {
        self.pending.get() >= max_pending
    }

    /// Whether events are being handled.
    pub(crate) fn occupied(&self) -> bool {
        self.pending.get() > 0
    }

    /// Whether events are being handled, or something has still to be done before the end.
    fn busy(&self) -> bool {
        self.occupied() || !self.errands.borrow().is_empty()
    }

    fn note(&self, why: &str) {
        tracing::debug!(session = self.number, why, "session ended");
    }
}

/// One event that is being handled.
#[derive(Debug)]
pub(crate) struct Slot(Rc<Seat>);

impl Drop for Slot {
    fn drop(&mut self) {
        self.0.pending.set(self.0.pending.get() - 1);
        self.0.wake_session();
    }
}
