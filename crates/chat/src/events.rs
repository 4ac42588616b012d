//! Makes events of log entries, from the database as it is now: for publishing, `/sync`, replay and refill alike.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use domain::event::{Audience, Event, Logged, Reader};
use domain::event_table::{LogEntry, Payload};
use domain::id::{RoomId, UserId};
use domain::log::Scope;
use domain::message::{Message, MessageSeq};
use domain::payload::{
    MessageEdited, MessageExpired, MessageHidden, MessageReacted, MessageUnsent, NewMessage, ProfileChanged,
};
use domain::receipt::{Receipt, RoomReceipt};
use domain::room::Membership;
use domain::time::Time;
use live::Live;
use persistence::Conn;
use persistence::error::Error as Stored;
use persistence::hidden::{self, HiddenMessage};
use persistence::log::LogRow;
use persistence::messages::seen_by;
use persistence::receipts::MovedReceipt;
use persistence::viewer::{NOBODY, Viewer};
use persistence::{messages, pins, receipts, system_messages, users};
use serde_json::value::to_raw_value;

mod forms;
mod moved;
mod people;
mod rooms;

use forms::{Forms, message_pinned, message_previewed};
pub(crate) use moved::receipt_moved;

/// Makes an event; serialising our own values cannot fail, and were one to, clients miss that event alone.
pub(crate) fn event<P: Payload>(payload: &P, audience: Audience) -> Option<Event> {
    logged_if_failed(Event::new(payload, audience))
}

fn logged_if_failed<T>(serialised: serde_json::Result<T>) -> Option<T> {
    serialised.inspect_err(|error| tracing::error!(%error, "an event cannot be serialised")).ok()
}

fn for_user<P: Payload>(user: UserId, payload: &P) -> Vec<Event> {
    event(payload, Audience::Users(vec![user])).into_iter().collect()
}

/// Makes the events of a new message: readers who have hidden it, or what it answers, see it without.
///
/// `hidden` has what is hidden of the message and of the one that it answers.
pub(crate) fn message_sent(
    message: &Message,
    readers: Vec<Reader>,
    hidden: &HashSet<HiddenMessage>,
) -> Vec<Event> {
    let forms = Forms::split(message, readers, |reader| reader.user, hidden);
    forms.events(message, |message, readers| {
        let body = logged_if_failed(to_raw_value(message))?;
        let audience = Audience::Readers { room: message.room, sender: message.sender, readers };
        Some(Event { name: NewMessage::NAME.into(), body, audience })
    })
}

/// Makes the events of these entries as they are now; with a `viewer` as they alone get them, messages with their own
/// read status.
pub(crate) fn build(
    conn: &mut Conn,
    live: &Live,
    rows: &[LogRow],
    (viewer, now): (Option<UserId>, Time),
) -> Result<Vec<Logged>, Stored> {
    let builder = Builder::load(conn, rows, (viewer, now))?;
    let logged = |LogRow { position, entry }: &LogRow| {
        let events = match builder.events(conn, live, *entry) {
            // What it is about is gone by now.
            Err(Stored::NotFound) => Vec::new(),
            events => events?,
        };
        Ok(Logged { position: *position, entry: *entry, events, origin: None })
    };
    rows.iter().map(logged).collect()
}

/// What many entries are about, loaded at once.
struct Builder {
    viewer: Option<UserId>,
    now: Time,
    messages: HashMap<MessageSeq, Message>,
    /// Who has hidden these messages, or those that they answer.
    hidden: HashSet<HiddenMessage>,
    members: HashMap<RoomId, Vec<Receipt>>,
    /// What they have hidden and not read.
    unread_hidden: Vec<HiddenMessage>,
    /// The system messages that a member has not read.
    unread_system: HashMap<RoomId, Vec<i64>>,
    /// One for each member, however often it moved.
    receipts: HashMap<Membership, RoomReceipt>,
    /// The rooms where receipts moved whose members do not see how far others have read.
    private: HashSet<RoomId>,
}

