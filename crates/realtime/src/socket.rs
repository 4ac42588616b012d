//! A client that has joined, as the program behind the connections holds it.

use std::{rc::Rc, time::Duration};

use actix_http::ws::CloseCode;
use socketio::encode::Address;

use crate::{
    asked::{Answer, Question, Unanswered},
    frame::Frame,
    gate::Missed,
    member::Member,
    seat::Errand,
    table::Table,
    topic::{SocketId, Topic},
};

/// A client that has joined a namespace; a copy is the same one. Outlives its connection, and then does nothing.
#[derive(Debug, Clone)]
pub struct Socket<C> {
    table: Rc<Table>,
    member: Rc<Member>,
    client: C,
}

impl<C> Socket<C> {
    pub(crate) const fn new(table: Rc<Table>, member: Rc<Member>, client: C) -> Self {
        Self { table, member, client }
    }

    /// The name of this client in this process.
    pub fn id(&self) -> SocketId {
        self.member.id
    }

    /// The namespace that it has joined.
    pub fn namespace(&self) -> &str {
        &self.member.namespace
    }

    /// What is remembered about it.
    pub const fn client(&self) -> &C {
        &self.client
    }

    /// Listens to a topic from now on.
    pub fn join(&self, topic: Topic) {
        if self.member.present() {
            self.table.join(&self.member, topic);
        }
    }

    /// Stops listening to a topic.
    pub fn leave(&self, topic: Topic) {
        if self.member.present() {
            self.table.leave(&self.member, topic);
        }
    }

    /// Sends a frame to this client alone; may overtake what has been emitted but not delivered yet.
    pub fn send(&self, frame: Frame) {
        self.member.send(frame);
    }

    /// Sends an event that the client is to acknowledge, and waits for that as long as `timeout`.
    ///
    /// The event is sent at once; dropping what is returned forgets the question.
    pub fn request(
        &self,
        name: &str,
        pieces: &[&str],
        timeout: Duration,
    ) -> impl Future<Output = Result<Answer, Unanswered>> + use<C> {
        let asked = self.member.present().then(|| {
            let (id, answer) = self.member.asked.open();
            let to = Address { namespace: &self.member.namespace, id: Some(id) };
            self.member.send(Frame::emitted(to, name, pieces, &[]));
            (Question::new(&self.member.asked, id), answer)
        });
        async move {
            let Some((_question, answer)) = asked else { return Err(Unanswered::Gone) };
            match tokio::time::timeout(timeout, answer).await {
                Ok(answered) => answered.or(Err(Unanswered::Gone)),
                Err(_) => Err(Unanswered::TimedOut),
            }
        }
    }

    /// Lets the client catch up: holds what is cast to it, waits for what it missed, and sends that first.
    ///
    /// Returns up to where it then knows the log, or the error with which nothing was found; what was held is sent in
    /// either case, and also when this is dropped.
    pub async fn resume<E>(&self, missed: impl Future<Output = Result<Missed, E>>) -> Result<i64, E> {
        let hold = Hold::new(Rc::clone(&self.member));
        let missed = missed.await?;
        let upto = missed.upto;
        hold.release(missed);
        Ok(upto)
    }

    /// Takes the client out of its namespace and tells it so; the connection stays.
    pub fn disconnect(&self) {
        if self.member.present() {
            self.member.seat.ask(Errand::Evict(self.member.id));
        }
    }

    /// Ends the connection after what waits has gone out; what was emitted a moment ago may come too late.
    pub fn close(&self) {
        if self.member.present() {
            self.member.seat.dismiss(CloseCode::Normal);
        }
    }
}

/// Holds what is cast to a member until it is dropped.
#[derive(Debug)]
struct Hold(Option<Rc<Member>>);

impl Hold {
    fn new(member: Rc<Member>) -> Self {
        member.hold();
        Self(Some(member))
    }

    fn release(mut self, missed: Missed) {
        if let Some(member) = self.0.take() {
            member.release(Some(missed));
        }
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        if let Some(member) = self.0.take() {
            member.release(None);
        }
    }
}
