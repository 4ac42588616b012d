//! Socket.IO above a session: which namespaces its client has joined, and what it says there.

use std::{rc::Rc, sync::Arc, time::Instant};

use actix::{ActorFutureExt as _, AsyncContext as _, Context, WrapFuture as _};
use actix_http::ws::CloseCode;
use actix_web::HttpRequest;
use bytes::Bytes;
use serde_json::value::RawValue;
use smallvec::SmallVec;
use socketio::{
    assembly::{Assembled, Assembler, Limits, Message},
    packet::{Kind, Packet},
};

use crate::{
    asked::Answer,
    config::Config,
    dispatch::{Accepted, Dispatch, Incoming, Missed, Refusal, Reply},
    frame::Frame,
    member::Member,
    opening::{Opening, secret},
    session::{
        Session,
        layer::{Layer, Upper, Violation},
    },
    socket::Socket,
    topic::SocketId,
};

/// How many namespaces one session may be in.
const MAX_NAMESPACES: usize = 32;

impl<D: Dispatch> Layer for D {
    type Upper = Namespaces<D>;

    fn admits(&self, request: &HttpRequest) -> Result<(), String> {
        Dispatch::admits(self, request)
    }

    fn upper(self: &Arc<Self>, opening: Opening, config: &Config) -> Namespaces<D> {
        let limits = Limits { bytes: config.max_payload, ..Limits::default() };
        let (dispatch, assembler) = (Arc::clone(self), Assembler::new(limits));
        Namespaces { dispatch, opening, assembler, joined: SmallVec::new() }
    }
}

/// The namespaces of one session.
pub(crate) struct Namespaces<D: Dispatch> {
    dispatch: Arc<D>,
    opening: Opening,
    assembler: Assembler,
    joined: SmallVec<[Namespace<D::Client>; 1]>,
}

struct Namespace<C> {
    name: Box<str>,
    stage: Stage<C>,
}

enum Stage<C> {
    /// The program decides whether the client may join.
    Asking,
    /// The client may join, and what it missed is being found.
    Resuming(Rc<Member>, C),
    Joined(Rc<Member>, C),
}

impl<D: Dispatch> Upper for Namespaces<D> {
    fn renewed(session: &mut Session<Self>, opening: Opening) {
        session.upper.opening.renew(opening);
    }

    fn text(
        session: &mut Session<Self>,
        message: &str,
        ctx: &mut Context<Session<Self>>,
    ) -> Result<(), Violation> {
        let Some(Packet { namespace, kind }) = session.upper.assembler.text(message)? else {
            let patience = session.table.shared.config.stall_timeout;
            session.seat.complete_by(Some(Instant::now() + patience));
            session.table.timers.arm(&session.seat);
            return Ok(());
        };
        match kind {
            Kind::Connect { auth } => session.connect(namespace, auth, ctx),
            Kind::Event { id, event } => {
                let args = event.args.into_iter().map(ToOwned::to_owned).collect();
                let incoming = Incoming { name: event.name.into_owned(), args, attachments: Vec::new() };
                session.event(namespace, id, incoming)
            }
            Kind::Ack { id, args } => {
                let args = args.into_iter().map(ToOwned::to_owned).collect();
                session.answer(namespace, id, Answer { args, attachments: Vec::new() })
            }
            Kind::Disconnect => {
                session.upper.member(namespace)?;
                session.leave(namespace);
                Ok(())
            }
            Kind::ConnectError { .. } | Kind::BinaryEvent { .. } | Kind::BinaryAck { .. } => Err(Violation),
        }
    }

    fn binary(session: &mut Session<Self>, message: Bytes) -> Result<(), Violation> {
        let assembled = session.upper.assembler.binary(message)?;
        let Some(Assembled { namespace, message, attachments }) = assembled else { return Ok(()) };
        session.seat.complete_by(None);
        match message {
            Message::Event { id, name, args } => {
                session.event(&namespace, id, Incoming { name, args, attachments })
            }
            Message::Ack { id, args } => session.answer(&namespace, id, Answer { args, attachments }),
        }
    }

    fn evict(session: &mut Session<Self>, member: SocketId) {
        let namespace = session.upper.joined.iter().find_map(|joined| match &joined.stage {
            Stage::Joined(other, _) if other.id == member => Some(joined.name.clone()),
            _ => None,
        });
        if let Some(namespace) = namespace {
            session.seat.send(Frame::disconnect(&namespace));
            session.leave(&namespace);
        }
    }

    fn tell(session: &mut Session<Self>, frame: Frame) {
        if let Ok((member, _)) = session.upper.member(frame.namespace()) {
            member.send(frame);
        }
    }

    fn over(session: &mut Session<Self>) {
        while let Some(namespace) = session.upper.joined.pop() {
            session.part(namespace);
        }
    }
}

impl<D: Dispatch> Namespaces<D> {
    fn position(&self, namespace: &str) -> Option<usize> {
        self.joined.iter().position(|joined| &*joined.name == namespace)
    }

    fn member(&self, namespace: &str) -> Result<(&Rc<Member>, &D::Client), Violation> {
        let joined = self.joined.iter().find(|joined| &*joined.name == namespace);
        match joined.map(|joined| &joined.stage) {
            Some(Stage::Joined(member, client)) => Ok((member, client)),
            _ => Err(Violation),
        }
    }
}

