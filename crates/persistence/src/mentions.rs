//! Mentions: whom messages mention, counted until they are read.

use std::collections::{BTreeSet, HashSet};

use diesel::prelude::*;
use domain::extras::{Extras, Mention};
use domain::id::UserId;
use domain::message::MessageSeq;
use domain::receipt::Receipt;

use crate::cached::{cached, pad_in_list};
use crate::conn::Conn;
use crate::error::Error;
use crate::ids::room_id;
use crate::literals::{push_row, push_rows};
use crate::schema::{mentions, participants};

/// Returns those of the mentions that name a member, or all members.
pub(crate) fn of_members(mentions: &[Mention], members: &[Receipt]) -> Vec<Mention> {
    let members: HashSet<UserId> = members.iter().map(|member| member.user).collect();
    let is_of_member = |mention: &&Mention| mention.user_id.is_none_or(|user| members.contains(&user));
    mentions.iter().filter(is_of_member).copied().collect()
}

/// Returns the members whom a message mentions, without its sender.
pub(crate) fn mentioned(mentions: &[Mention], sender: UserId, members: &[Receipt]) -> BTreeSet<UserId> {
    let named = mentions.iter().flat_map(|mention| match mention.user_id {
        Some(user) => vec![user],
        None => members.iter().map(|member| member.user).collect(),
    });
    named.filter(|user| *user != sender).collect()
}

/// Stores whom messages mention, which are stored.
pub(crate) fn insert(conn: &mut Conn, mentioned: &[(MessageSeq, UserId)]) -> Result<(), Error> {
    if mentioned.is_empty() {
        return Ok(());
    }
    match conn {
        Conn::Mysql(c) => {
            let mut sql = String::from("INSERT INTO mentions (user_id, chatroom_id, seq) VALUES ");
            push_rows(&mut sql, mentioned.iter(), |sql, (message, user)| {
                push_row(sql, &[&user.0, &message.room.bytes(), &message.seq]);
            });
            c.defer(&sql);
        }
        Conn::Sqlite(c) => {
            for (message, user) in mentioned {
                let row = (
                    mentions::user_id.eq(user.0),
                    mentions::chatroom_id.eq(message.room.bytes()),
                    mentions::seq.eq(message.seq),
                );
                diesel::insert_into(mentions::table).values(row).execute(c)?;
            }
        }
    }
    Ok(())
}

/// Deletes whom a message mentions.
pub(crate) fn delete(conn: &mut Conn, MessageSeq { room, seq }: MessageSeq) -> Result<(), Error> {
    let of = mentions::chatroom_id.eq(room.bytes()).and(mentions::seq.eq(seq));
    diesel::delete(mentions::table.filter(of)).execute(conn)?;
    Ok(())
}

/// Returns what a message has beside its content as the database has it.
pub(crate) fn stored(extras: &Extras) -> Result<Option<String>, Error> {
    extras.stored().map_err(|error| Error::Other(error.into()))
}

/// Parses what the database has beside the content of a message.
pub(crate) fn parse(extras: Option<&str>) -> Result<Option<Extras>, Error> {
    extras.map(Extras::parse).transpose().map_err(|error| Error::Other(error.into()))
}

/// Returns the messages of these rooms that mention a member and that they have not read.
pub(crate) fn unread(conn: &mut Conn, user: UserId, rooms: &[&[u8]]) -> Result<Vec<MessageSeq>, Error> {
    let same =
        mentions::user_id.eq(participants::user_id).and(mentions::chatroom_id.eq(participants::chatroom_id));
    let query = participants::table
        .inner_join(mentions::table.on(same))
        .filter(participants::user_id.eq(user.0))
        .filter(participants::chatroom_id.eq_any(pad_in_list(rooms)))
        .filter(mentions::seq.gt(participants::last_read_seq))
        .select((mentions::chatroom_id, mentions::seq));
    let rows: Vec<(Vec<u8>, i64)> = cached(query).load(conn)?;
    rows.into_iter().map(|(room, seq)| Ok(MessageSeq { room: room_id(&room)?, seq })).collect()
}
