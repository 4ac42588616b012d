//! Counts the connections of each user and has friends told when the first comes and the last goes.

use std::sync::Arc;

use chat::context::Chat;
use domain::id::UserId;
use realtime::presence::Presence;
use tokio::sync::mpsc;

use crate::cluster::Cluster;

/// A change to be told; one task tells them all, so that they are told in order.
#[derive(Debug)]
pub(crate) enum Change {
    Came(UserId),
    Went(UserId),
}

/// Where connections register.
#[derive(Clone)]
pub(crate) struct Register {
    pub(crate) presence: Arc<Presence>,
    pub(crate) cluster: Option<Arc<Cluster>>,
    pub(crate) changes: mpsc::UnboundedSender<Change>,
}

/// Counts as one connection of a user until it is dropped.
pub(crate) struct Here {
    user: UserId,
    register: Register,
}

impl Register {
    /// Counts one more connection.
    pub(crate) fn enter(&self, user: UserId) -> Here {
        if self.presence.enter(user) && self.cluster.as_ref().is_none_or(|cluster| cluster.enter(user)) {
            self.tell(Change::Came(user));
        }
        Here { user, register: self.clone() }
    }

    fn tell(&self, change: Change) {
        if self.changes.send(change).is_err() {
            tracing::debug!("the server stops; nobody is told of presence any more");
        }
    }
}

impl Drop for Here {
    fn drop(&mut self) {
        let Register { presence, cluster, .. } = &self.register;
        if presence.leave(self.user) && cluster.as_ref().is_none_or(|cluster| cluster.leave(self.user)) {
            self.register.tell(Change::Went(self.user));
        }
    }
}

impl std::fmt::Debug for Here {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Here").field(&self.user).finish()
    }
}

/// Tells of changes until the last [`Register`] is gone.
pub(crate) async fn tell(chat: Arc<Chat>, mut changes: mpsc::UnboundedReceiver<Change>) {
    while let Some(change) = changes.recv().await {
        let told = match change {
            Change::Came(user) => chat::presence::arrive(&chat, user).await,
            Change::Went(user) => chat::presence::leave(&chat, user).await,
        };
        told.unwrap_or_else(|error| tracing::warn!(%error, "friends could not be told of presence"));
    }
}
