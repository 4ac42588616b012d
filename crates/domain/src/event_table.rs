//! The table of events: names, payloads, delivery and audiences.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};

use crate::id::{RoomId, UserId};
use crate::log::{Columns, Scope, Subject as _};
use crate::message::MessageSeq;
use crate::payload;
use crate::room::Membership;

/// What an event carries.
pub trait Payload: Serialize + JsonSchema {
    /// The name of the event.
    const NAME: &'static str;
}

/// How an event reaches clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// It is in the log: a client that has missed it gets it later.
    Logged,
    /// A client that misses it never gets it.
    Volatile,
    /// It is about the connection that gets it.
    Connection,
}

impl Delivery {
    /// Returns its tag in the AsyncAPI document.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Logged => "logged",
            Self::Volatile => "volatile",
            Self::Connection => "connection",
        }
    }
}

/// An event as documents describe it.
#[derive(Debug, Clone, Copy)]
pub struct Description {
    /// Its name.
    pub name: &'static str,
    /// What happened.
    pub summary: &'static str,
    /// Who gets it.
    pub audience: &'static str,
    /// How it reaches them.
    pub delivery: Delivery,
    /// The schema of its payload.
    pub payload: fn(&mut SchemaGenerator) -> Schema,
    /// The schema of its payload as a socket gets it: with its position, if it is in the log.
    pub argument: fn(&mut SchemaGenerator) -> Schema,
}

macro_rules! events {
    (
        logged {$(
            $entry:ident { $scope:ident: $scope_type:ty, $subject:ident: $subject_type:ty } $kind:literal
            $name:literal $payload:ty, $summary:literal, $audience:expr;
        )*}
        $($delivery:ident {$(
            $other:literal $other_payload:ty, $other_summary:literal, $other_audience:expr;
        )*})*
    ) => {
        /// A row of the event log: what happened to what. It does not say how things were: an event that is made of it
        /// later shows them as they are by then.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum LogEntry {$(
            #[doc = $summary]
            $entry {
                /// Whom it concerns.
                $scope: $scope_type,
                /// What it is about.
                $subject: $subject_type,
            },
        )*}

        impl LogEntry {
            /// Returns whom it concerns.
            pub fn scope(self) -> Scope {
                match self {
                    $(Self::$entry { $scope, .. } => $scope.into(),)*
                }
            }

            /// Returns the message that it is about, if it is about one.
            pub fn message(self) -> Option<MessageSeq> {
                match self {
                    $(Self::$entry { $scope, $subject } => $subject.message($scope.into()),)*
                }
            }

            /// Returns the name of its event.
            pub fn event(self) -> &'static str {
                match self {
                    $(Self::$entry { .. } => $name,)*
                }
            }

            /// Returns its columns.
            pub fn columns(self) -> Columns<'static> {
                let scope = self.scope();
                let (kind, (room, subject)) = match self {
                    $(Self::$entry { $subject, .. } => ($kind, $subject.columns()),)*
                };
                Columns { scope, kind, room, subject }
            }

            /// Reads its columns.
            pub fn parse(columns: Columns<'_>) -> Option<Self> {
                Some(match columns.kind {
                    $($kind => Self::$entry {
                        $scope: columns.scope.try_into().ok()?,
                        $subject: <$subject_type>::parse(columns)?,
                    },)*
                    _ => return None,
                })
            }
        }

        $(impl Payload for $payload {
            const NAME: &'static str = $name;
        })*
        $($(impl Payload for $other_payload {
            const NAME: &'static str = $other;
        })*)*

        /// Every event.
        pub const EVENTS: &[Description] = &[
            $(Description {
                name: $name,
                summary: $summary,
                audience: $audience,
                delivery: Delivery::Logged,
                payload: SchemaGenerator::subschema_for::<$payload>,
                argument: SchemaGenerator::subschema_for::<payload::AtPosition<$payload>>,
            },)*
            $($(Description {
                name: $other,
                summary: $other_summary,
                audience: $other_audience,
                delivery: Delivery::$delivery,
                payload: SchemaGenerator::subschema_for::<$other_payload>,
                argument: events!(@argument $delivery $other_payload),
            },)*)*
        ];
    };
    (@argument Logged $payload:ty) => { SchemaGenerator::subschema_for::<payload::AtPosition<$payload>> };
    (@argument $delivery:ident $payload:ty) => { SchemaGenerator::subschema_for::<$payload> };
}

