//! The sessions of one worker and what they listen to.

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
    seat::Seat,
    shared::Shared,
    topic::Topic,
};

type Members = SmallVec<[Rc<Seat>; 2]>;

/// The state of a hub; the sessions of its worker change it directly, so that what they join counts at once.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) shared: Arc<Shared>,
    worker: usize,
    seats: RefCell<Vec<Rc<Seat>>>,
    members: RefCell<AHashMap<Topic, Members>>,
    mark: Cell<u64>,
}

impl Table {
    pub(crate) fn new(worker: usize, shared: Arc<Shared>) -> Self {
        Self { shared, worker, seats: RefCell::default(), members: RefCell::default(), mark: Cell::new(0) }
    }

    /// Takes a new session in; from now on it is watched.
    pub(crate) fn seat(&self, seat: &Rc<Seat>) {
        self.shared.opened();
        self.seats.borrow_mut().push(Rc::clone(seat));
        if self.shared.draining() {
            seat.dismiss(CloseCode::Away);
        }
    }

    /// Notes that the connection of a session has ended.
    pub(crate) fn unseat(&self, seat: &Seat) {
        seat.lose_body();
        self.shared.closed();
    }

    pub(crate) fn join(&self, seat: &Rc<Seat>, topic: Topic) {
        let mut topics = seat.topics.borrow_mut();
        if seat.ended() || topics.contains(&topic) {
            return;
        }
        topics.push(topic);
        let mut members = self.members.borrow_mut();
        let members = members.entry(topic).or_default();
        members.push(Rc::clone(seat));
        if members.len() == 1 {
            self.shared.directory.add(topic, self.worker);
        }
    }

    pub(crate) fn leave(&self, seat: &Rc<Seat>, topic: Topic) {
        let mut topics = seat.topics.borrow_mut();
        if let Some(index) = topics.iter().position(|other| *other == topic) {
            topics.swap_remove(index);
            self.remove(seat, topic);
        }
    }

    pub(crate) fn leave_all(&self, seat: &Rc<Seat>) {
        for topic in seat.topics.take() {
            self.remove(seat, topic);
        }
    }

    fn remove(&self, seat: &Rc<Seat>, topic: Topic) {
        let mut table = self.members.borrow_mut();
        let Some(members) = table.get_mut(&topic) else { return };
        if let Some(index) = members.iter().position(|other| Rc::ptr_eq(other, seat)) {
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
        for seat in part.except.iter().filter_map(|topic| table.get(topic)).flatten() {
            seat.mark(mark);
        }
        for seat in part.to.iter().filter_map(|topic| table.get(topic)).flatten() {
            if seat.mark(mark) && part.except_socket != Some(seat.id) {
                let frame = part.frame.clone();
                if part.volatile { seat.offer(frame) } else { seat.send(frame) }
            }
        }
    }

    /// Ends every session that listens to the topic.
    pub(crate) fn close(&self, topic: Topic) {
        for seat in self.members.borrow().get(&topic).into_iter().flatten() {
            seat.dismiss(CloseCode::Normal);
        }
    }

    /// Ends every session.
    pub(crate) fn close_all(&self) {
        for seat in &*self.seats.borrow() {
            seat.dismiss(CloseCode::Away);
        }
    }

    /// Does what is due: heartbeats, and the end of those who do not answer, read or join.
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
