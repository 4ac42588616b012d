//! HTTP long-polling, towards the client: one GET at a time waits for packets.
//!
//! The request may have come in on any worker; the session answers it from its own.

use std::{future::poll_fn, rc::Rc, task::Poll as Polling, time::Duration};

use actix::{ActorContext as _, Addr, AsyncContext as _, Context, Handler, Message};
use actix_web::{
    HttpResponse,
    http::header::{CACHE_CONTROL, CONTENT_ENCODING},
};
use tokio::sync::oneshot;

use super::{Session, layer::Upper};
use crate::{
    refused::Refused,
    seat::{LastWord, Seat},
    transport::{PendingPoll, Polled, Transport},
};

/// The type of a body of packets.
const TEXT: &str = "text/plain; charset=UTF-8";

/// Below this many bytes compressing a body is not worth it.
const WORTH_COMPRESSING: usize = 1024;

/// How long a GET is kept that comes while the transport changes.
pub(crate) const HOLD: Duration = Duration::from_millis(25);

/// A GET that has come in.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub(crate) struct Poll(oneshot::Sender<Polled>);

/// Waits for packets of a session.
pub(crate) async fn get<U: Upper>(session: Addr<Session<U>>) -> Result<HttpResponse, Refused> {
    let (answer, polled) = oneshot::channel();
    session.do_send(Poll(answer));
    match polled.await.unwrap_or(Polled::Refused(Refused::Session)) {
        Polled::Payload(body) => Ok(payload(body)),
        Polled::Refused(refused) => Err(refused),
    }
}

/// The response that carries a body of packets.
pub(crate) fn payload(body: String) -> HttpResponse {
    let mut response = HttpResponse::Ok();
    response.content_type(TEXT).insert_header((CACHE_CONTROL, "no-store"));
    if body.len() < WORTH_COMPRESSING {
        response.insert_header((CONTENT_ENCODING, "identity"));
    }
    response.body(body)
}

impl<U: Upper> Handler<Poll> for Session<U> {
    type Result = ();

    fn handle(&mut self, Poll(answer): Poll, ctx: &mut Context<Self>) {
        self.check();
        if self.seat.has_wire() {
            refuse(answer, Refused::Request);
        } else if self.upgrade.is_some() {
            self.hold_poll(answer, ctx);
        } else {
            self.poll(answer, ctx);
        }
    }
}

impl<U: Upper> Session<U> {
    /// Answers a GET with what waits, or lets it wait as well.
    fn poll(&self, answer: oneshot::Sender<Polled>, ctx: &mut Context<Self>) {
        if self.seat.ended() {
            return self.answer_late(answer, ctx);
        }
        if let Some(first) = self.seat.take_parked() {
            self.give(first.answer, Polled::Payload("1".to_owned()));
            refuse(answer, Refused::Request);
            return self.seat.cut();
        }
        match self.seat.queue.payload(self.table.shared.config.max_payload) {
            Some(body) => self.give(answer, Polled::Payload(body)),
            None => self.park(answer),
        }
    }

    /// Keeps a GET that comes while the transport changes.
    ///
    /// The client may have said on the new transport already that it uses the old one no more; and what it said last
    /// can be understood first, when several workers or connections are between.
    fn hold_poll(&mut self, answer: oneshot::Sender<Polled>, ctx: &mut Context<Self>) {
        let Some(upgrade) = &mut self.upgrade else { return };
        upgrade.polls.push(answer);
        ctx.run_later(HOLD, |session, ctx| {
            if let Some(upgrade) = &mut session.upgrade {
                let (polls, probed) = (std::mem::take(&mut upgrade.polls), upgrade.probed);
                session.release_polls(polls, probed, ctx);
            }
        });
    }

    /// Goes on with GETs that were kept: while nothing can be sent each learns nothing.
    pub(crate) fn release_polls(
        &self,
        polls: Vec<oneshot::Sender<Polled>>,
        upgrading: bool,
        ctx: &mut Context<Self>,
    ) {
        for answer in polls {
            if upgrading { self.give(answer, Polled::noop()) } else { self.poll(answer, ctx) }
        }
    }

    fn give(&self, answer: oneshot::Sender<Polled>, polled: Polled) {
        if answer.send(polled).is_err() {
            tracing::debug!("closed: a poll was cancelled");
            self.seat.cut();
        }
    }

    fn park(&self, answer: oneshot::Sender<Polled>) {
        let number = self.table.shared.next_number();
        *self.seat.transport() = Transport::Polling(Some(PendingPoll { number, answer }));
        actix::spawn(serve(Rc::clone(&self.seat), number, self.table.shared.config.max_payload));
    }

    /// Answers a GET that comes after the end; one that learns nothing hears that there is no such session.
    fn answer_late(&self, answer: oneshot::Sender<Polled>, ctx: &mut Context<Self>) {
        if !self.seat.silent()
            && let Some(polled) = self.last_answer()
        {
            self.give(answer, polled);
        }
        if self.seat.silent() {
            ctx.stop();
        }
    }

    /// Ends a GET that waits, without a packet.
    pub(crate) fn release_parked(&self) {
        if let Some(parked) = self.seat.take_parked() {
            self.give(parked.answer, Polled::noop());
        }
    }

    /// Tells a GET that waits that the session is over.
    pub(crate) fn answer_parked(&self) {
        if let Some(parked) = self.seat.take_parked()
            && let Some(polled) = self.last_answer()
        {
            self.give(parked.answer, polled);
        }
    }

    /// What a GET learns of a session that is over: first what still waits.
    ///
    /// The end comes in an answer of its own: stock clients forget what came before it in the same one.
    fn last_answer(&self) -> Option<Polled> {
        let seat = &self.seat;
        if let Some(body) = seat.queue.payload(self.table.shared.config.max_payload) {
            return Some(Polled::Payload(body));
        }
        let word = seat.last_word();
        seat.part_by(LastWord::Said);
        match word {
            LastWord::Close => Some(Polled::Payload("1".to_owned())),
            LastWord::Noop => Some(Polled::noop()),
            LastWord::Away => Some(Polled::Refused(Refused::Draining)),
            LastWord::Said => None,
        }
    }
}

/// Answers a GET with the next packets, and notices at once when it is cancelled.
async fn serve(seat: Rc<Seat>, number: u64, max_bytes: usize) {
    let cancelled = poll_fn(|cx| {
        let mut transport = seat.transport();
        let Transport::Polling(waiting) = &mut *transport else { return Polling::Ready(false) };
        let Some(parked) = waiting.as_mut().filter(|parked| parked.number == number) else {
            return Polling::Ready(false);
        };
        if parked.answer.poll_closed(cx).is_ready() {
            return Polling::Ready(true);
        } else if seat.ended() {
            return Polling::Ready(false);
        }
        seat.queue.listen(cx);
        let Some(body) = seat.queue.payload(max_bytes) else { return Polling::Pending };
        let sent = waiting.take().is_none_or(|parked| parked.answer.send(Polled::Payload(body)).is_ok());
        Polling::Ready(!sent)
    });
    if cancelled.await {
        tracing::debug!("closed: a poll was cancelled");
        seat.cut();
    }
}

pub(crate) fn refuse(answer: oneshot::Sender<Polled>, refused: Refused) {
    // Whoever has gone needs no refusal.
    drop(answer.send(Polled::Refused(refused)));
}
