//! The chat-server actor: one on each worker, and a handle over all of them.

use std::{
    cell::RefCell,
    rc::{Rc, Weak},
    sync::Arc,
    time::Instant,
};

use actix::{Actor, Addr, AsyncContext as _, Context, Handler, Message, WrapFuture as _};
use parking_lot::RwLock;

use crate::{
    cast::Cast,
    config::Config,
    directory::Workers,
    drain::{Drain, Farewell},
    shared::Shared,
    table::Table,
    topic::Topic,
};

thread_local! {
    /// The tables of this worker: one, unless one process runs several servers.
    static HERE: RefCell<Vec<Weak<Table>>> = const { RefCell::new(Vec::new()) };
}

/// Routes events to the sessions of one worker, and watches over them with a single timer.
#[derive(Debug)]
struct Hub {
    table: Rc<Table>,
}

impl Actor for Hub {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.run_interval(self.table.shared.config.tick(), |hub, _| hub.table.sweep(Instant::now()));
        let table = Rc::clone(&self.table);
        let watch = async move {
            loop {
                table.timers.due().await;
                table.check_due();
            }
        };
        ctx.spawn(watch.into_actor(self));
    }
}

#[derive(Debug, Message)]
#[rtype(result = "()")]
struct Deliver(Arc<Cast>);

impl Handler<Deliver> for Hub {
    type Result = ();

    fn handle(&mut self, Deliver(cast): Deliver, _: &mut Self::Context) {
        self.table.deliver(&cast);
    }
}

#[derive(Debug, Message)]
#[rtype(result = "()")]
struct Close(Topic);

impl Handler<Close> for Hub {
    type Result = ();

    fn handle(&mut self, Close(topic): Close, _: &mut Self::Context) {
        self.table.close(topic);
    }
}

#[derive(Debug, Message)]
#[rtype(result = "()")]
struct LetGo(Arc<Farewell>);

impl Handler<LetGo> for Hub {
    type Result = ();

    fn handle(&mut self, LetGo(farewell): LetGo, _: &mut Self::Context) {
        self.table.drain(&farewell);
    }
}

/// Reaches every live connection of the process, from any thread; a copy reaches the same ones.
#[derive(Debug, Clone)]
pub struct Hubs {
    pub(crate) shared: Arc<Shared>,
    hubs: Arc<RwLock<Vec<Addr<Hub>>>>,
}

impl Hubs {
    /// Hubs without connections yet.
    pub fn new(config: Config) -> Self {
        Self { shared: Arc::new(Shared::new(config)), hubs: Arc::default() }
    }

    /// Sends frames to sockets on all workers.
    ///
    /// What one thread emits reaches each socket in the order in which it was emitted.
    pub fn emit(&self, cast: impl Into<Cast>) {
        let cast = cast.into();
        let mut workers = Workers::new();
        for topic in cast.parts.iter().flat_map(|part| &part.to) {
            self.shared.directory.collect(*topic, &mut workers);
        }
        let cast = Arc::new(cast);
        self.tell(&workers, || Deliver(Arc::clone(&cast)));
    }

    /// Tells whether any socket listens to the topic, so that nothing is encoded for nobody.
    pub fn has_listeners(&self, topic: Topic) -> bool {
        self.shared.directory.has(topic)
    }

    /// Tells whether any client asked for connection state recovery, so that nothing is encoded for nobody.
    pub fn has_recovering(&self) -> bool {
        self.shared.recovering.get() > 0
    }

    /// Ends all connections that listen to the topic, and those that are just about to.
    pub fn close(&self, topic: Topic) {
        self.shared.closings.note(topic);
        let mut workers = Workers::new();
        self.shared.directory.collect(topic, &mut workers);
        self.tell(&workers, || Close(topic));
    }

    /// How many connections are open.
    pub fn connections(&self) -> usize {
        self.shared.sessions.get()
    }

    /// Refuses new connections, ends all others as told, and returns when the last one is gone.
    pub(crate) async fn drain(&self, drain: Drain) {
        let farewell = Arc::new(Farewell::new(drain));
        self.shared.drain(Arc::clone(&farewell));
        self.hubs.read().iter().for_each(|hub| hub.do_send(LetGo(Arc::clone(&farewell))));
        self.shared.sessions.none().await;
    }

    fn tell<M>(&self, workers: &[usize], message: impl Fn() -> M)
    where
        M: Message<Result = ()> + Send + 'static,
        Hub: Handler<M>,
    {
        let hubs = self.hubs.read();
        for hub in workers.iter().filter_map(|worker| hubs.get(*worker)) {
            hub.do_send(message());
        }
    }

    /// The table of the current worker; the first call on a worker starts its hub.
    pub(crate) fn here(&self) -> Rc<Table> {
        HERE.with_borrow_mut(|tables| {
            tables.retain(|table| table.strong_count() > 0);
            let known = tables
                .iter()
                .filter_map(Weak::upgrade)
                .find(|table| Arc::ptr_eq(&table.shared, &self.shared));
            known.unwrap_or_else(|| {
                let mut hubs = self.hubs.write();
                let table = Rc::new(Table::new(hubs.len(), Arc::clone(&self.shared)));
                hubs.push(Hub { table: Rc::clone(&table) }.start());
                tables.push(Rc::downgrade(&table));
                table
            })
        })
    }
}
