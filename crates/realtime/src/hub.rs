//! The chat-server actor, one on each worker: which socket is subscribed to what, and the sessions that it watches.

use std::{
    cell::{Cell, RefCell},
    ops::Range,
    rc::{Rc, Weak},
    sync::Arc,
    time::{Duration, Instant},
};

use actix::{Actor, AsyncContext as _, Context, Handler, Message, WrapFuture as _};
use ahash::{AHashMap, RandomState};
use smallvec::SmallVec;

use self::{hubs::ProcessState, socket::SocketInner};
use crate::{
    Drain,
    broadcast::{Broadcast, SocketId, Topic},
    heartbeat::Heartbeat,
    session::{
        deadlines::Leave,
        handle::{Command, SessionHandle},
    },
};

mod hubs;
pub(crate) mod socket;

pub use hubs::Hubs;

thread_local! {
    /// The hubs of this worker: one, unless one process runs several servers.
    static LOCAL_HUBS: RefCell<Vec<Weak<Hub>>> = const { RefCell::new(Vec::new()) };
}

/// The sessions of one worker and the subscriptions of their sockets.
///
/// The sessions change it directly, so that a subscription counts at once; other workers reach it through its actor.
#[derive(Debug)]
pub(crate) struct Hub {
    pub(crate) process: Arc<ProcessState>,
    pub(crate) heartbeat: Heartbeat,
    worker: usize,
    sessions: RefCell<Vec<Rc<SessionHandle>>>,
    subscribers: RefCell<AHashMap<Topic, SmallVec<[Rc<SocketInner>; 2]>>>,
    mark: Cell<u64>,
}

impl Hub {
    fn new(worker: usize, process: Arc<ProcessState>) -> Self {
        Self {
            process,
            heartbeat: Heartbeat::default(),
            worker,
            sessions: RefCell::default(),
            subscribers: RefCell::default(),
            mark: Cell::new(0),
        }
    }

    /// Opens a session, and watches it from now on.
    pub(crate) fn open(&self) -> Rc<SessionHandle> {
        let open = self.process.sessions.token();
        let session = Rc::new(SessionHandle::new(self.process.next_number(), &self.process.config, open));
        self.sessions.borrow_mut().push(Rc::clone(&session));
        if let Some(draining) = self.process.draining() {
            draining.announce(&session);
        }
        self.heartbeat.arm(&session);
        session
    }

    /// Opens a socket, subscribed to nothing; `recovers` with connection state recovery.
    pub(crate) fn open_socket(
        &self,
        session: &Rc<SessionHandle>,
        namespace: &str,
        recovers: bool,
    ) -> Rc<SocketInner> {
        let id = SocketId(self.process.next_number());
        let recovering = recovers.then(|| self.process.recovering.token());
        Rc::new(SocketInner::new(id, Rc::clone(session), namespace, recovering))
    }

    pub(crate) fn subscribe(&self, socket: &Rc<SocketInner>, topic: Topic) {
        if !socket.is_connected() {
            return;
        }
        let mut topics = socket.topics.borrow_mut();
        let Some(topics) = topics.as_mut().filter(|topics| !topics.contains(&topic)) else { return };
        topics.push(topic);
        let mut subscribers = self.subscribers.borrow_mut();
        let subscribers = subscribers.entry(topic).or_default();
        subscribers.push(Rc::clone(socket));
        if subscribers.len() == 1 {
            self.process.add_worker(topic, self.worker);
        }
    }

    pub(crate) fn unsubscribe(&self, socket: &Rc<SocketInner>, topic: Topic) {
        let mut topics = socket.topics.borrow_mut();
        let Some(topics) = topics.as_mut() else { return };
        if let Some(index) = topics.iter().position(|other| *other == topic) {
            topics.swap_remove(index);
            self.remove(socket, topic);
        }
    }

    /// Takes a socket out of all topics, for good.
    pub(crate) fn disconnect(&self, socket: &Rc<SocketInner>) {
        for topic in socket.topics.take().into_iter().flatten() {
            self.remove(socket, topic);
        }
        socket.acks.clear();
    }

    fn remove(&self, socket: &Rc<SocketInner>, topic: Topic) {
        let mut table = self.subscribers.borrow_mut();
        let Some(subscribers) = table.get_mut(&topic) else { return };
        if let Some(index) = subscribers.iter().position(|other| Rc::ptr_eq(other, socket)) {
            subscribers.swap_remove(index);
        }
        if subscribers.is_empty() {
            table.remove(&topic);
            self.process.remove_worker(topic, self.worker);
        }
    }

