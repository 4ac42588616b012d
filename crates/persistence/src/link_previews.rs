//! Previews of links: what pages say of themselves, kept for a while; and how far in the event log the previews have come.

use diesel::prelude::*;
use domain::link_preview::{LinkPreview, first_link};
use domain::message::{MessageKind, MessageSeq};
use domain::time::Time;

use crate::conn::Conn;
use crate::error::Error;
use crate::ids::room_id;
use crate::mentions;
use crate::messages::by_room;
use crate::revisions::LockedMessage;
use crate::schema::{chatrooms, link_preview_head, link_previews, messages};

/// Returns the position up to which messages got their previews.
pub fn position(conn: &mut Conn) -> Result<i64, Error> {
    Ok(link_preview_head::table.find(1).select(link_preview_head::pos).first(conn)?)
}

/// Moves the position; false if it is not at `from` any more.
pub fn advance(conn: &mut Conn, from: i64, to: i64) -> Result<bool, Error> {
    let here = link_preview_head::table.find(1).filter(link_preview_head::pos.eq(from));
    Ok(diesel::update(here).set(link_preview_head::pos.eq(to)).execute(conn)? > 0)
}

/// Returns the texts of those of these messages that were written since a moment.
pub fn texts(conn: &mut Conn, of: &[MessageSeq], since: Time) -> Result<Vec<(MessageSeq, String)>, Error> {
    if of.is_empty() {
        return Ok(Vec::new());
    }
    let mut query = messages::table
        .select((messages::chatroom_id, messages::seq, messages::content.assume_not_null()))
        .into_boxed();
    for (room, seqs) in by_room(of) {
        query =
            query.or_filter(messages::chatroom_id.eq(room.bytes().to_vec()).and(messages::seq.eq_any(seqs)));
    }
    let written = messages::timestamp.gt(since.naive()).or(messages::edited_at.gt(since.naive()));
    let rows: Vec<(Vec<u8>, i64, String)> = query
        .filter(messages::message_type.eq(MessageKind::Text.as_str()))
        .filter(messages::content.is_not_null().and(messages::system_message.is_null()))
        .filter(written)
        .load(conn)?;
    rows.into_iter().map(|(room, seq, text)| Ok((MessageSeq { room: room_id(&room)?, seq }, text))).collect()
}

/// Returns what is kept of the page at an address, if it was fetched since a moment; nothing in it if there was none.
pub fn find(
    conn: &mut Conn,
    (url, hash): (&str, &str),
    since: Time,
) -> Result<Option<Option<LinkPreview>>, Error> {
    let row: Option<(Option<String>, Option<String>, Option<String>)> = link_previews::table
        .find(hash)
        .filter(link_previews::fetched_at.gt(since.naive()))
        .select((link_previews::title, link_previews::description, link_previews::site_name))
        .first(conn)
        .optional()?;
    Ok(row.map(|(title, description, site_name)| {
        title.map(|title| LinkPreview { url: url.to_owned(), title, description, site_name })
    }))
}

/// Keeps what the page at an address says, or that it says nothing.
pub fn put(conn: &mut Conn, hash: &str, preview: Option<&LinkPreview>, at: Time) -> Result<(), Error> {
    let row = (
        link_previews::url_hash.eq(hash),
        link_previews::fetched_at.eq(at.naive()),
        link_previews::title.eq(preview.map(|preview| &preview.title)),
        link_previews::description.eq(preview.and_then(|preview| preview.description.as_ref())),
        link_previews::site_name.eq(preview.and_then(|preview| preview.site_name.as_ref())),
    );
    on_each!(conn, |c| diesel::replace_into(link_previews::table).values(row).execute(c))?;
    Ok(())
}

/// Forgets what was fetched before a moment.
pub fn remove_before(conn: &mut Conn, before: Time) -> Result<(), Error> {
    diesel::delete(link_previews::table.filter(link_previews::fetched_at.lt(before.naive())))
        .execute(conn)?;
    Ok(())
}

/// Gives a message the preview of its first link; returns whether that changed anything. One that was unsent or has
/// disappeared, that says something else by now, or is in a room where a member blocks the other, gets none.
pub fn attach(
    conn: &mut Conn,
    message: &LockedMessage,
    (link, preview): (&str, &LinkPreview),
    now: Time,
) -> Result<bool, Error> {
    let (room, seq) = (message.at.room.bytes(), message.at.seq);
    let is_blocked: bool = chatrooms::table.find(room).select(chatrooms::blocked).first(conn)?;
    let says_it = message.kind == MessageKind::Text
        && !message.state.unsent
        && first_link(&message.revision.content) == Some(link);
    if is_blocked || !says_it || message.extras.preview.as_ref() == Some(preview) {
        return Ok(false);
    }
    let mut extras = message.extras.clone();
    extras.preview = Some(preview.clone());
    let there = messages::expires_at.is_null().or(messages::expires_at.gt(now.naive()));
    let changed = diesel::update(messages::table.find((room, seq)).filter(there))
        .set(messages::extras.eq(mentions::stored(&extras)?))
        .execute(conn)?;
    Ok(changed > 0)
}
