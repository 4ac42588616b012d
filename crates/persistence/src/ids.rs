//! Message ids, handed out in blocks: a server knows the ids of a batch before it writes it.

use diesel::prelude::*;

use crate::conn::Conn;
use crate::db::in_transaction;
use crate::error::Error;
use crate::kept::Kept;
use crate::schema::id_blocks;

/// How many ids a server takes at a time; a restart leaves the rest unused.
const BLOCK: i64 = 1_000;

/// The ids that one writer has left.
#[derive(Debug, Default)]
pub(crate) struct Ids {
    next: i64,
    end: i64,
}

impl Ids {
    /// Makes sure that `count` ids can be taken; commits a new block of its own when they run short.
    pub(crate) fn reserve(&mut self, conn: &mut Conn, count: usize) -> Result<(), Error> {
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        if self.end - self.next >= count {
            return Ok(());
        }
        let size = BLOCK.max(count);
        let end = in_transaction(conn, |conn| {
            let row = id_blocks::table.find("messages");
            Kept(diesel::update(row).set(id_blocks::next_id.eq(id_blocks::next_id + size))).execute(conn)?;
            Ok::<i64, Error>(row.select(id_blocks::next_id).first(conn)?)
        })?;
        *self = Self { next: end - size, end };
        Ok(())
    }

    /// Takes the next id; `reserve` has made sure that there is one.
    pub(crate) fn take(&mut self) -> i64 {
        let id = self.next;
        self.next += 1;
        id
    }
}
