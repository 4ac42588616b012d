//! The session actor: one for each Engine.IO session, whichever transport carries it.

use std::{
    pin::Pin,
    rc::Rc,
    sync::{Arc, Weak},
    task::{Context as TaskContext, Poll},
    time::{Duration, Instant},
};

use actix::{Actor, ActorContext as _, Addr, AsyncContext as _, Context, StreamHandler};
use ahash::RandomState;
use dashmap::DashMap;
use futures_util::Stream;
use socketio::engine::Packet;

use self::{
    handle::{Command, SessionHandle, SessionState},
    namespaces::Namespaces,
    post::PendingPost,
    websocket::Upgrade,
};
use crate::{
    dispatch::{Dispatch, EngineMessage},
    hub::Hub,
    request::ClientRequest,
    transport::CloseReason,
};

pub(crate) mod deadlines;
pub(crate) mod handle;
pub(crate) mod polling;
pub(crate) mod post;
pub(crate) mod websocket;

mod namespaces;

/// How long a session stays that its client has closed by POST: a GET of the client may be on its way.
const CLIENT_CLOSE_LINGER: Duration = Duration::from_millis(25);

/// How long a session stays that a drain has closed, for a client that is between two polls.
const DRAIN_LINGER: Duration = Duration::from_secs(1);

/// The sessions of an endpoint on all workers, by their `sid`.
pub(crate) type Sessions<D> = DashMap<Box<str>, Addr<Session<D>>, RandomState>;

/// The peer broke the protocol.
#[derive(Debug)]
pub(crate) struct Violation;

impl From<socketio::error::Error> for Violation {
    fn from(error: socketio::error::Error) -> Self {
        tracing::debug!(%error, "not a packet");
        Self
    }
}

/// Handles the packets of one client in their order.
pub(crate) struct Session<D: Dispatch> {
    pub(crate) handle: Rc<SessionHandle>,
    hub: Rc<Hub>,
    namespaces: Namespaces<D>,
    /// The POST that is being read.
    post: Option<PendingPost>,
    /// The WebSocket that asks to carry the session.
    upgrade: Option<Upgrade>,
    sid: Box<str>,
    sessions: Weak<Sessions<D>>,
}

impl<D: Dispatch> Actor for Session<D> {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        let tasks = Tasks { session: Rc::clone(&self.handle), ended: false };
        <Self as StreamHandler<Task>>::add_stream(tasks, ctx);
    }

    fn stopped(&mut self, _: &mut Self::Context) {
        self.leave_all();
        if let Some(sessions) = self.sessions.upgrade() {
            sessions.remove(&self.sid);
        }
        self.answer_post();
        if let Some(upgrade) = self.upgrade.take() {
            upgrade.socket.close(CloseReason::Server);
        }
        if !self.handle.ended() {
            self.handle.lose();
        }
        self.hub.heartbeat.disarm(&self.handle);
        self.handle.release();
    }
}

impl<D: Dispatch> Session<D> {
    pub(crate) fn new(
        sid: Box<str>,
        request: ClientRequest,
        dispatch: Arc<D>,
        hub: Rc<Hub>,
        sessions: &Arc<Sessions<D>>,
    ) -> Self {
        let namespaces = Namespaces::new(dispatch, request, &hub.process.config);
        Self {
            handle: hub.open(),
            hub,
            namespaces,
            post: None,
            upgrade: None,
            sid,
            sessions: Arc::downgrade(sessions),
        }
    }

    /// Handles one Engine.IO packet in text form.
    fn packet(&mut self, packet: &Packet<'_>, ctx: &mut Context<Self>) -> Result<(), Violation> {
        match *packet {
            Packet::Message(message) => return self.message(EngineMessage::Text(message), ctx),
            Packet::Pong("") => {
                self.handle.ponged(&self.hub.process.config);
                self.hub.heartbeat.arm(&self.handle);
            }
            Packet::Close => {
                if !self.handle.has_websocket() {
                    self.handle.queue.abort();
                }
                self.handle.close(CloseReason::Client);
            }
            _ => return Err(Violation),
        }
        Ok(())
    }

    /// Handles one message, in text or binary form.
    fn message(&mut self, message: EngineMessage<'_>, ctx: &mut Context<Self>) -> Result<(), Violation> {
        if self.namespaces.offer(&self.handle, &message) {
            return Ok(());
        }
        match message {
            EngineMessage::Text(text) => self.socket_io_text(text, ctx),
            EngineMessage::Binary(bytes) => self.socket_io_binary(bytes),
        }
    }

    /// Acts on a deadline that has passed and that the hub has not noticed yet.
    fn check(&self) {
        self.hub.check(&self.handle, Instant::now());
    }

    /// Ends the session, at once or when a client that polls knows of it.
    fn end(&mut self, ctx: &mut Context<Self>) {
        self.leave_all();
        if self.handle.has_websocket() {
            // Its last message stops the session.
            return;
        }
        self.answer_pending_poll();
        let linger = match self.handle.state() {
            SessionState::Closed(_) => return ctx.stop(),
            SessionState::Closing(CloseReason::Client) => CLIENT_CLOSE_LINGER,
            SessionState::Closing(CloseReason::Draining) => DRAIN_LINGER,
            _ => self.hub.process.config.linger,
        };
        if self.handle.close_reason() != CloseReason::Client {
            self.answer_post();
        }
        ctx.run_later(linger, |_, ctx| ctx.stop());
    }
}

/// What others on the worker have the session do; at last, to end.
struct Tasks {
    session: Rc<SessionHandle>,
    ended: bool,
}

enum Task {
    Command(Command),
    End,
}

impl Stream for Tasks {
    type Item = Task;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Option<Task>> {
        self.session.listen(cx);
        if let Some(command) = self.session.next_command() {
            return Poll::Ready(Some(Task::Command(command)));
        }
        if self.session.ended() && !std::mem::replace(&mut self.ended, true) {
            return Poll::Ready(Some(Task::End));
        }
        Poll::Pending
    }
}

impl<D: Dispatch> StreamHandler<Task> for Session<D> {
    fn handle(&mut self, task: Task, ctx: &mut Self::Context) {
        match task {
            Task::Command(Command::Disconnect(socket)) => self.disconnect(socket),
            Task::Command(Command::Send(frame)) => self.send(frame),
            Task::End => self.end(ctx),
        }
    }
}