impl Builder {
    fn load(conn: &mut Conn, rows: &[LogRow], (viewer, now): (Option<UserId>, Time)) -> Result<Self, Stored> {
        let entries = || rows.iter().map(|row| row.entry);
        let named = distinct(entries().filter_map(LogEntry::message));
        let messages = messages::at(conn, Viewer { user: viewer.unwrap_or(NOBODY), now }, &named)?;
        let answered = messages.iter().filter_map(|message| {
            Some(MessageSeq { room: message.room, seq: message.reply_to.as_ref()?.seq })
        });
        let hidden = hidden::at(conn, &distinct(named.iter().copied().chain(answered)))?;
        let of = distinct(entries().filter_map(LogEntry::room));
        let of: Vec<&[u8]> = of.iter().map(RoomId::bytes).collect();
        let unread_system = system_messages::unread(conn, &of, viewer)?;
        let (members, unread_hidden) = match of.as_slice() {
            [] => (HashMap::new(), Vec::new()),
            of => (receipts::of_rooms(conn, of, viewer)?, hidden::unread(conn, of, viewer)?),
        };
        let moved = distinct(entries().filter_map(|entry| match entry {
            LogEntry::ReceiptMoved { member, .. } => Some((member.room, member.user)),
            _ => None,
        }));
        let receipts = moved::load(conn, &members, &moved)?;
        let moved: Vec<&[u8]> = moved.iter().map(|(room, _)| room.bytes()).collect();
        let private = receipts::private(conn, &moved)?;
        let by_seq = |message: Message| (message.at(), message);
        let messages = messages.into_iter().map(by_seq).collect();
        Ok(Self { viewer, now, messages, hidden, members, unread_hidden, unread_system, receipts, private })
    }

    fn events(&self, conn: &mut Conn, live: &Live, entry: LogEntry) -> Result<Vec<Event>, Stored> {
        Ok(match entry {
            LogEntry::MessageSent { .. } => self.sent(entry),
            LogEntry::MessageEdited { .. } => {
                self.changed(entry, |message, to| event(&MessageEdited { message }, to))
            }
            LogEntry::MessageUnsent { .. } => {
                self.changed(entry, |message, to| event(&MessageUnsent { message }, to))
            }
            LogEntry::MessageReacted { .. } => {
                self.changed(entry, |message, to| event(&MessageReacted { message }, to))
            }
            LogEntry::MessagePinned { room, seq } => {
                let pinned = pins::find(conn, MessageSeq { room, seq })?;
                self.changed(entry, |message, to| event(&message_pinned(message, pinned), to))
            }
            LogEntry::MessagePreviewed { .. } => {
                self.changed(entry, |message, to| event(&message_previewed(message), to))
            }
            LogEntry::MessageExpired { room, seq } => {
                let message_id = self.message(entry).ok_or(Stored::NotFound)?.id;
                self.for_members(room, &MessageExpired { chatroom_id: room, message_id, seq })
            }
            LogEntry::MessageHidden { to, message } => self.hidden_for(conn, to, message)?,
            LogEntry::ReceiptMoved { to, member } => {
                let receipt = *self.receipts.get(&member).ok_or(Stored::NotFound)?;
                let is_private = self.private.contains(&member.room);
                receipt_moved(&MovedReceipt { receipt, to, is_private }, self.users(member.room))
            }
            LogEntry::FriendRequested { .. }
            | LogEntry::FriendAccepted { .. }
            | LogEntry::FriendRemoved { .. }
            | LogEntry::UserBlocked { .. }
            | LogEntry::UserUnblocked { .. }
            | LogEntry::SettingsChanged { .. }
            | LogEntry::ExportReady { .. } => people::events(conn, live, entry)?,
            LogEntry::RoomCreated { .. }
            | LogEntry::RequestChanged { .. }
            | LogEntry::MemberLeft { .. }
            | LogEntry::RoomUpdated { .. }
            | LogEntry::DisappearAfterChanged { .. }
            | LogEntry::MemberAdded { .. }
            | LogEntry::RoleChanged { .. }
            | LogEntry::RoomSettingsChanged { .. }
            | LogEntry::ScheduledMessagesChanged { .. } => self.room_events(conn, entry)?,
            LogEntry::ProfileChanged { to, user } => {
                let changed = ProfileChanged { user: &users::shown(conn, user)? };
                event(&changed, self.audience(to)).into_iter().collect()
            }
        })
    }

