//! The forms of a message: those who have hidden it, or what it answers, see it without.

use std::borrow::Cow;
use std::collections::HashSet;

use domain::event::Event;
use domain::id::UserId;
use domain::message::{Message, MessageSeq};
use domain::payload::{MessagePinned, MessagePreviewed, Pin};
use persistence::hidden::HiddenMessage;
use persistence::pins::PinnedMessage;

/// Who sees a message how.
pub(super) struct Forms<T> {
    whole: Vec<T>,
    /// They have hidden the message that it answers.
    without_quote: Vec<T>,
    /// They have hidden the message itself.
    hidden: Vec<T>,
}

impl<T> Forms<T> {
    pub(super) fn split(
        message: &Message,
        to: Vec<T>,
        user: impl Fn(&T) -> UserId,
        hidden: &HashSet<HiddenMessage>,
    ) -> Self {
        let room = message.room;
        let hides = |to: &T, seq: i64| {
            hidden.contains(&HiddenMessage { user: user(to), message: MessageSeq { room, seq } })
        };
        let answered = message.reply_to.as_ref().map(|quote| quote.seq);
        let (hidden, to): (Vec<T>, Vec<T>) = to.into_iter().partition(|to| hides(to, message.seq));
        let (without_quote, whole) =
            to.into_iter().partition(|to| answered.is_some_and(|seq| hides(to, seq)));
        Self { whole, without_quote, hidden }
    }

    /// Leaves out those who have hidden it.
    pub(super) fn shown(self) -> Self {
        Self { hidden: Vec::new(), ..self }
    }

    /// Makes an event for each form that anybody sees.
    pub(super) fn events(
        self,
        message: &Message,
        event: impl Fn(&Message, Vec<T>) -> Option<Event>,
    ) -> Vec<Event> {
        let mut events = Vec::with_capacity(1);
        if !self.whole.is_empty() {
            events.extend(event(message, self.whole));
        }
        if !self.without_quote.is_empty() {
            events.extend(event(&message.clone().without_quote(), self.without_quote));
        }
        if !self.hidden.is_empty() {
            events.extend(event(&message.clone().without_content(), self.hidden));
        }
        events
    }
}

/// A message that was unsent is pinned no longer.
pub(super) fn message_pinned(message: &Message, pinned: Option<PinnedMessage>) -> MessagePinned<'_> {
    let pinned = pinned.filter(|_| !message.deleted);
    let pin = pinned.map(|PinnedMessage { by, at, .. }| Pin {
        message: Cow::Borrowed(message),
        pinned_by: by,
        pinned_at: at,
    });
    MessagePinned { chatroom_id: message.room, message_id: message.id, pin }
}

pub(super) fn message_previewed(message: &Message) -> MessagePreviewed<'_> {
    let preview = message.extras.as_ref().and_then(|extras| extras.preview.as_ref());
    MessagePreviewed { chatroom_id: message.room, message_id: message.id, seq: message.seq, preview }
}
