//! The part of a session that its actor, its transports, its sockets and the hub share; all of them live on one worker.

use std::{
    cell::{Cell, RefCell, RefMut},
    collections::VecDeque,
    rc::Rc,
    task::Context,
    time::Instant,
};

use futures_util::task::AtomicWaker;
use tokio_util::task::task_tracker::TaskTrackerToken;

use self::heartbeat::{Deadlines, Timer};
use crate::{
    Config,
    frame::{Frame, Packet, SocketId},
    send_queue::SendQueue,
    transport::{CloseReason, MaxPayload, PendingPoll, Transport},
};

pub(crate) mod heartbeat;

/// Where a session is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SessionState {
    Open,
    /// The client probes a WebSocket.
    Upgrading,
    /// Nothing more is accepted, but the client may still have to learn of the end.
    Closing(CloseReason),
    /// The client knows of the end, or is gone.
    Closed(CloseReason),
}

/// A session as everything else on its worker sees it.
#[derive(Debug)]
pub(crate) struct SessionHandle {
    pub(crate) number: u64,
    pub(crate) queue: SendQueue,
    pub(crate) max_payload: MaxPayload,
    pub(crate) timer: RefCell<Option<Timer>>,
    state: Cell<SessionState>,
    pub(crate) deadlines: Cell<Deadlines>,
    transport: RefCell<Transport>,
    work: Work,
    /// Counts the session as open; shared with its WebSocket, which may outlive it.
    open: RefCell<Option<Rc<TaskTrackerToken>>>,
}

/// What the session actor has to do.
#[derive(Debug, Default)]
struct Work {
    actor: AtomicWaker,
    commands: RefCell<VecDeque<Command>>,
    /// Number of events that are being handled.
    events: Cell<usize>,
}

/// What only the session actor can do, since only it knows the namespaces.
#[derive(Debug)]
pub(crate) enum Command {
    /// Disconnects a socket from its namespace.
    Disconnect(SocketId),
    /// Sends a frame, if the client has joined the frame's namespace.
    Send(Frame),
}

impl SessionHandle {
    pub(crate) fn new(number: u64, config: &Config, open: TaskTrackerToken) -> Self {
        Self {
            number,
            queue: SendQueue::new(config),
            max_payload: MaxPayload::new(config.max_payload_unjoined.min(config.max_payload)),
            timer: RefCell::default(),
            state: Cell::new(SessionState::Open),
            deadlines: Cell::new(Deadlines::new(Instant::now(), config)),
            transport: RefCell::new(Transport::Polling(None)),
            work: Work::default(),
            open: RefCell::new(Some(Rc::new(open))),
        }
    }
}

/// Its life: one function for each transition of the state.
impl SessionHandle {
    /// Changes the deadlines.
    pub(crate) fn update(&self, change: impl FnOnce(&mut Deadlines)) {
        let mut deadlines = self.deadlines.get();
        change(&mut deadlines);
        self.deadlines.set(deadlines);
    }

    pub(crate) fn state(&self) -> SessionState {
        self.state.get()
    }

    /// Whether the session is closing or closed.
    pub(crate) fn ended(&self) -> bool {
        matches!(self.state(), SessionState::Closing(_) | SessionState::Closed(_))
    }

    /// Why the session has ended, or what would be said if it did now.
    pub(crate) fn close_reason(&self) -> CloseReason {
        match self.state() {
            SessionState::Closing(reason) | SessionState::Closed(reason) => reason,
            SessionState::Open | SessionState::Upgrading => CloseReason::Server,
        }
    }

    /// The client probes a WebSocket: nothing is sent until that is decided.
    pub(crate) fn begin_upgrade(&self) {
        if self.state() == SessionState::Open {
            self.state.set(SessionState::Upgrading);
        }
        self.update(Deadlines::pause);
    }

    /// The upgrade is over, one way or the other.
    pub(crate) fn end_upgrade(&self, config: &Config) {
        if self.state() == SessionState::Upgrading {
            self.state.set(SessionState::Open);
        }
        self.update(|deadlines| deadlines.resume(Instant::now(), config));
    }

    /// Ends the session; what is queued still goes out.
    pub(crate) fn close(&self, reason: CloseReason) {
        if !self.ended() {
            self.state.set(SessionState::Closing(reason));
        }
        self.queue.finish();
        self.wake();
    }

