//! Message ids, reserved in blocks: the ids of a batch are known before it is written.

use diesel::prelude::*;
use domain::id::MessageId;

use crate::cached::cached;
use crate::conn::Conn;
use crate::db::in_transaction;
use crate::error::Error;
use crate::schema::id_blocks;

/// How many ids a server reserves at a time; a restart leaves the rest unused.
const BLOCK: i64 = 1_000;

/// The ids that one writer has reserved and not used.
#[derive(Debug, Default)]
pub struct MessageIds {
    next: i64,
    end: i64,
}

impl MessageIds {
    /// Makes sure that `count` ids can be taken; reserves a block in a transaction of its own when they run short.
    pub(crate) fn reserve(&mut self, conn: &mut Conn, count: usize) -> Result<(), Error> {
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        if self.end - self.next >= count {
            return Ok(());
        }
        let size = BLOCK.max(count);
        let end = in_transaction(conn, |conn| {
            let row = id_blocks::table.find("messages");
            cached(diesel::update(row).set(id_blocks::next_id.eq(id_blocks::next_id + size)))
                .execute(conn)?;
            Ok::<i64, Error>(row.select(id_blocks::next_id).first(conn)?)
        })?;
        *self = Self { next: end - size, end };
        Ok(())
    }

    /// Takes the next id, which `reserve` must have made sure of.
    pub(crate) fn take(&mut self) -> MessageId {
        let id = MessageId(self.next);
        self.next += 1;
        id
    }
}
