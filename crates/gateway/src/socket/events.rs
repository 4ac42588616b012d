//! What clients do on the socket: they connect, send events and go.

use std::net::Ipv4Addr;
use std::rc::Rc;
use std::sync::Arc;

use actix_web::{HttpRequest, ResponseError as _};
use chat::context::Chat;
use chat::error::Error;
use chat::rooms;
use futures_util::future::LocalBoxFuture;
use live::{Live, Reach};
use realtime::broadcast::Topic;
use realtime::{AdmitError, ConnectError, Connection, Dispatch, Handshake, Incoming, Replay, Reply, Socket};

use super::connect::{self, Credentials};
use super::context::{Client, Context};
use super::replay::{self, Recoverable, RecoveryRequest};
use crate::api;
use crate::connections::{Connections, Permit};
use crate::origin::Addresses;
use crate::rates::RateLimits;
use crate::refusals::Refusals;

/// Answers the clients of the socket.
pub(crate) struct Events {
    pub(crate) chat: Arc<Chat>,
    pub(crate) addresses: Addresses,
    pub(crate) live: Arc<Live>,
    pub(crate) connections: Arc<Connections>,
    pub(crate) rates: Arc<RateLimits>,
    pub(crate) refusals: Refusals,
}

impl Dispatch for Events {
    type Client = Client;
    type Permit = Rc<Permit>;
    type Credentials = Credentials;

    fn admit(&self, request: &HttpRequest) -> Result<Rc<Permit>, AdmitError> {
        let address = self.addresses.client(request).unwrap_or(Ipv4Addr::UNSPECIFIED.into());
        self.connections.admit(address).map(Rc::new).map_err(AdmitError::Unavailable)
    }

    fn credentials(&self, request: &HttpRequest) -> Credentials {
        Credentials::of(request, &self.addresses)
    }

    fn connect(
        self: Arc<Self>,
        handshake: Handshake<Self>,
    ) -> LocalBoxFuture<'static, Result<Connection<Client>, ConnectError>> {
        Box::pin(async move {
            let accepted = self.accept(&handshake).await;
            accepted.map_err(|error| connect::refusal(error, &self.refusals))
        })
    }

    fn joined(self: Arc<Self>, socket: Socket<Client>) {
        if let Some(recovers) = &socket.client().recovers {
            // Its rooms were looked up before it was subscribed to them.
            for room in recovers.rooms() {
                self.live.join(&socket, room, socket.client().me.id);
            }
            let number = recovers.pid.number();
            // The connection that it had before, if any is left.
            self.live.close_recovered(number, Reach::AllNodes);
            socket.join(Topic::Recovery(number));
        }
    }

    fn event(self: Arc<Self>, socket: Socket<Client>, event: Incoming) -> LocalBoxFuture<'static, Reply> {
        Box::pin(async move {
            let Incoming { name, args, .. } = event;
            let first = args.first().map(|arg| &**arg);
            let context = Context {
                chat: Arc::clone(&self.chat),
                socket,
                live: Arc::clone(&self.live),
                rates: Arc::clone(&self.rates),
            };
            match api::handle(context, &name, first).await {
                Ok(argument) => Reply::new(format!("[{argument}]")),
                Err(problem) => {
                    self.refusals.count(problem.status_code());
                    Reply::new(problem.acknowledgement())
                }
            }
        })
    }

    fn disconnected(self: Arc<Self>, client: Client) {
        drop(client);
    }
}

impl Events {
    /// Authenticates a client, and finds what it subscribes to and what it is sent first.
    async fn accept(&self, handshake: &Handshake<Self>) -> Result<Connection<Client>, Error> {
        let me = handshake.credentials.authenticate(&self.chat, handshake.auth.as_deref()).await?;
        handshake.permit.authenticated();
        let request = RecoveryRequest::of(handshake.auth.as_deref());
        let mut topics = vec![Topic::User(me.id), Topic::Session(me.session)];
        let rooms = match self.live.cluster() {
            Some(_) => rooms::ids(&self.chat, &me).await?,
            None => Vec::new(),
        };
        let Some(connection) = self.live.presence().connect(me.id, rooms) else {
            self.refusals.sockets.add();
            // One that is gone and not missed yet may make room.
            return Err(Error::Busy);
        };
        let connection = Rc::new(connection);
        if request.recovers() {
            let recovers = Rc::new(Recoverable::find(&self.chat, &me, &request).await?);
            let rooms = recovers.rooms();
            topics.extend(rooms.iter().flat_map(|room| [Topic::Room(*room), Topic::RoomAs(*room, me.id)]));
            let replay = Recoverable::replay(Arc::clone(&self.chat), me.clone(), rooms, recovers.since());
            return Ok(Connection {
                sid: Some(recovers.sid.clone()),
                pid: Some(recovers.pid.reveal()),
                recovers: true,
                replay: Some(self.replay(replay)),
                ..Connection::new(Client::new(me, Some(recovers), connection), topics)
            });
        }
        let replay = request.since().map(|since| replay::replay(Arc::clone(&self.chat), me.clone(), since));
        let replay = replay.map(|replay| self.replay(replay));
        Ok(Connection { replay, ..Connection::new(Client::new(me, None, connection), topics) })
    }

    fn replay(
        &self,
        replay: impl Future<Output = Result<Replay, Error>> + 'static,
    ) -> LocalBoxFuture<'static, Result<Replay, ConnectError>> {
        let refusals = self.refusals.clone();
        Box::pin(async move { replay.await.map_err(|error| connect::refusal(error, &refusals)) })
    }
}
