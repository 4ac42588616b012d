//! A connected client, and what the handlers of its events work with.

use std::rc::Rc;
use std::sync::Arc;

use chat::accounts::AuthUser;
use chat::context::Chat;
use domain::event::Origin;
use live::Live;
use live::presence::UserConnection;
use realtime::Socket;

use super::replay::Recoverable;

/// A connected client; counts as a connection of its user until the last copy is dropped.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    pub(crate) me: AuthUser,
    pub(crate) recovers: Option<Rc<Recoverable>>,
    _connection: Rc<UserConnection>,
}

impl Client {
    pub(crate) fn new(
        me: AuthUser,
        recovers: Option<Rc<Recoverable>>,
        connection: Rc<UserConnection>,
    ) -> Self {
        Self { me, recovers, _connection: connection }
    }
}

/// What handlers work with.
pub(crate) struct Context {
    pub(crate) chat: Arc<Chat>,
    pub(crate) socket: Socket<Client>,
    pub(crate) live: Arc<Live>,
}

impl Context {
    pub(crate) fn user(&self) -> &AuthUser {
        &self.socket.client().me
    }

    /// The socket, which learns the outcome from its acknowledgement and not from an event.
    pub(crate) fn origin(&self) -> Origin {
        Origin(self.socket.id().0)
    }
}
