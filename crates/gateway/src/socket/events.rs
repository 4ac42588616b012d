//! What clients do on the socket: they connect, send events and go.

use std::rc::Rc;
use std::sync::Arc;

use actix_web::ResponseError as _;
use chat::context::Chat;
use chat::rooms;
use futures_util::future::LocalBoxFuture;
use realtime::broadcast::Topic;
use realtime::dispatch::{ConnectError, Connection, Dispatch, Handshake, Incoming, Reply, Socket};

use super::connect;
use super::context::{Client, Context};
use super::replay::{self, Recoverable, RecoveryRequest};
use crate::api;
use crate::live::Sockets;
use crate::origin::Addresses;
use crate::rates::RateLimits;
use crate::refusals::Refusals;

/// Answers the clients of the socket.
pub(crate) struct Events {
    pub(crate) chat: Arc<Chat>,
    pub(crate) addresses: Addresses,
    pub(crate) sockets: Arc<Sockets>,
    pub(crate) rates: Arc<RateLimits>,
    pub(crate) refusals: Refusals,
}

impl Dispatch for Events {
    type Client = Client;

    fn connect(
        self: Arc<Self>,
        handshake: Handshake,
    ) -> LocalBoxFuture<'static, Result<Connection<Client>, ConnectError>> {
        Box::pin(async move {
            let me = connect::authenticate(&self.chat, &self.addresses, &handshake).await?;
            let request = RecoveryRequest::of(&handshake);
            let mut topics = vec![Topic::User(me.id), Topic::Session(me.session)];
            let rooms = match self.sockets.cluster() {
                Some(_) => rooms::ids(&self.chat, &me).await.map_err(connect::refusal)?,
                None => Vec::new(),
            };
            let connection = Rc::new(self.sockets.presence().connect(me.id, rooms));
            if request.recovers() {
                let recovered = Recoverable::find(&self.chat, &me, &request).await;
                let recovers = Rc::new(recovered.map_err(connect::refusal)?);
                let rooms = recovers.rooms();
                topics
                    .extend(rooms.iter().flat_map(|room| [Topic::Room(*room), Topic::RoomAs(*room, me.id)]));
                let replay = Recoverable::replay(Arc::clone(&self.chat), me.clone(), rooms, recovers.since());
                return Ok(Connection {
                    sid: Some(recovers.sid.clone()),
                    pid: Some(recovers.pid.reveal()),
                    recovers: true,
                    replay: Some(Box::pin(async { replay.await.map_err(connect::refusal) })),
                    ..Connection::new(Client::new(me, Some(recovers), connection), topics)
                });
            }
            let replay =
                request.since().map(|since| replay::replay(Arc::clone(&self.chat), me.clone(), since));
            let replay = replay.map(|replay| Box::pin(async { replay.await.map_err(connect::refusal) }) as _);
            Ok(Connection { replay, ..Connection::new(Client::new(me, None, connection), topics) })
        })
    }

    fn joined(self: Arc<Self>, socket: Socket<Client>) {
        if let Some(recovers) = &socket.client().recovers {
            // Its rooms were looked up before it was subscribed to them.
            for room in recovers.rooms() {
                self.sockets.join(&socket, room, socket.client().me.id);
            }
            let number = recovers.pid.number();
            // The connection that it had before, if any is left.
            self.sockets.close_recovered(number);
            self.sockets.cluster().iter().for_each(|cluster| cluster.recovered(number));
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
                sockets: Arc::clone(&self.sockets),
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
