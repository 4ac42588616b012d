//! The chat-server actor, one on each worker: which socket is subscribed to what, and the sessions that it watches; and
//! how any thread reaches the hubs of all workers.

use std::{
    cell::{Cell, RefCell},
    rc::{Rc, Weak},
    sync::Arc,
    time::Instant,
};

use actix::{Actor, Addr, AsyncContext as _, Context, Handler, Message, WrapFuture as _};
use ahash::AHashMap;
use parking_lot::RwLock;
use smallvec::SmallVec;

use self::process::{Drain, Draining, ProcessState};
use self::socket::SocketInner;
use crate::{
    Config,
    frame::{Broadcast, Topic},
    session::handle::{SessionHandle, heartbeat::Heartbeat},
};

pub(crate) mod process;
pub(crate) mod socket;

thread_local! {
    /// The hubs of this worker: one, unless one process runs several servers.
    static LOCAL_HUBS: RefCell<Vec<Weak<Hub>>> = const { RefCell::new(Vec::new()) };
}

/// Reaches every live connection of the process, from any thread; a copy reaches the same ones.
#[derive(Debug, Clone)]
pub struct Hubs {
    pub(crate) process: Arc<ProcessState>,
    hubs: Arc<RwLock<Vec<Addr<HubActor>>>>,
}

impl Hubs {
    /// Hubs without connections yet.
    pub fn new(config: Config) -> Self {
        Self { process: Arc::new(ProcessState::new(config)), hubs: Arc::default() }
    }

    /// Sends frames to sockets on all workers.
    ///
    /// Each socket gets what one thread emits in the order in which it was emitted.
    pub fn emit(&self, broadcasts: impl Into<Vec<Broadcast>>) {
        let broadcasts: Arc<[Broadcast]> = broadcasts.into().into();
        let workers = self.process.workers(broadcasts.iter().flat_map(|broadcast| &broadcast.topics));
        let hubs = self.hubs.read();
        for hub in workers.iter().filter_map(|worker| hubs.get(*worker)) {
            hub.do_send(Deliver(Arc::clone(&broadcasts)));
        }
    }

    /// Whether any socket is subscribed to the topic, so that nothing is encoded in vain.
    pub fn has_subscribers(&self, topic: Topic) -> bool {
        self.process.has_workers(topic)
    }

    /// Whether any client has connection state recovery, so that nothing is encoded in vain.
    pub fn has_recovering(&self) -> bool {
        !self.process.recovering.is_empty()
    }

    /// Ends all sessions with a socket that is subscribed to the topic, or is just about to be.
    pub fn close(&self, topic: Topic) {
        self.process.closings.note(topic);
        self.send(topic, &Task::Close(topic));
    }

    /// Unsubscribes all sockets with a subscription to `whose` from these topics, after what this thread emitted before.
    pub fn unsubscribe(&self, whose: Topic, from: impl Into<Arc<[Topic]>>) {
        self.send(whose, &Task::Unsubscribe { whose, from: from.into() });
    }

    fn send(&self, to_subscribers_of: Topic, task: &Task) {
        let hubs = self.hubs.read();
        for worker in self.process.workers([&to_subscribers_of]) {
            hubs.get(worker).into_iter().for_each(|hub| hub.do_send(task.clone()));
        }
    }

    /// Number of open sessions.
    pub fn connections(&self) -> usize {
        self.process.sessions.len()
    }

    /// Refuses new sessions, ends all others, and returns when the last one is gone.
    pub(crate) async fn drain(&self, drain: Drain) {
        let draining = Arc::new(Draining::new(drain));
        self.process.drain(Arc::clone(&draining));
        self.hubs.read().iter().for_each(|hub| hub.do_send(Task::Drain(Arc::clone(&draining))));
        self.process.sessions.close();
        self.process.sessions.wait().await;
    }

    /// The hub of the current worker; the first call on a worker starts it.
    pub(crate) fn local(&self) -> Rc<Hub> {
        LOCAL_HUBS.with_borrow_mut(|local| {
            local.retain(|hub| hub.strong_count() > 0);
            let known =
                local.iter().filter_map(Weak::upgrade).find(|hub| Arc::ptr_eq(&hub.process, &self.process));
            known.unwrap_or_else(|| {
                let mut hubs = self.hubs.write();
                let hub = Rc::new(Hub {
                    process: Arc::clone(&self.process),
                    heartbeat: Heartbeat::default(),
                    worker: hubs.len(),
                    sessions: RefCell::default(),
                    subscribers: RefCell::default(),
                    mark: Cell::new(0),
                });
                hubs.push(HubActor(Rc::clone(&hub)).start());
                local.push(Rc::downgrade(&hub));
                hub
            })
        })
    }
}

type Subscribers = SmallVec<[Rc<SocketInner>; 2]>;

/// The sessions of one worker and the subscriptions of their sockets.
///
/// The sessions change it directly, so that a subscription counts at once; other workers reach it through its actor.
#[derive(Debug)]
pub(crate) struct Hub {
    pub(crate) process: Arc<ProcessState>,
    pub(crate) heartbeat: Heartbeat,
    worker: usize,
    sessions: RefCell<Vec<Rc<SessionHandle>>>,
    subscribers: RefCell<AHashMap<Topic, Subscribers>>,
    mark: Cell<u64>,
}

impl Hub {
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

    fn subscribers_of(&self, topic: Topic) -> Subscribers {
        self.subscribers.borrow().get(&topic).cloned().unwrap_or_default()
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
        let hub = &self.0;
        let table = hub.subscribers.borrow();
        for broadcast in &*broadcasts {
            // A socket with this mark has got the broadcast already, or shall not get it.
            let mark = hub.mark.get() + 1;
            hub.mark.set(mark);
            for socket in broadcast.except.iter().filter_map(|topic| table.get(topic)).flatten() {
                socket.mark(mark);
            }
            for socket in broadcast.topics.iter().filter_map(|topic| table.get(topic)).flatten() {
                if socket.mark(mark) && broadcast.except_socket != Some(socket.id) {
                    socket.deliver(broadcast, &hub.process.config);
                }
            }
        }
    }
}

/// What a hub does with its sockets and sessions, beside delivering.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
enum Task {
    /// Ends every session with a socket that is subscribed to the topic.
    Close(Topic),
    /// Unsubscribes these sockets.
    Unsubscribe { whose: Topic, from: Arc<[Topic]> },
    /// Announces a drain to every session.
    Drain(Arc<Draining>),
}

impl Handler<Task> for HubActor {
    type Result = ();

    fn handle(&mut self, task: Task, _: &mut Self::Context) {
        let hub = &self.0;
        match task {
            Task::Close(topic) => {
                hub.subscribers_of(topic).iter().for_each(|socket| socket.session.close_with_packet());
            }
            Task::Unsubscribe { whose, from } => {
                for socket in hub.subscribers_of(whose) {
                    from.iter().for_each(|topic| hub.unsubscribe(&socket, *topic));
                }
            }
            Task::Drain(draining) => {
                for session in &*hub.sessions.borrow() {
                    draining.announce(session);
                    hub.heartbeat.arm(session);
                }
            }
        }
    }
}
