//! Everything that a client may learn without having asked, and who is to learn it.

use std::sync::Arc;

use crate::change::Scope;
use crate::id::{MessageId, RoomId, SessionId, UserId};
use crate::message::Message;
use crate::receipt::Receipt;
use crate::room::Room;
use crate::time::Time;
use crate::user::{Friend, Profile};

/// The connection through which something was done; it learns the outcome from its answer, not from an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origin(pub u64);

/// A member of a room and how many of its messages they have not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listener {
    /// The member.
    pub user: UserId,
    /// Their unread messages in the room.
    pub unread: i64,
}

/// A change of the log with its content, true in the database before anybody is told.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Whose change it is.
    pub scope: Scope,
    /// What to tell: nothing if what changed is gone by now; the first to everybody whom no later one names, since a
    /// message looks otherwise to somebody who has deleted it, or what it answers, for themselves.
    pub events: Vec<Event>,
    /// The connection that made the change.
    pub origin: Option<Origin>,
}

/// Something to be told, and to whom.
#[derive(Debug, Clone)]
pub enum Event {
    /// A message was stored.
    MessageSent {
        /// The message as its readers see it.
        message: Arc<Message>,
        /// The members of its room.
        to: Vec<Listener>,
    },
    /// A message was edited.
    MessageEdited {
        /// The message as it is now.
        message: Arc<Message>,
        /// The members of its room.
        to: Vec<UserId>,
    },
    /// A message was unsent: nobody can read it any more.
    MessageUnsent {
        /// What is left of it.
        message: Arc<Message>,
        /// The members of its room.
        to: Vec<UserId>,
    },
    /// The reactions to a message changed.
    MessageReacted {
        /// The message with its reactions.
        message: Arc<Message>,
        /// The members of its room.
        to: Vec<UserId>,
    },
    /// A user deleted a message for themselves.
    MessageHidden {
        /// The room.
        room: RoomId,
        /// The message.
        message: MessageId,
        /// Its place in the room.
        seq: i64,
        /// The user.
        to: UserId,
    },
    /// A member received or read more of a room.
    MarksMoved {
        /// The marks.
        receipt: Receipt,
        /// The members of the room.
        to: Vec<UserId>,
    },
    /// A member began or stopped typing.
    Typing {
        /// The room.
        room: RoomId,
        /// Who types.
        user: UserId,
        /// Whether they do.
        is_typing: bool,
        /// The other members.
        to: Vec<UserId>,
    },
    /// A user came or went.
    PresenceChanged {
        /// The user.
        user: UserId,
        /// Whether they have a connection now.
        online: bool,
        /// When their last connection ended.
        last_seen: Option<Time>,
        /// Their friends.
        to: Vec<UserId>,
    },
    /// Somebody asks to be a friend.
    FriendRequested {
        /// Who asks.
        friend: Friend,
        /// Who is asked.
        to: UserId,
    },
    /// Two users became friends.
    FriendAccepted {
        /// The new friend, as `to` sees them.
        friend: Friend,
        /// Who is told.
        to: UserId,
    },
    /// A friendship or a request is no more.
    FriendRemoved {
        /// The one who is a friend no longer.
        user: UserId,
        /// Who is told.
        to: UserId,
    },
    /// A room came to be.
    RoomCreated {
        /// The room, as `to` sees it.
        room: Box<Room>,
        /// Who is told.
        to: UserId,
    },
    /// A user changed what others see of them.
    ProfileChanged {
        /// What others see now.
        profile: Profile,
        /// Who is told: the user, a friend or a member of a room of theirs.
        to: UserId,
    },
    /// A sign-in came to its end; its connections close after this.
    SessionRevoked {
        /// The sign-in.
        session: SessionId,
    },
}