/// Joining and leaving.
impl<D: Dispatch> Session<Namespaces<D>> {
    fn connect(
        &mut self,
        namespace: &str,
        auth: Option<&RawValue>,
        ctx: &mut Context<Self>,
    ) -> Result<(), Violation> {
        let upper = &mut self.upper;
        if upper.position(namespace).is_some() {
            return Err(Violation);
        }
        if !upper.dispatch.knows(namespace) || upper.joined.len() >= MAX_NAMESPACES {
            self.seat.send(Frame::connect_error(namespace, "Invalid namespace", None));
            return Ok(());
        }
        let name: Box<str> = namespace.into();
        upper.joined.push(Namespace { name: name.clone(), stage: Stage::Asking });
        let asked_at = Instant::now();
        let handshake = upper.opening.handshake(namespace, auth);
        let answer = Arc::clone(&upper.dispatch).connect(handshake).into_actor(self);
        ctx.spawn(answer.map(move |answer, session, ctx| match answer {
            Ok(accepted) => session.accept(name, accepted, asked_at, ctx),
            Err(refusal) => session.reject(&name, &refusal),
        }));
        Ok(())
    }

    fn accept(
        &mut self,
        name: Box<str>,
        accepted: Accepted<D::Client>,
        asked_at: Instant,
        ctx: &mut Context<Self>,
    ) {
        let Accepted { client, topics, sid, pid, recovers, resume } = accepted;
        let shared = Arc::clone(&self.table.shared);
        let member = Member::new(&shared, &self.seat, &name, recovers);
        for topic in &topics {
            self.table.join(&member, *topic);
        }
        self.stage(&name, Stage::Resuming(Rc::clone(&member), client));
        if shared.closings.any(&topics, asked_at) {
            return self.seat.dismiss(CloseCode::Normal);
        }
        let Some(resume) = resume else { return self.admit(&name, sid, pid.as_deref(), None) };
        member.hold();
        ctx.spawn(resume.into_actor(self).map(move |missed, session, _| match missed {
            Ok(missed) => session.admit(&name, sid, pid.as_deref(), Some(missed)),
            Err(refusal) => session.reject(&name, &refusal),
        }));
    }

    fn stage(&mut self, name: &str, stage: Stage<D::Client>) {
        if let Some(namespace) = self.upper.joined.iter_mut().find(|joined| &*joined.name == name) {
            namespace.stage = stage;
        }
    }

    /// Lets a client in that has been accepted and listens already.
    fn admit(&mut self, name: &str, sid: Option<String>, pid: Option<&str>, missed: Option<Missed>) {
        let Some(index) = self.upper.position(name) else { return };
        let Namespace { name, stage } = self.upper.joined.swap_remove(index);
        let Stage::Resuming(member, client) = stage else { return };
        let Some(sid) = sid.or_else(secret) else { return self.seat.end(CloseCode::Error) };
        self.upper
            .joined
            .push(Namespace { name: name.clone(), stage: Stage::Joined(Rc::clone(&member), client.clone()) });
        self.seat.joined();
        self.seat.send(Frame::connected(&name, &sid, pid));
        if let Some(missed) = missed {
            member.release(Some(missed));
        }
        let socket = Socket::new(Rc::clone(&self.table), member, client);
        Arc::clone(&self.upper.dispatch).joined(socket);
    }

    fn reject(&mut self, name: &str, refusal: &Refusal) {
        self.leave(name);
        let data = refusal.data.as_ref().map(ToString::to_string);
        self.seat.send(Frame::connect_error(name, &refusal.message, data.as_deref()));
    }

    fn leave(&mut self, name: &str) {
        if let Some(index) = self.upper.position(name) {
            let namespace = self.upper.joined.swap_remove(index);
            let was_in = matches!(namespace.stage, Stage::Joined(..));
            self.part(namespace);
            let alone = !self.upper.joined.iter().any(|other| matches!(other.stage, Stage::Joined(..)));
            if was_in && alone {
                self.seat.left(&self.table.shared.config);
                self.table.timers.arm(&self.seat);
            }
        }
    }

    fn part(&self, namespace: Namespace<D::Client>) {
        if let Stage::Resuming(member, client) | Stage::Joined(member, client) = namespace.stage {
            self.table.leave_all(&member);
            member.leave();
            Arc::clone(&self.upper.dispatch).disconnected(client);
        }
    }
}

/// What is said in a namespace.
impl<D: Dispatch> Session<Namespaces<D>> {
    fn event(&self, namespace: &str, id: Option<u64>, incoming: Incoming) -> Result<(), Violation> {
        let (member, client) = self.upper.member(namespace)?;
        let socket = Socket::new(Rc::clone(&self.table), Rc::clone(member), client.clone());
        let (dispatch, slot) = (Arc::clone(&self.upper.dispatch), self.seat.occupy());
        // Not a future of this actor: what was asked is done even when the client does not stay for the answer.
        actix::spawn(async move {
            let Reply { args, attachments } = dispatch.event(socket.clone(), incoming).await;
            if let Some(id) = id {
                socket.send(Frame::ack(socket.namespace(), id, &args, &attachments));
            }
            drop(slot);
        });
        Ok(())
    }

    fn answer(&self, namespace: &str, id: u64, answer: Answer) -> Result<(), Violation> {
        let (member, _) = self.upper.member(namespace)?;
        member.asked.answer(id, answer);
        Ok(())
    }
}
