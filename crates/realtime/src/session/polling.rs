//! Long-polling, towards the client: one GET at a time waits for packets.
//!
//! The request may come in on any worker; the session answers it from its own.

use std::{future::poll_fn, rc::Rc, task::Poll as TaskPoll};

use actix::{ActorContext as _, Addr, Context, Handler, Message};
use actix_web::{
    HttpResponse,
    http::header::{CACHE_CONTROL, CONTENT_ENCODING},
};
use tokio::sync::oneshot;

use super::{
    Session,
    handle::{SessionHandle, SessionState},
};
use crate::{
    Dispatch,
    request::RequestError,
    transport::{CLOSE, CloseReason, NOOP, PendingPoll, PollResult, Transport},
};

/// The content type of a body of packets.
const TEXT: &str = "text/plain; charset=UTF-8";

/// Number of bytes from which a body is worth to be compressed.
const WORTH_COMPRESSING: usize = 1024;

/// A GET.
#[derive(Debug, Message)]
#[rtype(result = "()")]
struct Poll(oneshot::Sender<PollResult>);

/// Waits for packets of a session.
pub(crate) async fn get<D: Dispatch>(session: Addr<Session<D>>) -> Result<HttpResponse, RequestError> {
    let (answer, result) = oneshot::channel();
    session.do_send(Poll(answer));
    result.await.unwrap_or(Err(RequestError::Session)).map(payload)
}

/// The response with a body of packets.
pub(crate) fn payload(body: String) -> HttpResponse {
    let mut response = HttpResponse::Ok();
    response.content_type(TEXT).insert_header((CACHE_CONTROL, "no-store"));
    if body.len() < WORTH_COMPRESSING {
        response.insert_header((CONTENT_ENCODING, "identity"));
    }
    response.body(body)
}

impl<D: Dispatch> Handler<Poll> for Session<D> {
    type Result = ();

    fn handle(&mut self, Poll(answer): Poll, ctx: &mut Context<Self>) {
        self.check();
        if self.handle.has_websocket() {
            refuse(answer, RequestError::Request);
        } else if self.has_probed() {
            self.give(answer, Ok(NOOP.to_owned()));
        } else if self.handle.ended() {
            self.answer_after_end(answer, ctx);
        } else {
            self.poll(answer);
        }
    }
}

impl<D: Dispatch> Session<D> {
    /// Answers a GET with what is queued, or lets it wait.
    fn poll(&self, answer: oneshot::Sender<PollResult>) {
        if let Some(first) = self.handle.take_pending_poll() {
            self.give(first.answer, Ok(CLOSE.to_owned()));
            refuse(answer, RequestError::Request);
            return self.handle.abort();
        }
        match self.handle.queue.payload(self.hub.process.config.max_payload) {
            Some(body) => self.give(answer, Ok(body)),
            None => self.wait(answer),
        }
    }

    fn give(&self, answer: oneshot::Sender<PollResult>, result: PollResult) {
        if answer.send(result).is_err() {
            tracing::debug!("a poll was cancelled");
            self.handle.abort();
        }
    }

    fn wait(&self, answer: oneshot::Sender<PollResult>) {
        let number = self.hub.process.next_number();
        *self.handle.transport() = Transport::Polling(Some(PendingPoll { number, answer }));
        actix::spawn(serve(Rc::clone(&self.handle), number, self.hub.process.config.max_payload));
    }

    /// Answers a GET that comes after the end of the session.
    fn answer_after_end(&self, answer: oneshot::Sender<PollResult>, ctx: &mut Context<Self>) {
        if let Some(result) = self.last_answer() {
            self.give(answer, result);
        }
        if matches!(self.handle.state(), SessionState::Closed(_)) {
            ctx.stop();
        }
    }

    /// Answers the GET that waits without a packet.
    pub(super) fn release_pending_poll(&self) {
        if let Some(pending) = self.handle.take_pending_poll() {
            self.give(pending.answer, Ok(NOOP.to_owned()));
        }
    }

    /// Answers the GET that waits after the end of the session.
    pub(super) fn answer_pending_poll(&self) {
        if let Some(pending) = self.handle.take_pending_poll() {
            self.give(pending.answer, self.last_answer().unwrap_or_else(|| Ok(CLOSE.to_owned())));
        }
    }

    /// The answer to a GET after the end: what is still queued, then the end; nothing once that has been said.
    ///
    /// The end has an answer of its own: stock clients drop what comes before it in the same one.
    fn last_answer(&self) -> Option<PollResult> {
        let SessionState::Closing(reason) = self.handle.state() else { return None };
        if let Some(body) = self.handle.queue.payload(self.hub.process.config.max_payload) {
            return Some(Ok(body));
        }
        self.handle.closed();
        Some(match reason {
            CloseReason::Client => Ok(NOOP.to_owned()),
            CloseReason::Draining => Err(RequestError::Draining),
            CloseReason::Unavailable => Err(RequestError::Unavailable("busy")),
            _ => Ok(CLOSE.to_owned()),
        })
    }
}

/// Answers a GET with the next packets, and ends the session when the GET is cancelled.
async fn serve(session: Rc<SessionHandle>, number: u64, max_bytes: usize) {
    let cancelled = poll_fn(|cx| {
        let mut transport = session.transport();
        let Transport::Polling(waiting) = &mut *transport else { return TaskPoll::Ready(false) };
        let Some(pending) = waiting.as_mut().filter(|pending| pending.number == number) else {
            return TaskPoll::Ready(false);
        };
        if pending.answer.poll_closed(cx).is_ready() {
            return TaskPoll::Ready(true);
        } else if session.ended() {
            return TaskPoll::Ready(false);
        }
        session.queue.listen(cx);
        let Some(body) = session.queue.payload(max_bytes) else { return TaskPoll::Pending };
        let sent = waiting.take().is_none_or(|pending| pending.answer.send(Ok(body)).is_ok());
        TaskPoll::Ready(!sent)
    });
    if cancelled.await {
        tracing::debug!("a poll was cancelled");
        session.abort();
    }
}

fn refuse(answer: oneshot::Sender<PollResult>, error: RequestError) {
    // A client that has gone needs no answer.
    drop(answer.send(Err(error)));
}