/// Returns the events that are rows of the log: each once, as `/sync` has them.
pub fn logged() -> impl Iterator<Item = &'static Description> {
    // Rooms that a socket has joined make no difference there.
    EVENTS
        .iter()
        .filter(|event| event.delivery == Delivery::Logged && event.name != payload::ReceivedMessage::NAME)
}

const MEMBERS_BUT_ORIGIN: &str = "all sockets of all members, but the one that did it";
const OTHERS: &str = "all sockets of all members who have the message, but the one that did it";
const SELF: &str = "this socket alone";

// An entry of the log with its scope and its subject, its kind in the database, the name and payload of the event that
// follows from it, what happened, and who gets it. The rest are events that are not entries of their own.
events! {
    logged {
        MessageSent { room: RoomId, seq: i64 } "sent"
            "new_message" payload::NewMessage<'_>,
            "Somebody sent a message.",
            "all sockets of all members, but the one that sent it and those that joined the room";
        MessageEdited { room: RoomId, seq: i64 } "edited"
            "message_updated" payload::MessageEdited<'_>,
            "A message was edited.",
            OTHERS;
        MessageUnsent { room: RoomId, seq: i64 } "unsent"
            "message_deleted" payload::MessageUnsent<'_>,
            "A message was unsent.",
            OTHERS;
        MessageReacted { room: RoomId, seq: i64 } "reacted"
            "message_reacted" payload::MessageReacted<'_>,
            "The reactions to a message changed.",
            OTHERS;
        MessagePinned { room: RoomId, seq: i64 } "pinned"
            "message_pinned" payload::MessagePinned<'_>,
            "A message was pinned to its room, or unpinned.",
            OTHERS;
        MessagePreviewed { room: RoomId, seq: i64 } "previewed"
            "message_previewed" payload::MessagePreviewed<'_>,
            "The preview of a message's first link came, or changed.",
            "all sockets of all members who have the message";
        MessageExpired { room: RoomId, seq: i64 } "expired"
            "message_expired" payload::MessageExpired,
            "A message has disappeared for everybody.",
            "all sockets of all members";
        MessageHidden { to: UserId, message: MessageSeq } "hidden"
            "message_hidden" payload::MessageHidden,
            "The user deleted a message for themselves.",
            "their other sockets";
        ReceiptMoved { to: Scope, member: Membership } "marks"
            "message_status" payload::RoomReceipt,
            "A member received or read more of a room.",
            "all sockets of all members, or of that member alone, but the one that moved it";
        FriendRequested { to: UserId, user: UserId } "requested"
            "friend_request" payload::FriendRequested<'_>,
            "Somebody asks to be a friend.",
            "who is asked";
        FriendAccepted { to: UserId, user: UserId } "accepted"
            "friend_accepted" payload::FriendAccepted<'_>,
            "Two users became friends.",
            "both";
        FriendRemoved { to: UserId, user: UserId } "removed"
            "friend_removed" payload::FriendRemoved,
            "A friendship ended, or a request was taken back or turned down.",
            "both when a friendship ends or a request is taken back; who turned a request down; all who knew an \
             account that was deleted";
        UserBlocked { to: UserId, user: UserId } "blocked"
            "user_blocked" payload::UserBlocked<'_>,
            "The user blocked somebody.",
            "their other sockets";
        UserUnblocked { to: UserId, user: UserId } "unblocked"
            "user_unblocked" payload::UserUnblocked,
            "The user took a block back, or whom they blocked is no more.",
            "their other sockets";
        SettingsChanged { to: UserId, user: UserId } "user_settings"
            "settings_updated" payload::SettingsChanged<'_>,
            "The user changed their settings.",
            "their other sockets";
        ExportReady { to: UserId, user: UserId } "export"
            "export_ready" payload::ExportReady<'_>,
            "The copy of all that is the user's own can be fetched.",
            "all sockets of the user";
        RoomCreated { to: UserId, room: RoomId } "room"
            "chatroom_created" payload::RoomCreated<'_>,
            "A room came to be for the user: it was made, or they came into it.",
            "all sockets of those who are in it from then on";
        RequestChanged { to: UserId, room: RoomId } "request"
            "chatroom_request" payload::RequestChanged,
            "A message request was accepted or ignored.",
            "both members when it is accepted, who ignored it else; all their sockets, but the one that did it";
        RoomUpdated { room: RoomId, user: UserId } "updated"
            "chatroom_updated" payload::RoomUpdated,
            "A group got another name or picture.",
            MEMBERS_BUT_ORIGIN;
        DisappearAfterChanged { room: RoomId, user: UserId } "disappear"
            "disappear_after_changed" payload::DisappearAfterChanged,
            "Messages of a room disappear from now on, after another time than before, or no longer.",
            MEMBERS_BUT_ORIGIN;
        MemberAdded { room: RoomId, user: UserId } "added"
            "member_added" payload::MemberAdded,
            "A group has one member more.",
            MEMBERS_BUT_ORIGIN;
        MemberLeft { to: Scope, member: Membership } "left"
            "member_left" payload::MemberLeft,
            "A member left a group, or was removed.",
            "all sockets of the members who stay and of the one who left, but the one that did it";
        RoleChanged { room: RoomId, user: UserId } "role"
            "role_changed" payload::RoleChanged,
            "A member of a group got another role.",
            MEMBERS_BUT_ORIGIN;
        RoomSettingsChanged { to: UserId, room: RoomId } "settings"
            "room_settings" payload::RoomSettingsChanged,
            "The user muted, archived, pinned or marked a room, or left a draft in it.",
            "their other sockets";
        ScheduledMessagesChanged { to: UserId, room: RoomId } "scheduled"
            "scheduled_messages" payload::ScheduledMessagesChanged,
            "The user's messages that wait for a room changed, or one of them was sent.",
            "all sockets of the user";
        ProfileChanged { to: Scope, user: UserId } "profile"
            "user_updated" payload::ProfileChanged<'_>,
            "A user changed their profile.",
            "oneself, friends, members of rooms that the user is in or has left; once for each large room";
    }
    Logged {
        // The other form of `new_message`.
        "receive_message" payload::ReceivedMessage<'_>,
            "Somebody sent a message to a room that this socket has joined.",
            "the sockets that joined the room, the sender's too";
    }
    Volatile {
        "typing" payload::Typing,
            "A member began or stopped typing.",
            "all sockets of the other members";
        "presence" payload::Presence,
            "A user's first socket came, or the last one went, or they show it to others now.",
            "those who see the user's presence, as both have set it";
    }
    Connection {
        "heads" payload::RoomPositions,
            "Rooms have changed since this was last sent.",
            "the members of these rooms";
        "session" payload::Session,
            "A connection that can be recovered begins; the first event that it gets.",
            SELF;
        "synced" payload::Synced,
            "What was missed since the cursor of CONNECT has been sent.",
            SELF;
        "sync_required" payload::SyncRequired,
            "More was missed since the cursor of CONNECT than is sent at once: ask `sync`.",
            SELF;
        "session_revoked" payload::SessionRevoked,
            "The session ended; the socket closes after this.",
            "the sockets of the session";
        "restart" payload::Restart,
            "The server stops; the socket closes after this.",
            "all sockets";
    }
}

impl LogEntry {
    /// Returns the room that it changes for its members, or for one of them.
    pub fn room(self) -> Option<RoomId> {
        match self {
            Self::ReceiptMoved { member, .. } => Some(member.room),
            _ => self.scope().room().or_else(|| self.message().map(|message| message.room)),
        }
    }
}

#[cfg(test)]
mod tests;
