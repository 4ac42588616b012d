//! Friendship between two users, and its rules.

use crate::id::UserId;

/// How far a friendship has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Asked, not yet answered.
    Pending,
    /// Both agreed.
    Accepted,
    /// Asked and turned down, or taken back.
    Rejected,
    /// Once friends, no longer.
    Deleted,
}

impl Stage {
    /// Returns the value in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
            Self::Deleted => "deleted",
        }
    }

    /// Parses the value in the database.
    pub fn parse(value: &str) -> Option<Self> {
        [Self::Pending, Self::Accepted, Self::Rejected, Self::Deleted]
            .into_iter()
            .find(|s| s.as_str() == value)
    }
}

/// The one row that two users share, however often they asked, agreed and parted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Friendship {
    /// Who asked last.
    pub asker: UserId,
    /// Who was asked.
    pub asked: UserId,
    /// How far it has come.
    pub stage: Stage,
}

/// Which of a user's people to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// Friends.
    Friends,
    /// Those who asked and wait for an answer.
    Received,
    /// Those who were asked and have not answered.
    Sent,
}

/// What asking leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asking {
    /// The other side has something to answer.
    Asked,
    /// The other side had asked too, so both are friends now.
    Agreed,
}

/// Why a user may not ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FriendshipRefusal {
    /// The user asked to befriend themselves.
    Oneself,
    /// They are friends already.
    AlreadyFriends,
    /// The same request waits for its answer.
    AlreadyAsked,
}

impl Friendship {
    /// Decides what happens when `me` asks `other`, given what is between them.
    pub fn ask(between: Option<&Self>, me: UserId, other: UserId) -> Result<Asking, FriendshipRefusal> {
        if me == other {
            return Err(FriendshipRefusal::Oneself);
        }
        match between {
            Some(Self { stage: Stage::Accepted, .. }) => Err(FriendshipRefusal::AlreadyFriends),
            Some(Self { stage: Stage::Pending, asker, .. }) if *asker == me => {
                Err(FriendshipRefusal::AlreadyAsked)
            }
            Some(Self { stage: Stage::Pending, .. }) => Ok(Asking::Agreed),
            _ => Ok(Asking::Asked),
        }
    }

    /// Returns whether `me` has this request to answer.
    pub fn awaits(&self, me: UserId) -> bool {
        self.stage == Stage::Pending && self.asked == me
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ME: UserId = UserId(1);
    const OTHER: UserId = UserId(2);

    fn between(asker: UserId, asked: UserId, stage: Stage) -> Friendship {
        Friendship { asker, asked, stage }
    }

    #[test]
    fn asking_follows_what_is_between_them() {
        assert_eq!(Friendship::ask(None, ME, ME), Err(FriendshipRefusal::Oneself));
        assert_eq!(Friendship::ask(None, ME, OTHER), Ok(Asking::Asked));
        let cases = [
            (between(ME, OTHER, Stage::Pending), Err(FriendshipRefusal::AlreadyAsked)),
            (between(OTHER, ME, Stage::Pending), Ok(Asking::Agreed)),
            (between(OTHER, ME, Stage::Accepted), Err(FriendshipRefusal::AlreadyFriends)),
            (between(ME, OTHER, Stage::Rejected), Ok(Asking::Asked)),
            (between(ME, OTHER, Stage::Deleted), Ok(Asking::Asked)),
        ];
        for (row, wanted) in cases {
            assert_eq!(Friendship::ask(Some(&row), ME, OTHER), wanted, "{row:?}");
        }
    }

    #[test]
    fn only_the_asked_may_answer() {
        assert!(between(OTHER, ME, Stage::Pending).awaits(ME));
        assert!(!between(ME, OTHER, Stage::Pending).awaits(ME));
        assert!(!between(OTHER, ME, Stage::Accepted).awaits(ME));
    }

    #[test]
    fn every_stage_has_a_value_of_its_own() {
        for stage in [Stage::Pending, Stage::Accepted, Stage::Rejected, Stage::Deleted] {
            assert_eq!(Stage::parse(stage.as_str()), Some(stage));
        }
        assert_eq!(Stage::parse("friends"), None);
    }
}
