//! Reactions to messages.

use std::collections::HashSet;

use domain::event::Origin;
use domain::event_table::LogEntry;
use domain::message::{Message, MessageRef};
use domain::reaction::{DIFFERENT_MAX, Emoji};
use persistence::members::RoomMember;
use persistence::revisions::LockedMessage;
use persistence::{Conn, reactions, revisions};

use crate::accounts::AuthUser;
use crate::blocks::refuse_room;
use crate::context::Chat;
use crate::error::{Error, Refusal, Resource};
use crate::hidden::still_there;
use crate::log::{publish, record};
use crate::membership;
use crate::messages::seen;

/// An emoji to put to a message, or to take off it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReactionUpdate {
    /// The emoji.
    pub emoji: Emoji,
    /// Whether it is to be there.
    pub on: bool,
}

/// Puts an emoji to a message, or takes one's own off it; what is so already stays so.
pub async fn react(
    chat: &Chat,
    me: &AuthUser,
    MessageRef { room, message }: MessageRef,
    update: ReactionUpdate,
    origin: Option<Origin>,
) -> Result<Message, Error> {
    let viewer = chat.viewer(me.id);
    let reacted = chat.db.transaction(move |conn| {
        let member = membership::find(conn, viewer, room)?;
        // Locked, so that reactions at the same time are never too many.
        let locked =
            revisions::lock(conn, &member, message).map_err(|e| Error::or_not_found(e, Resource::Message))?;
        still_there(conn, &member, locked.at.seq)?;
        refuse_room(conn, &member)?;
        let changed = put(conn, &member, &locked, &update)?;
        let entry = LogEntry::MessageReacted { room, seq: locked.at.seq };
        let message = seen(conn, &member, locked.at.seq)?;
        Ok::<_, Error>((message, record(conn, changed.then_some(entry).as_slice())?))
    });
    let (message, rows) = reacted.await?;
    publish(chat, rows, origin).await;
    Ok(message)
}

/// Returns whether anything changed.
fn put(
    conn: &mut Conn,
    member: &RoomMember,
    locked: &LockedMessage,
    ReactionUpdate { emoji, on }: &ReactionUpdate,
) -> Result<bool, Error> {
    let seq = locked.at.seq;
    let all = reactions::to_message(conn, member, seq)?;
    if all.iter().any(|reaction| reaction.user == member.user() && reaction.emoji == emoji.as_str()) == *on {
        return Ok(false);
    }
    if !*on {
        reactions::remove(conn, member, seq, emoji)?;
        return Ok(true);
    }
    if locked.state.system {
        return Err(Error::Refused(Refusal::SystemMessage));
    }
    if locked.state.unsent {
        return Err(Error::Refused(Refusal::Unsent));
    }
    let mut different: HashSet<&str> = all.iter().map(|reaction| reaction.emoji.as_str()).collect();
    different.insert(emoji.as_str());
    if different.len() > DIFFERENT_MAX {
        return Err(Error::Refused(Refusal::TooManyReactions(DIFFERENT_MAX)));
    }
    reactions::add(conn, member, seq, emoji)?;
    Ok(true)
}
