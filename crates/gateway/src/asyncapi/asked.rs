//! The table of what a client may ask.

use domain::receipt::RoomReceipt;
use schemars::{Schema, SchemaGenerator, json_schema};

use super::says;
use super::schemas::{Make, of};
use crate::socket::answer::{Accepted, Hidden, Joined, Left, Nothing, TheMessage};
use crate::wire::sync::Answer;

/// An event.
pub(super) struct Asked {
    pub(super) name: &'static str,
    /// What it does.
    pub(super) does: &'static str,
    pub(super) payload: Make,
    pub(super) accepted: Make,
    /// The codes that it alone may be refused with.
    codes: &'static [&'static str],
}

impl Asked {
    /// The codes that it may be refused with.
    pub(super) fn codes(&self) -> Vec<&'static str> {
        let any = ["unauthorized", "busy", "unavailable", "outcome_unknown", "no_space", "internal"];
        self.codes.iter().copied().chain(any).collect()
    }
}

fn asked(
    name: &'static str,
    does: &'static str,
    (payload, accepted): (Make, Make),
    codes: &'static [&'static str],
) -> Asked {
    Asked { name, does, payload, accepted, codes }
}

type Message<'a> = Accepted<TheMessage<'a>>;

/// Every event.
pub(super) fn all() -> [Asked; 11] {
    let [send, edit, delete, react] = about_messages();
    [
        send,
        edit,
        delete,
        react,
        asked(
            "mark_read",
            "Marks a room read, up to a message or the newest.",
            (of::<says::Mark>, of::<Accepted<RoomReceipt>>),
            &["validation", "not_found"],
        ),
        asked(
            "mark_delivered",
            "Marks a room delivered, up to a message or the newest.",
            (of::<says::Mark>, of::<Accepted<RoomReceipt>>),
            &["validation", "not_found"],
        ),
        asked(
            "typing",
            "Tells the other members that one types, or no longer does.",
            (of::<says::Types>, of::<Accepted<Nothing>>),
            &["validation", "not_found"],
        ),
        asked(
            "join_room",
            "Turns `new_message` into `receive_message` for a room, on this socket.",
            (of::<says::Room>, of::<Accepted<Joined>>),
            &["validation", "not_found"],
        ),
        asked(
            "leave_room",
            "Takes `join_room` back.",
            (of::<says::Room>, of::<Accepted<Left>>),
            &["validation", "not_found"],
        ),
        asked(
            "sync",
            "Asks what was missed since a cursor.",
            (of::<says::Sync>, of::<Accepted<Answer>>),
            &["validation"],
        ),
        asked(
            "set_user_id",
            "Says who one is, which the server knows: any other id than one's own is refused.",
            (of::<says::Number>, of::<Accepted<Nothing>>),
            &["forbidden"],
        ),
    ]
}

fn about_messages() -> [Asked; 4] {
    [
        asked(
            "send_message",
            "Sends a message.",
            (of::<says::Send>, of::<Message<'_>>),
            &["validation", "not_found", "client_msg_id_reused"],
        ),
        asked(
            "edit_message",
            "Changes the words of one's own message.",
            (of::<says::Edit>, of::<Message<'_>>),
            &["validation", "not_found", "forbidden", "too_late", "message_unsent", "too_many_edits"],
        ),
        asked(
            "delete_message",
            "Takes one's own message back from everybody, or deletes any message for oneself.",
            (of::<says::Delete>, deleted),
            &["validation", "not_found", "forbidden", "too_late"],
        ),
        asked(
            "react",
            "Puts an emoji to a message, or takes one's own off.",
            (of::<says::React>, of::<Message<'_>>),
            &["validation", "not_found", "message_unsent", "too_many_reactions"],
        ),
    ]
}

/// What is left of the message, or its name.
fn deleted(schemas: &mut SchemaGenerator) -> Schema {
    let (everybody, oneself) = (of::<Message<'_>>(schemas), of::<Accepted<Hidden>>(schemas));
    json_schema!({ "oneOf": [everybody, oneself] })
}
