//! The table of events.

use std::rc::Rc;
use std::sync::Arc;

use chat::accounts::{self, Me};
use chat::context::Chat;
use futures_util::future::LocalBoxFuture;
use realtime::dispatch::{Accepted, Dispatch, Handshake, Incoming, Refusal, Reply, Socket};
use realtime::topic::Topic;
use serde_json::value::RawValue;

use super::{connect, handlers};
use crate::origin::Addresses;
use crate::presence::{Here, Register};
use crate::problem::Problem;

/// Answers the clients of the socket.
pub(crate) struct Events {
    pub(crate) chat: Arc<Chat>,
    pub(crate) register: Register,
    pub(crate) addresses: Addresses,
}

/// A connected client; it counts as here until the last copy is dropped.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    pub(crate) me: Me,
    _here: Rc<Here>,
}

/// What handlers return: the JSON of the acknowledgement's one argument.
pub(super) type Acknowledged = Result<String, Problem>;

impl Dispatch for Events {
    type Client = Client;

    fn connect(
        self: Arc<Self>,
        handshake: Handshake,
    ) -> LocalBoxFuture<'static, Result<Accepted<Client>, Refusal>> {
        Box::pin(async move {
            let me = connect::authenticate(&self.chat, &self.addresses, &handshake).await?;
            let topics = vec![Topic::User(me.id), Topic::Session(me.session)];
            let here = Rc::new(self.register.enter(me.id));
            Ok(Accepted { client: Client { me, _here: here }, topics })
        })
    }

    fn event(self: Arc<Self>, socket: Socket<Client>, event: Incoming) -> LocalBoxFuture<'static, Reply> {
        Box::pin(async move {
            let Incoming { name, args } = event;
            let first = args.first().map(|arg| &**arg);
            match handle(&self.chat, &socket, &name, first).await {
                Ok(argument) => Reply(format!("[{argument}]")),
                Err(problem) => Reply(problem.acknowledgement()),
            }
        })
    }

    fn disconnected(self: Arc<Self>, client: Client) {
        drop(client);
    }
}

async fn handle(
    chat: &Chat,
    socket: &Socket<Client>,
    name: &str,
    argument: Option<&RawValue>,
) -> Acknowledged {
    accounts::still(chat, &socket.client().me)?;
    match name {
        "send_message" => handlers::send_message(chat, socket, argument).await,
        "edit_message" => handlers::edit_message(chat, socket, argument).await,
        "delete_message" => handlers::delete_message(chat, socket, argument).await,
        "react" => handlers::react(chat, socket, argument).await,
        "mark_read" => handlers::mark_read(chat, socket, argument).await,
        "mark_delivered" => handlers::mark_delivered(chat, socket, argument).await,
        "typing" => handlers::typing(chat, socket, argument).await,
        "join_room" => handlers::join_room(chat, socket, argument).await,
        "leave_room" => handlers::leave_room(socket, argument),
        "sync" => handlers::sync(chat, socket, argument).await,
        "set_user_id" => handlers::set_user_id(socket, argument),
        _ => Err(Problem::UnknownEvent),
    }
}
