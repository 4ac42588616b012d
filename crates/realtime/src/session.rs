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
use bytes::Bytes;
use dashmap::DashMap;
use futures_util::Stream;
use socketio::{
    decode::{Assembled, Message},
    engine,
    packet::{Kind, Packet},
};

use self::{
    handle::{Command, SessionHandle, SessionState},
    namespaces::Namespaces,
    post::PendingPost,
    websocket::Upgrade,
};
use crate::{
    Ack, Dispatch, EngineMessage, Incoming, Reply, Socket,
    frame::Frame,
    hub::Hub,
    transport::{CloseReason, MaxPayload},
};

pub(crate) mod handle;
pub(crate) mod namespaces;
pub(crate) mod polling;
pub(crate) mod post;
pub(crate) mod websocket;

/// How long a session stays that its client has closed by POST: a GET of the client may be on its way.
const CLIENT_CLOSE_LINGER: Duration = Duration::from_millis(25);

/// How long a session stays that a drain has closed, for a client that is between two polls.
const DRAIN_LINGER: Duration = Duration::from_secs(1);

/// The sessions of an endpoint on all workers, by their `sid`.
pub(crate) type Sessions<D> = DashMap<Box<str>, SessionAddr<D>, RandomState>;

/// How requests on any worker reach a session.
pub(crate) struct SessionAddr<D: Dispatch> {
    pub(crate) session: Addr<Session<D>>,
    pub(crate) max_payload: MaxPayload,
}

impl<D: Dispatch> Clone for SessionAddr<D> {
    fn clone(&self) -> Self {
        Self { session: self.session.clone(), max_payload: self.max_payload.clone() }
    }
}

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
        namespaces: Namespaces<D>,
        hub: Rc<Hub>,
        sessions: &Arc<Sessions<D>>,
    ) -> Self {
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

/// What comes from the client.
impl<D: Dispatch> Session<D> {
    /// Handles one packet in text form: of Engine.IO, or of Socket.IO in a message.
    fn packet(&mut self, packet: &engine::Packet<'_>, ctx: &mut Context<Self>) -> Result<(), Violation> {
        let message = match *packet {
            engine::Packet::Message(message) => message,
            engine::Packet::Pong("") => {
                self.handle.ponged(&self.hub.process.config);
                self.hub.heartbeat.arm(&self.handle);
                return Ok(());
            }
            engine::Packet::Close => {
                self.close();
                return Ok(());
            }
            _ => return Err(Violation),
        };
        if self.namespaces.offer(&self.handle, &EngineMessage::Text(message)) {
            return Ok(());
        }
        let Some(Packet { namespace, kind }) = self.namespaces.assembler.text(message)? else {
            let timeout = self.hub.process.config.stall_timeout;
            self.handle.complete_by(Some(Instant::now() + timeout));
            self.hub.heartbeat.arm(&self.handle);
            return Ok(());
        };
        match kind {
            Kind::Connect { auth } => self.connect(namespace, auth, ctx),
            Kind::Event { id, event } => {
                let args = event.args.into_iter().map(ToOwned::to_owned).collect();
                let incoming = Incoming { name: event.name.into_owned(), args, attachments: Vec::new() };
                self.event(namespace, id, incoming)
            }
            Kind::Ack { id, args } => {
                let args = args.into_iter().map(ToOwned::to_owned).collect();
                self.ack(namespace, id, Ack { args, attachments: Vec::new() })
            }
            Kind::Disconnect => {
                self.namespaces.socket(namespace)?;
                self.leave(namespace);
                Ok(())
            }
            Kind::ConnectError { .. } | Kind::BinaryEvent { .. } | Kind::BinaryAck { .. } => Err(Violation),
        }
    }

    /// Ends the session as its client asks.
    fn close(&self) {
        if !self.handle.has_websocket() {
            self.handle.queue.abort();
        }
        self.handle.close(CloseReason::Client);
    }

    /// Handles one message in binary form.
    fn binary(&mut self, message: Bytes) -> Result<(), Violation> {
        if self.namespaces.offer(&self.handle, &EngineMessage::Binary(message.clone())) {
            return Ok(());
        }
        let assembled = self.namespaces.assembler.binary(message)?;
        let Some(Assembled { namespace, message, attachments }) = assembled else { return Ok(()) };
        self.handle.complete_by(None);
        match message {
            Message::Event { id, name, args } => {
                self.event(&namespace, id, Incoming { name, args, attachments })
            }
            Message::Ack { id, args } => self.ack(&namespace, id, Ack { args, attachments }),
        }
    }

    fn event(&self, namespace: &str, id: Option<u64>, incoming: Incoming) -> Result<(), Violation> {
        let (socket, client) = self.namespaces.socket(namespace)?;
        let socket = Socket::new(Rc::clone(&self.hub), Rc::clone(socket), client.clone());
        let (dispatch, guard) = (Arc::clone(&self.namespaces.dispatch), self.handle.begin_event());
        // Not a future of this actor: an event is handled to its end even when the client goes.
        actix::spawn(async move {
            let Reply { args, attachments } = dispatch.event(socket.clone(), incoming).await;
            if let Some(id) = id {
                socket.send(Frame::ack(socket.namespace(), id, &args, &attachments));
            }
            drop(guard);
        });
        Ok(())
    }

    fn ack(&self, namespace: &str, id: u64, ack: Ack) -> Result<(), Violation> {
        self.namespaces.socket(namespace)?.0.acks.resolve(id, ack);
        Ok(())
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
