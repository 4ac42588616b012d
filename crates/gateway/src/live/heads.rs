//! Where each room stands: told now and then, so that a client that has missed something learns of it.

use std::collections::{BTreeMap, HashMap};

use domain::change::{Cursor, Scope};
use domain::id::{RoomId, UserId};
use parking_lot::Mutex;
use schemars::JsonSchema;
use serde::Serialize;

use super::payload::Payload;

/// What has changed since the last round: the place of the newest change of each scope, and who is told of it.
#[derive(Debug, Default)]
pub(crate) struct Heads(Mutex<HashMap<Scope, (i64, Vec<UserId>)>>);

/// Where the rooms stand that changed since this was last told.
#[derive(Debug, Default, Serialize, JsonSchema)]
#[schemars(rename = "Heads")]
pub(crate) struct Standing {
    /// The place in the log up to which everything was told.
    #[schemars(with = "Cursor")]
    pub(crate) cursor: String,
    /// The place of each room's newest change.
    rooms: BTreeMap<RoomId, i64>,
    /// The place of the newest change of the user's own, if there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "i64")]
    user: Option<i64>,
}

impl Payload for Standing {
    const NAME: &'static str = "heads";
}

impl Heads {
    /// Notes a change that goes out.
    pub(crate) fn note(&self, scope: Scope, pos: i64, told: Vec<UserId>) {
        self.0.lock().insert(scope, (pos, told));
    }

    /// Returns what has changed for each user, and forgets it; `cursor` is the place up to which everything went out.
    pub(crate) fn take(&self, cursor: &str) -> HashMap<UserId, Standing> {
        let mut all: HashMap<UserId, Standing> = HashMap::new();
        for (scope, (pos, told)) in std::mem::take(&mut *self.0.lock()) {
            for user in told {
                let standing = all
                    .entry(user)
                    .or_insert_with(|| Standing { cursor: cursor.to_owned(), ..Standing::default() });
                match scope {
                    Scope::Room(room) => drop(standing.rooms.insert(room, pos)),
                    Scope::User(_) => standing.user = Some(pos),
                }
            }
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_each_the_newest_change_of_what_is_theirs_and_once() {
        let (heads, room, other) = (Heads::default(), RoomId::generate(), RoomId::generate());
        let (alice, bob) = (UserId(1), UserId(2));
        heads.note(Scope::Room(room), 5, vec![alice, bob]);
        heads.note(Scope::Room(room), 7, vec![alice, bob]);
        heads.note(Scope::Room(other), 6, vec![bob]);
        heads.note(Scope::User(alice), 8, vec![alice]);
        let told = heads.take("e.8");
        assert_eq!(told[&alice].rooms, BTreeMap::from([(room, 7)]));
        assert_eq!((told[&alice].user, told[&alice].cursor.as_str()), (Some(8), "e.8"));
        assert_eq!(told[&bob].rooms, BTreeMap::from([(room, 7), (other, 6)]));
        assert_eq!(told[&bob].user, None);
        assert!(heads.take("e.9").is_empty());
    }
}
