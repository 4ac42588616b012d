//! Socket.IO above a session: the namespaces that its client joins and leaves.

use std::{rc::Rc, sync::Arc, time::Instant};

use actix::{ActorFutureExt as _, AsyncContext as _, Context, WrapFuture as _};
use serde_json::value::RawValue;
use smallvec::SmallVec;
use socketio::decode::{Assembler, Limits};

use super::{Session, Violation, handle::SessionHandle};
use crate::{
    Config, ConnectError, Connection, Dispatch, EngineMessage, EngineSocket, Handshake, Replay, Socket,
    frame::{Frame, SocketId},
    hub::socket::SocketInner,
    request::secret,
    transport::CloseReason,
};

/// Number of namespaces that one session may have joined.
const MAX_NAMESPACES: usize = 32;

/// The namespaces of one session.
pub(crate) struct Namespaces<D: Dispatch> {
    pub(super) dispatch: Arc<D>,
    credentials: D::Credentials,
    permit: D::Permit,
    pub(super) assembler: Assembler,
    joined: SmallVec<[Namespace<D::Client>; 1]>,
}

struct Namespace<C> {
    name: Box<str>,
    stage: Stage<C>,
}

enum Stage<C> {
    /// The application decides whether the client may connect.
    Connecting,
    /// The client is subscribed, and its replay is being found.
    Resuming(Rc<SocketInner>, C),
    Connected(Rc<SocketInner>, C),
}

/// The content of an acceptance.
struct Acceptance {
    sid: Option<String>,
    pid: Option<String>,
    replay: Option<Replay>,
}

impl<D: Dispatch> Namespaces<D> {
    pub(crate) fn new(
        dispatch: Arc<D>,
        credentials: D::Credentials,
        permit: D::Permit,
        config: &Config,
    ) -> Self {
        let limits = Limits { bytes: config.max_payload, ..Limits::default() };
        let (assembler, joined) = (Assembler::new(limits), SmallVec::new());
        Self { dispatch, credentials, permit, assembler, joined }
    }

    /// Offers a message to the application before Socket.IO decodes it; true if it has been handled.
    pub(super) fn offer(&self, session: &SessionHandle, message: &EngineMessage<'_>) -> bool {
        self.dispatch.engine_message(&EngineSocket(session), message)
    }

    /// Takes over the credentials of a later request of the client.
    pub(super) fn renew(&mut self, credentials: D::Credentials) {
        self.credentials = credentials;
    }

    fn handshake(&self, namespace: &str, auth: Option<&RawValue>) -> Handshake<D> {
        Handshake {
            namespace: namespace.to_owned(),
            auth: auth.map(ToOwned::to_owned),
            credentials: self.credentials.clone(),
            permit: self.permit.clone(),
        }
    }

    fn position(&self, namespace: &str) -> Option<usize> {
        self.joined.iter().position(|joined| &*joined.name == namespace)
    }

    /// The socket of a namespace that the client has joined.
    pub(super) fn socket(&self, namespace: &str) -> Result<(&Rc<SocketInner>, &D::Client), Violation> {
        let joined = self.joined.iter().find(|joined| &*joined.name == namespace);
        match joined.map(|joined| &joined.stage) {
            Some(Stage::Connected(socket, client)) => Ok((socket, client)),
            _ => Err(Violation),
        }
    }

    fn has_joined(&self) -> bool {
        self.joined.iter().any(|joined| matches!(joined.stage, Stage::Connected(..)))
    }
}

/// Joining and leaving.
impl<D: Dispatch> Session<D> {
    pub(super) fn connect(
        &mut self,
        namespace: &str,
        auth: Option<&RawValue>,
        ctx: &mut Context<Self>,
    ) -> Result<(), Violation> {
        let namespaces = &mut self.namespaces;
        if namespaces.position(namespace).is_some() {
            return Err(Violation);
        }
        if !namespaces.dispatch.knows(namespace) || namespaces.joined.len() >= MAX_NAMESPACES {
            self.handle.send(Frame::connect_error(namespace, "Invalid namespace", None));
            return Ok(());
        }
        let name: Box<str> = namespace.into();
        namespaces.joined.push(Namespace { name: name.clone(), stage: Stage::Connecting });
        let began = Instant::now();
        let handshake = namespaces.handshake(namespace, auth);
        let decided = Arc::clone(&namespaces.dispatch).connect(handshake).into_actor(self);
        ctx.spawn(decided.map(move |decided, session, ctx| match decided {
            Ok(connection) => session.accept(&name, connection, began, ctx),
            Err(error) => session.reject(&name, &error),
        }));
        Ok(())
    }

