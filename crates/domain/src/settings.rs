//! The privacy settings of a user: who finds them, who writes to them, and who sees that they are there.

use schemars::JsonSchema;
use serde::Serialize;

/// Makes an enum of values that clients and the database name alike.
macro_rules! values {
    ($(#[$doc:meta])* $name:ident $listed:literal { $($(#[$of:meta])* $variant:ident $value:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum $name {
            $($(#[$of])* $variant,)*
        }

        impl $name {
            /// Every value, as an error lists them.
            pub const VALUES: &'static str = $listed;

            /// Returns the value on the wire and in the database.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $value,)*
                }
            }

            /// Parses the value.
            pub fn parse(value: &str) -> Option<Self> {
                match value {
                    $($value => Some(Self::$variant),)*
                    _ => None,
                }
            }
        }
    };
}

values! {
    /// Who finds a user.
    Finders "'everyone', 'friends_of_friends' or 'nobody'" {
        /// Everybody.
        Everyone "everyone",
        /// Their friends, and those who have a friend in common with them.
        FriendsOfFriends "friends_of_friends",
        /// Nobody.
        Nobody "nobody",
    }
}

values! {
    /// Who sees whether a user is there, and when they were last.
    PresenceViewers "'everyone', 'friends' or 'nobody'" {
        /// Their friends, and those with whom they have a one-to-one room that both accepted.
        Everyone "everyone",
        /// Their friends.
        Friends "friends",
        /// Nobody; they see nobody else either.
        Nobody "nobody",
    }
}

values! {
    /// Who may write to a user first.
    Writers "'everyone' or 'friends'" {
        /// Everybody, as a message request.
        Everyone "everyone",
        /// Their friends.
        Friends "friends",
    }
}

/// The settings of a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Settings {
    /// Who finds the user by the exact e-mail address.
    pub find_me_by_email: Finders,
    /// Who finds the user by the exact username.
    pub find_me_by_username: Finders,
    /// Who sees whether the user is there; who shows it to nobody sees nobody's.
    pub presence: PresenceViewers,
    /// Who may write to the user first.
    pub message_requests: Writers,
    /// Whether what is pushed to the user's devices says what a message says.
    pub push_preview: bool,
    /// Whether how far they have read is shown in one-to-one rooms; who does not show it does not see it of others.
    pub read_receipts: bool,
}

/// Settings to change; `None` stays as it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SettingsChanges {
    /// Who finds the user by the exact e-mail address.
    pub find_me_by_email: Option<Finders>,
    /// Who finds the user by the exact username.
    pub find_me_by_username: Option<Finders>,
    /// Who sees whether the user is there.
    pub presence: Option<PresenceViewers>,
    /// Who may write to the user first.
    pub message_requests: Option<Writers>,
    /// Whether what is pushed to the user's devices says what a message says.
    pub push_preview: Option<bool>,
    /// Whether how far they have read is shown in one-to-one rooms.
    pub read_receipts: Option<bool>,
}

/// Returns whether a user with the setting `of` shows their presence to one with the setting `to`, where the two are
/// friends, or else have a one-to-one room.
pub fn shows_presence(of: PresenceViewers, to: PresenceViewers, are_friends: bool) -> bool {
    let may = match of {
        PresenceViewers::Everyone => true,
        PresenceViewers::Friends => are_friends,
        PresenceViewers::Nobody => false,
    };
    may && to != PresenceViewers::Nobody
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presence_is_shown_to_those_who_show_theirs() {
        use PresenceViewers::{Everyone, Friends, Nobody};
        for to in [Everyone, Friends] {
            assert!(shows_presence(Everyone, to, true) && shows_presence(Everyone, to, false));
            assert!(shows_presence(Friends, to, true) && !shows_presence(Friends, to, false));
            assert!(!shows_presence(Nobody, to, true) && !shows_presence(to, Nobody, true));
        }
    }

    #[test]
    fn every_value_is_named_by_its_error() {
        for value in [Finders::Everyone, Finders::FriendsOfFriends, Finders::Nobody] {
            assert_eq!(Finders::parse(value.as_str()), Some(value));
            assert!(Finders::VALUES.contains(value.as_str()));
            assert_eq!(serde_json::to_value(value).unwrap(), value.as_str());
        }
        assert_eq!(Writers::parse("nobody"), None);
    }
}
