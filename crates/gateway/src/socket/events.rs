//! What clients do on the socket: they connect, send events and go; and what an event of theirs is: its handler, and what
//! the AsyncAPI document says of it, both from the handler's types.

use std::net::Ipv4Addr;
use std::rc::Rc;
use std::sync::Arc;

use actix_web::HttpRequest;
use chat::accounts::still;
use chat::context::Chat;
use chat::error::Error;
use chat::rooms;
use domain::api_token::Scopes;
use futures_util::future::LocalBoxFuture;
use live::{Live, Reach};
use metrics::Counters;
use realtime::frame::Topic;
use realtime::{AdmitError, ConnectError, Connection, Dispatch, Handshake, Incoming, Replay, Reply, Socket};
use schemars::JsonSchema;
use serde::Serialize;

use super::connect::{self, Credentials};
use super::context::{Client, Context};
use super::replay::{self, Recoverable, RecoveryRequest};
use crate::connections::{Connections, Permit};
use crate::http::body::unreadable;
use crate::origin::Addresses;
use crate::problem::Problem;
use crate::rates::{Action, RateLimits};
use crate::refusals::Refusals;
use crate::schemas::{Make, of};
use crate::wire::input::{Input, Request};

/// An event that clients send.
pub(crate) struct ClientEvent {
    pub(crate) name: &'static str,
    /// What it does.
    pub(crate) summary: &'static str,
    pub(crate) request: Make,
    pub(crate) accepted: Make,
    /// The codes that it alone may be refused with.
    codes: &'static [&'static str],
    /// What it counts as, if users may not send it as often as they like.
    action: Option<Action>,
    /// The scopes that a token needs for it.
    scopes: Scopes,
    handle: Box<dyn Fn(Context, Input) -> Acknowledged + Send + Sync>,
}

/// The JSON of an acknowledgement's one argument.
type Acknowledged = LocalBoxFuture<'static, Result<String, Problem>>;

/// Makes an event of a handler.
pub(crate) fn on<I, A, F, Fut>(name: &'static str, handler: F) -> ClientEvent
where
    I: Request,
    A: Serialize + JsonSchema,
    F: Fn(Context, I) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = Result<A, Problem>> + 'static,
{
    let handle = move |context: Context, input: Input| -> Acknowledged {
        let handler = handler.clone();
        Box::pin(async move {
            let request = I::parse(&input, context.chat.limits())?;
            let acknowledgement = handler(context, request).await?;
            serde_json::to_string(&acknowledgement).map_err(|error| Error::Internal(error.into()).into())
        })
    };
    let (request, accepted) = (of::<I> as Make, of::<A> as Make);
    ClientEvent {
        name,
        summary: "",
        request,
        accepted,
        codes: &[],
        action: None,
        scopes: Scopes::SIGN_IN,
        handle: Box::new(handle),
    }
}

impl ClientEvent {
    /// Says what it does.
    pub(crate) fn does(self, summary: &'static str) -> Self {
        Self { summary, ..self }
    }

    /// Says which scopes a token needs for it.
    pub(crate) fn needing(self, scopes: Scopes) -> Self {
        Self { scopes, ..self }
    }

    /// Limits how often a user may send it.
    pub(crate) fn limited(self, action: Action) -> Self {
        Self { action: Some(action), ..self }
    }

    /// Names the codes that it alone may be refused with.
    pub(crate) fn refuses(self, codes: &'static [&'static str]) -> Self {
        Self { codes, ..self }
    }

    /// Returns the codes that it may be refused with beside those of any event.
    pub(crate) fn refusals(&self) -> Vec<&'static str> {
        self.codes.iter().copied().chain(self.action.map(|_| "rate_limited")).collect()
    }
}

/// What events are counted as whose name is none of ours.
pub(crate) const UNKNOWN: &str = "unknown";

/// Answers the clients of the socket; `table` has all events that they may send.
pub(crate) struct Events {
    pub(crate) chat: Arc<Chat>,
    pub(crate) addresses: Addresses,
    pub(crate) live: Arc<Live>,
    pub(crate) connections: Arc<Connections>,
    pub(crate) rates: Arc<RateLimits>,
    pub(crate) refusals: Refusals,
    pub(crate) table: Vec<ClientEvent>,
    /// How many events of each name clients have sent.
    pub(crate) received: Counters,
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
            accepted.map_err(|problem| connect::refusal(&problem, &self.refusals))
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
        let user = socket.client().me.id;
        let context = Context { chat: Arc::clone(&self.chat), socket, live: Arc::clone(&self.live) };
        Box::pin(async move {
            let handled = async {
                still(&self.chat, context.user())?;
                let known = self.table.iter().find(|known| known.name == event.name);
                self.received.add(known.map_or(UNKNOWN, |known| known.name));
                let ClientEvent { action, scopes, handle, .. } = known.ok_or(Problem::UnknownEvent)?;
                context.user().permit(*scopes)?;
                let argument = serde_json::from_str(event.args.first().map_or("null", |first| first.get()));
                let argument = argument.map_err(|error| unreadable(error.column(), &error))?;
                self.rates.check(*action, context.user().id)?;
                handle(context, Input::json(argument)).await
            };
            match handled.await {
                Ok(argument) => Reply::new(format!("[{argument}]")),
                Err(problem) => {
                    self.refusals.count(&problem);
                    self.rates.refuse(user).await;
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
    async fn accept(&self, handshake: &Handshake<Self>) -> Result<Connection<Client>, Problem> {
        let me = handshake.credentials.authenticate(&self.chat, handshake.auth.as_deref()).await?;
        me.permit(Scopes::EVENTS)?;
        handshake.permit.authenticated();
        let request = RecoveryRequest::of(handshake.auth.as_deref());
        let mut topics = vec![Topic::User(me.id), Topic::Session(me.session)];
        let rooms = match self.live.cluster() {
            Some(_) => rooms::ids(&self.chat, &me).await?,
            None => Vec::new(),
        };
        let Some(connection) = self.live.presence().connect(me.id, rooms) else {
            // One that is gone and not missed yet may make room.
            return Err(Problem::TooManySockets);
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
        Box::pin(async move { replay.await.map_err(|error| connect::refusal(&error.into(), &refusals)) })
    }
}