    /// Notes that the client knows of the end.
    pub(crate) fn closed(&self) {
        self.state.set(SessionState::Closed(self.close_reason()));
    }

    /// Notes that the transport is lost, and the session with it; nothing more goes out.
    pub(crate) fn lose(&self) {
        if !self.ended() {
            self.state.set(SessionState::Closed(CloseReason::Lost));
        }
        self.queue.abort();
        self.wake();
    }

    /// Ends session and transport at once.
    pub(crate) fn abort(&self) {
        self.lose();
        if let Transport::WebSocket(socket) = &*self.transport.borrow() {
            socket.abort();
        }
    }

    /// Ends the session with a close packet, if it has a WebSocket; by polling one is sent in any case.
    pub(crate) fn close_with_packet(&self) {
        if self.has_websocket() && !self.ended() {
            self.send(Packet::close());
        }
        self.close(CloseReason::Server);
    }

    /// Ends the session because the client broke the protocol.
    pub(crate) fn violate(&self) {
        if self.has_websocket() { self.close(CloseReason::Protocol) } else { self.abort() }
    }

    pub(crate) fn abort_for(&self, why: &str) {
        self.log_end(why);
        self.abort();
    }

    pub(crate) fn log_end(&self, why: &str) {
        tracing::debug!(session = self.number, why, "session ended");
    }
}

/// What it sends.
impl SessionHandle {
    /// Queues a frame or a single packet; aborts a session that lets too much wait.
    pub(crate) fn send(&self, frame: impl Into<Frame>) {
        if !self.queue.push(frame.into()) {
            self.overflow();
        }
    }

    /// Aborts a session that lets too much wait.
    pub(crate) fn overflow(&self) {
        self.abort_for("too much waits to be read");
    }

    /// What carries the session.
    pub(crate) fn transport(&self) -> RefMut<'_, Transport> {
        self.transport.borrow_mut()
    }

    pub(crate) fn has_websocket(&self) -> bool {
        matches!(&*self.transport.borrow(), Transport::WebSocket(_))
    }

    /// Takes the GET that waits.
    pub(crate) fn take_pending_poll(&self) -> Option<PendingPoll> {
        let pending = match &mut *self.transport() {
            Transport::Polling(pending) => pending.take(),
            Transport::WebSocket(_) => None,
        };
        // The task that serves it ends.
        self.queue.wake();
        pending
    }

    /// What counts the session as open, for a WebSocket to hold as long as it lives.
    pub(crate) fn share_open(&self) -> Option<Rc<TaskTrackerToken>> {
        self.open.borrow().clone()
    }

    /// Drops the transport, and no longer counts the session as open.
    pub(crate) fn release(&self) {
        *self.transport() = Transport::Polling(None);
        self.open.take();
    }
}

/// What its actor has to do.
impl SessionHandle {
    /// Registers the session actor, to be woken when it has something to do.
    pub(crate) fn listen(&self, cx: &Context<'_>) {
        self.work.actor.register(cx.waker());
    }

    /// Wakes the session actor.
    pub(crate) fn wake(&self) {
        self.work.actor.wake();
    }

    /// Has the session actor do something soon.
    pub(crate) fn command(&self, command: Command) {
        self.work.commands.borrow_mut().push_back(command);
        self.wake();
    }

    pub(crate) fn next_command(&self) -> Option<Command> {
        self.work.commands.borrow_mut().pop_front()
    }

    /// Counts an event as being handled until the guard is dropped.
    pub(crate) fn begin_event(self: &Rc<Self>) -> EventGuard {
        self.work.events.set(self.work.events.get() + 1);
        EventGuard(Rc::clone(self))
    }

    /// Whether as many events are being handled as may be at a time.
    pub(crate) fn is_full(&self, max_pending: usize) -> bool {
        self.work.events.get() >= max_pending
    }

    pub(crate) fn is_busy(&self) -> bool {
        self.work.events.get() > 0 || !self.work.commands.borrow().is_empty()
    }
}

/// One event that is being handled.
#[derive(Debug)]
pub(crate) struct EventGuard(Rc<SessionHandle>);

impl Drop for EventGuard {
    fn drop(&mut self) {
        let events = &self.0.work.events;
        events.set(events.get() - 1);
        self.0.wake();
    }
}