    /// Subscribes an accepted client, and lets it catch up.
    fn accept(
        &mut self,
        name: &str,
        connection: Connection<D::Client>,
        began: Instant,
        ctx: &mut Context<Self>,
    ) {
        let Connection { client, topics, sid, pid, recovers, replay } = connection;
        let Some(namespace) = self.namespaces.joined.iter_mut().find(|joined| &*joined.name == name) else {
            // The session has ended meanwhile.
            return Arc::clone(&self.namespaces.dispatch).disconnected(client);
        };
        let process = &self.hub.process;
        let socket = Rc::new(SocketInner::new(process, Rc::clone(&self.handle), name, recovers));
        for topic in &topics {
            self.hub.subscribe(&socket, *topic);
        }
        namespace.stage = Stage::Resuming(Rc::clone(&socket), client);
        if self.hub.process.closings.any(&topics, began) {
            return self.handle.close_with_packet();
        }
        let Some(replay) = replay else {
            return self.admit(name, Acceptance { sid, pid, replay: None });
        };
        socket.hold();
        let name: Box<str> = name.into();
        ctx.spawn(replay.into_actor(self).map(move |replay, session, _| match replay {
            Ok(replay) => session.admit(&name, Acceptance { sid, pid, replay: Some(replay) }),
            Err(error) => session.reject(&name, &error),
        }));
    }

    /// Sends the acceptance to a client that is subscribed already, and then its replay.
    fn admit(&mut self, name: &str, Acceptance { sid, pid, replay }: Acceptance) {
        let Some(sid) = sid.or_else(secret) else { return self.handle.close(CloseReason::Internal) };
        let Some(index) = self.namespaces.position(name) else { return };
        let Namespace { name, stage } = self.namespaces.joined.swap_remove(index);
        let Stage::Resuming(socket, client) = stage else { return };
        let stage = Stage::Connected(Rc::clone(&socket), client.clone());
        self.namespaces.joined.push(Namespace { name: name.clone(), stage });
        self.handle.joined(&self.hub.process.config);
        self.handle.send(Frame::connected(&name, &sid, pid.as_deref()));
        if replay.is_some() {
            socket.release(replay);
        }
        let socket = Socket::new(Rc::clone(&self.hub), socket, client);
        Arc::clone(&self.namespaces.dispatch).joined(socket);
    }

    fn reject(&mut self, name: &str, error: &ConnectError) {
        self.leave(name);
        match error {
            ConnectError::Refused { message, data } => {
                let data = data.as_ref().map(ToString::to_string);
                self.handle.send(Frame::connect_error(name, message, data.as_deref()));
            }
            ConnectError::Unavailable => self.handle.close(CloseReason::Unavailable),
        }
    }

    /// Disconnects a socket and tells its client.
    pub(super) fn disconnect(&mut self, socket: SocketId) {
        let namespace = self.namespaces.joined.iter().find_map(|joined| match &joined.stage {
            Stage::Connected(other, _) if other.id == socket => Some(joined.name.clone()),
            _ => None,
        });
        if let Some(namespace) = namespace {
            self.handle.send(Frame::disconnect(&namespace));
            self.leave(&namespace);
        }
    }

    /// Sends a frame, if the client has joined its namespace.
    pub(super) fn send(&self, frame: Frame) {
        if let Ok((socket, _)) = self.namespaces.socket(frame.namespace()) {
            socket.send(frame);
        }
    }

    pub(super) fn leave(&mut self, name: &str) {
        let had_joined = self.namespaces.has_joined();
        if let Some(index) = self.namespaces.position(name) {
            let namespace = self.namespaces.joined.swap_remove(index);
            self.disconnected(namespace);
        }
        if had_joined && !self.namespaces.has_joined() {
            self.handle.left(&self.hub.process.config);
            self.hub.heartbeat.arm(&self.handle);
        }
    }

    /// Leaves all namespaces, since the session is over.
    pub(super) fn leave_all(&mut self) {
        while let Some(namespace) = self.namespaces.joined.pop() {
            self.disconnected(namespace);
        }
    }

    fn disconnected(&self, namespace: Namespace<D::Client>) {
        if let Stage::Resuming(socket, client) | Stage::Connected(socket, client) = namespace.stage {
            self.hub.disconnect(&socket);
            Arc::clone(&self.namespaces.dispatch).disconnected(client);
        }
    }
}