    fn hidden_for(&self, conn: &mut Conn, to: UserId, message: MessageSeq) -> Result<Vec<Event>, Stored> {
        self.member(conn, message.room, to)?;
        let message_id = self.messages.get(&message).ok_or(Stored::NotFound)?.id;
        Ok(for_user(to, &MessageHidden { chatroom_id: message.room, message_id, seq: message.seq }))
    }

    fn sent(&self, entry: LogEntry) -> Vec<Event> {
        let Some(message) = self.message(entry) else { return Vec::new() };
        let hidden = |user| self.unread_hidden(message.room, user);
        let system = self.unread_system.get(&message.room).map_or(&[][..], Vec::as_slice);
        let unread = |member: &Receipt| member.unread(message.seq, hidden(member.user), system);
        let reader = |member: &Receipt| Reader { user: member.user, unread: unread(member) };
        message_sent(&message, self.readers(message.room).map(reader).collect(), &self.hidden)
    }

    /// Returns the seqs of the messages of a room that a member has hidden and not read.
    fn unread_hidden(&self, room: RoomId, user: UserId) -> impl Iterator<Item = i64> {
        let by_user = self.unread_hidden.iter().filter(move |hidden| hidden.user == user);
        by_user
            .map(|hidden| hidden.message)
            .filter(move |message| message.room == room)
            .map(|message| message.seq)
    }

    /// Makes the events of a message that changed; members who have hidden it get none.
    fn changed(&self, entry: LogEntry, event: impl Fn(&Message, Audience) -> Option<Event>) -> Vec<Event> {
        let Some(message) = self.message(entry) else { return Vec::new() };
        let forms = Forms::split(&message, self.users(message.room), |user| *user, &self.hidden);
        let room = message.room;
        forms.shown().events(&message, |message, users| event(message, Audience::Members { room, users }))
    }

    /// Returns the message that an entry is about, as the viewer sees it.
    fn message(&self, entry: LogEntry) -> Option<Cow<'_, Message>> {
        let found = self.messages.get(&entry.message()?)?;
        Some(match (self.viewer, self.members.get(&found.room)) {
            (Some(viewer), Some(members)) => Cow::Owned(seen_by(found.clone(), viewer, members)),
            _ => Cow::Borrowed(found),
        })
    }

    /// The members of a room who get its events: all, or the viewer.
    fn readers(&self, room: RoomId) -> impl Iterator<Item = &Receipt> {
        let members = self.members.get(&room).into_iter().flatten();
        members.filter(|member| self.viewer.is_none_or(|viewer| viewer == member.user))
    }

    fn audience(&self, to: Scope) -> Audience {
        match to {
            Scope::User(to) => Audience::Users(vec![to]),
            Scope::Room(room) => Audience::Members { room, users: self.users(room) },
        }
    }

    fn for_members<P: Payload>(&self, room: RoomId, payload: &P) -> Vec<Event> {
        event(payload, self.audience(room.into())).into_iter().collect()
    }

    fn users(&self, room: RoomId) -> Vec<UserId> {
        self.readers(room).map(|member| member.user).collect()
    }
}

fn distinct<T: Ord>(values: impl Iterator<Item = T>) -> Vec<T> {
    let mut values: Vec<T> = values.collect();
    values.sort_unstable();
    values.dedup();
    values
}
