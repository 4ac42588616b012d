//! Events of receipts, which others may see without what was read.

use std::collections::HashMap;

use domain::event::{Audience, Event};
use domain::id::{RoomId, UserId};
use domain::log::Scope;
use domain::receipt::{Receipt, RoomReceipt};
use domain::room::Membership;
use persistence::error::Error as Stored;
use persistence::receipts::MovedReceipt;
use persistence::{Conn, receipts};

use super::event;

/// Makes the events of a member's receipt, for those of these members whom it concerns.
pub(crate) fn receipt_moved(moved: &MovedReceipt, members: Vec<UserId>) -> Vec<Event> {
    let MovedReceipt { receipt, to, is_private } = moved;
    let (own, others): (Vec<UserId>, _) = members.into_iter().partition(|user| *user == receipt.user);
    let others = if matches!(to, Scope::User(_)) { Vec::new() } else { others };
    let forms = if *is_private {
        vec![(*receipt, own), (receipt.without_read(), others)]
    } else {
        vec![(*receipt, [own, others].concat())]
    };
    let of = |(receipt, users): (RoomReceipt, Vec<UserId>)| {
        let audience = Audience::Members { room: receipt.room, users };
        if audience.users().is_empty() { None } else { event(&receipt, audience) }
    };
    forms.into_iter().filter_map(of).collect()
}

/// Loads the receipts of these members.
pub(super) fn load(
    conn: &mut Conn,
    members: &HashMap<RoomId, Vec<Receipt>>,
    moved: &[(RoomId, UserId)],
) -> Result<HashMap<Membership, RoomReceipt>, Stored> {
    let mut found = HashMap::with_capacity(moved.len());
    for (room, user) in moved {
        let members = members.get(room).into_iter().flatten();
        if let Some(member) = members.into_iter().find(|member| member.user == *user) {
            found.insert(Membership { room: *room, user: *user }, receipts::receipt(conn, *room, *member)?);
        }
    }
    Ok(found)
}
