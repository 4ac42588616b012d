//! The sessions of one worker and what their members listen to.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    sync::Arc,
    time::Instant,
};

use actix_http::ws::CloseCode;
use ahash::AHashMap;
use smallvec::SmallVec;

use crate::{
    cast::{Cast, Part},
    drain::Farewell,
    member::Member,
    seat::Seat,
    shared::Shared,
    timers::Timers,
    topic::Topic,
};

type Members = SmallVec<[Rc<Member>; 2]>;

/// The state of a hub; the sessions of its worker change it directly, so that what they join counts at once.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) shared: Arc<Shared>,
    pub(crate) timers: Timers,
    worker: usize,
    seats: RefCell<Vec<Rc<Seat>>>,
    members: RefCell<AHashMap<Topic, Members>>,
    mark: Cell<u64>,
}

impl Table {
    pub(crate) fn new(worker: usize, shared: Arc<Shared>) -> Self {
        Self {
            shared,
            timers: Timers::default(),
            worker,
            seats: RefCell::default(),
            members: RefCell::default(),
            mark: Cell::new(0),
        }
    }

    /// Opens a session; from now on it is watched.
    pub(crate) fn seat(&self) -> Rc<Seat> {
        let open = self.shared.sessions.count();
        let seat = Rc::new(Seat::new(self.shared.next_number(), &self.shared.config, open));
        self.seats.borrow_mut().push(Rc::clone(&seat));
        if let Some(farewell) = self.shared.farewell() {
            farewell.say(&seat);
        }
        self.timers.arm(&seat);
        seat
    }

    pub(crate) fn join(&self, member: &Rc<Member>, topic: Topic) {
        let mut topics = member.topics.borrow_mut();
        if !member.present() || topics.contains(&topic) {
            return;
        }
        topics.push(topic);
        let mut members = self.members.borrow_mut();
        let members = members.entry(topic).or_default();
        members.push(Rc::clone(member));
        if members.len() == 1 {
            self.shared.directory.add(topic, self.worker);
        }
    }

    pub(crate) fn leave(&self, member: &Rc<Member>, topic: Topic) {
        let mut topics = member.topics.borrow_mut();
        if let Some(index) = topics.iter().position(|other| *other == topic) {
            topics.swap_remove(index);
            self.remove(member, topic);
        }
    }

    pub(crate) fn leave_all(&self, member: &Rc<Member>) {
        for topic in member.topics.take() {
            self.remove(member, topic);
        }
    }

    fn remove(&self, member: &Rc<Member>, topic: Topic) {
        let mut table = self.members.borrow_mut();
        let Some(members) = table.get_mut(&topic) else { return };
        if let Some(index) = members.iter().position(|other| Rc::ptr_eq(other, member)) {
            members.swap_remove(index);
        }
        if members.is_empty() {
            table.remove(&topic);
            self.shared.directory.remove(topic, self.worker);
        }
    }

    pub(crate) fn deliver(&self, cast: &Cast) {
        for part in &cast.parts {
            self.deliver_part(part);
        }
    }

    fn deliver_part(&self, part: &Part) {
        // Whoever carries the mark has heard this part already, or shall not hear it.
        let mark = self.mark.get() + 1;
        self.mark.set(mark);
        let table = self.members.borrow();
        for member in part.except.iter().filter_map(|topic| table.get(topic)).flatten() {
            member.mark(mark);
        }
        for member in part.to.iter().filter_map(|topic| table.get(topic)).flatten() {
            if member.mark(mark) && part.except_socket != Some(member.id) {
                member.hear(part, &self.shared.config);
            }
        }
    }

    /// Ends every session that has a member that listens to the topic.
    pub(crate) fn close(&self, topic: Topic) {
        for member in self.members.borrow().get(&topic).into_iter().flatten() {
            member.seat.dismiss(CloseCode::Normal);
        }
    }

    /// Tells every session when to go, and lets it go then.
    pub(crate) fn drain(&self, farewell: &Farewell) {
        for seat in &*self.seats.borrow() {
            farewell.say(seat);
            self.timers.arm(seat);
        }
    }

    /// Does for one session what is due.
    pub(crate) fn check(&self, seat: &Rc<Seat>, now: Instant) {
        seat.check(now, &self.shared.config);
        self.timers.arm(seat);
    }

    /// Does for all sessions what is due.
    pub(crate) fn check_due(&self) {
        let now = Instant::now();
        while let Some(seat) = self.timers.pop(now) {
            self.check(&seat, now);
        }
    }

    /// Ends sessions whose clients do not read.
    pub(crate) fn sweep(&self, now: Instant) {
        self.seats.borrow_mut().retain(|seat| seat.sweep(now, &self.shared.config));
    }
}

impl Drop for Table {
    fn drop(&mut self) {
        for topic in self.members.get_mut().keys() {
            self.shared.directory.remove(*topic, self.worker);
        }
    }
}
