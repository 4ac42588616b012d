//! Who left a room a short while ago: what was addressed before that is not sent to them.

use std::collections::{HashMap, HashSet, VecDeque};
use std::time::{Duration, Instant};

use domain::event::Event;
use domain::id::{RoomId, UserId};
use domain::room::Membership;
use parking_lot::Mutex;

/// How long a member is remembered who left: much longer than any node may take to read of it in the log.
const KEPT: Duration = Duration::from_mins(5);

/// The members who left within the last five minutes.
#[derive(Debug, Default)]
pub(crate) struct FormerMembers(Mutex<Recent>);

#[derive(Debug, Default)]
struct Recent {
    of: HashMap<RoomId, HashSet<UserId>>,
    in_order: VecDeque<(Instant, Membership)>,
}

impl FormerMembers {
    /// Notes that a member has left.
    pub(crate) fn note(&self, member: Membership) {
        self.0.lock().note(member, Instant::now());
    }

    /// Forgets that a member has left: they have come back.
    pub(crate) fn forget(&self, member: Membership) {
        self.0.lock().forget(member);
    }

    /// Returns whether the user left the room.
    pub(crate) fn contains(&self, Membership { room, user }: Membership) -> bool {
        self.0.lock().of.get(&room).is_some_and(|users| users.contains(&user))
    }

    /// Takes those who left out of the audiences of events of their room; returns whether there were any.
    pub(crate) fn exclude_from(&self, events: &mut [Event]) -> bool {
        let (recent, mut any) = (self.0.lock(), false);
        for Event { audience, .. } in events {
            let left = audience.room().and_then(|room| recent.of.get(&room));
            if let Some(left) = left.filter(|left| audience.users().iter().any(|user| left.contains(user))) {
                audience.retain(|user| !left.contains(&user));
                any = true;
            }
        }
        any
    }
}

impl Recent {
    fn forget(&mut self, member: Membership) {
        if let Some(users) = self.of.get_mut(&member.room)
            && users.remove(&member.user)
        {
            self.in_order.retain(|(_, left)| *left != member);
            if users.is_empty() {
                self.of.remove(&member.room);
            }
        }
    }

    fn note(&mut self, member: Membership, now: Instant) {
        while let Some((_, oldest)) = self.in_order.pop_front_if(|(at, _)| now.duration_since(*at) >= KEPT) {
            if let Some(users) = self.of.get_mut(&oldest.room) {
                users.remove(&oldest.user);
                if users.is_empty() {
                    self.of.remove(&oldest.room);
                }
            }
        }
        if self.of.entry(member.room).or_default().insert(member.user) {
            self.in_order.push_back((now, member));
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::event::{Audience, Reader};
    use domain::payload::FriendRemoved;

    use super::*;

    const ALICE: UserId = UserId(1);
    const BOB: UserId = UserId(2);

    fn event(audience: Audience) -> Event {
        Event::new(&FriendRemoved { user_id: BOB }, audience).unwrap()
    }

    #[test]
    fn who_left_gets_nothing_of_that_room_alone() {
        let (former, room, other) = (FormerMembers::default(), RoomId::generate(), RoomId::generate());
        former.note(Membership { room, user: BOB });
        let users = vec![ALICE, BOB];
        let readers = users.iter().map(|user| Reader { user: *user, unread: 1 }).collect();
        for (audience, excluded) in [
            (Audience::Members { room, users: users.clone() }, true),
            (Audience::Readers { room, sender: ALICE, readers }, true),
            (Audience::Members { room, users: vec![ALICE] }, false),
            (Audience::Members { room: other, users: users.clone() }, false),
            (Audience::Users(users.clone()), false),
        ] {
            let before = audience.users();
            let mut events = [event(audience)];
            assert_eq!(former.exclude_from(&mut events), excluded);
            assert_eq!(events[0].audience.users(), if excluded { vec![ALICE] } else { before });
        }
        assert!(former.contains(Membership { room, user: BOB }));
        assert!(!former.contains(Membership { room, user: ALICE }));
        assert!(!former.contains(Membership { room: other, user: BOB }));
    }

    #[test]
    fn who_comes_back_is_forgotten() {
        let (mut recent, room, now) = (Recent::default(), RoomId::generate(), Instant::now());
        let member = Membership { room, user: BOB };
        recent.note(member, now);
        recent.forget(member);
        recent.forget(member);
        assert!(recent.of.is_empty() && recent.in_order.is_empty());
        recent.note(member, now + KEPT);
        assert_eq!(recent.of[&room], HashSet::from([BOB]));
    }

    #[test]
    fn they_are_remembered_for_a_while() {
        let (mut recent, room, now) = (Recent::default(), RoomId::generate(), Instant::now());
        recent.note(Membership { room, user: ALICE }, now);
        recent.note(Membership { room, user: BOB }, now + KEPT.saturating_sub(Duration::from_nanos(1)));
        assert_eq!(recent.of[&room], HashSet::from([ALICE, BOB]));
        recent.note(Membership { room: RoomId::generate(), user: ALICE }, now + KEPT);
        assert_eq!((&recent.of[&room], recent.in_order.len()), (&HashSet::from([BOB]), 2));
    }
}