    fn deliver(&self, broadcast: &Broadcast) {
        // A socket with this mark has got the broadcast already, or shall not get it.
        let mark = self.mark.get() + 1;
        self.mark.set(mark);
        let table = self.subscribers.borrow();
        for socket in broadcast.except.iter().filter_map(|topic| table.get(topic)).flatten() {
            socket.mark(mark);
        }
        for socket in broadcast.topics.iter().filter_map(|topic| table.get(topic)).flatten() {
            if socket.mark(mark) && broadcast.except_socket != Some(socket.id) {
                socket.deliver(broadcast, &self.process.config);
            }
        }
    }

    /// Acts on a deadline of the session that has passed.
    pub(crate) fn check(&self, session: &Rc<SessionHandle>, now: Instant) {
        session.check(now, &self.process.config);
        self.heartbeat.arm(session);
    }

    /// Ends sessions whose clients do not read, and forgets those that have ended.
    fn check_progress(&self, now: Instant) {
        self.sessions.borrow_mut().retain(|session| session.check_progress(now, &self.process.config));
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        for topic in self.subscribers.get_mut().keys() {
            self.process.remove_worker(*topic, self.worker);
        }
    }
}

/// A drain that has begun.
#[derive(Debug)]
pub(crate) struct Draining {
    drain: Drain,
    since: Instant,
    random: RandomState,
}

impl Draining {
    pub(crate) fn new(drain: Drain) -> Self {
        Self { drain, since: Instant::now(), random: RandomState::new() }
    }

    /// Sends a session its event, and sets when it ends.
    pub(crate) fn announce(&self, session: &SessionHandle) {
        if let Some(notice) = &self.drain.notice {
            let Range { start, end } = self.drain.pause;
            let pause = start + self.part_of(end.saturating_sub(start), ("pause", session.number));
            session.command(Command::Send(notice(pause)));
        }
        let at = self.since + self.part_of(self.drain.over, ("over", session.number));
        session.leave(Leave { at, by: self.since + self.drain.over + self.drain.patience });
    }

    /// A random part of the span, by `key`.
    fn part_of(&self, span: Duration, key: (&str, u64)) -> Duration {
        let share = self.random.hash_one(key) % 1000;
        span.mul_f64(f64::from(u32::try_from(share).unwrap_or_default()) / 1000.0)
    }
}

/// The actor of a hub.
#[derive(Debug)]
struct HubActor(Rc<Hub>);

impl Actor for HubActor {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        let tick = self.0.process.config.tick();
        ctx.run_interval(tick, |hub, _| hub.0.check_progress(Instant::now()));
        let hub = Rc::clone(&self.0);
        let heartbeat = async move {
            loop {
                let session = hub.heartbeat.next_expired().await;
                hub.check(&session, Instant::now());
            }
        };
        ctx.spawn(heartbeat.into_actor(self));
    }
}

#[derive(Debug, Message)]
#[rtype(result = "()")]
struct Deliver(Arc<[Broadcast]>);

impl Handler<Deliver> for HubActor {
    type Result = ();

    fn handle(&mut self, Deliver(broadcasts): Deliver, _: &mut Self::Context) {
        broadcasts.iter().for_each(|broadcast| self.0.deliver(broadcast));
    }
}

/// Ends every session with a socket that is subscribed to a topic.
#[derive(Debug, Message)]
#[rtype(result = "()")]
struct Close(Topic);

impl Handler<Close> for HubActor {
    type Result = ();

    fn handle(&mut self, Close(topic): Close, _: &mut Self::Context) {
        for socket in self.0.subscribers.borrow().get(&topic).into_iter().flatten() {
            socket.session.close_with_packet();
        }
    }
}

/// Announces a drain to every session.
#[derive(Debug, Message)]
#[rtype(result = "()")]
struct BeginDrain(Arc<Draining>);

impl Handler<BeginDrain> for HubActor {
    type Result = ();

    fn handle(&mut self, BeginDrain(draining): BeginDrain, _: &mut Self::Context) {
        for session in &*self.0.sessions.borrow() {
            draining.announce(session);
            self.0.heartbeat.arm(session);
        }
    }
}
