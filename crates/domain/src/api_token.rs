//! Tokens by which programs act for a user, each with the scopes that the user gave it.

use schemars::JsonSchema;
use serde::Serialize;

use crate::id::SessionId;
use crate::time::Time;

macro_rules! scopes {
    ($($(#[$doc:meta])* $name:ident $text:literal,)*) => {
        /// What a token lets a program do.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
        pub enum TokenScope {$(
            $(#[$doc])*
            #[serde(rename = $text)]
            $name,
        )*}

        impl TokenScope {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// Returns its name.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }
        }
    };
}

scopes! {
    /// Reads messages, searches them, and receives events of them.
    MessagesRead "messages:read",
    /// Sends, edits, unsends and hides messages, and reacts to them.
    MessagesWrite "messages:write",
    /// Reads rooms and their members.
    RoomsRead "rooms:read",
    /// Makes rooms, changes groups, and moves receipts.
    RoomsWrite "rooms:write",
    /// Lists friends, and finds users.
    FriendsRead "friends:read",
    /// Asks, answers and ends friendships.
    FriendsWrite "friends:write",
    /// Reads profiles.
    ProfileRead "profile:read",
    /// Fetches files of messages.
    FilesRead "files:read",
    /// Uploads files.
    FilesWrite "files:write",
    /// Manages the account, its sessions and its tokens: for who has signed in, and never a token's.
    Account "account",
}

impl TokenScope {
    /// The names that a token may have, as errors list them.
    pub const VALUES: &'static str = "'messages:read', 'messages:write', 'rooms:read', 'rooms:write', 'friends:read', \
         'friends:write', 'profile:read', 'files:read' or 'files:write'";

    /// Parses the name of a scope that a token may have.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|scope| scope.as_str() == name && *scope != Self::Account)
    }
}

/// Scopes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scopes(u16);

impl Scopes {
    /// Those of who has signed in: all.
    pub const SIGN_IN: Self = Self(u16::MAX);

    /// No scope.
    pub const NONE: Self = Self(0);

    /// What `/sync` and the connection of a client show.
    pub const EVENTS: Self = Self(
        1 << TokenScope::MessagesRead as u16
            | 1 << TokenScope::RoomsRead as u16
            | 1 << TokenScope::FriendsRead as u16,
    );

    /// Takes scopes together.
    pub fn of(scopes: &[TokenScope]) -> Self {
        Self(scopes.iter().fold(0, |all, scope| all | 1 << *scope as u16))
    }

    /// Returns whether all of `other` are among them.
    pub fn contain(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Returns them.
    pub fn list(self) -> Vec<TokenScope> {
        TokenScope::ALL.iter().copied().filter(|scope| self.contain(Self::of(&[*scope]))).collect()
    }

    /// Returns the names of what an endpoint needs; `account` alone where no token is enough.
    pub fn needed(self) -> Vec<&'static str> {
        let account = Self::of(&[TokenScope::Account]);
        let needed = if self.contain(account) { account } else { self };
        needed.list().into_iter().map(TokenScope::as_str).collect()
    }

    /// Reads what [`Scopes::text`] wrote; a name that is none of a token's is left out.
    pub fn parse(text: &str) -> Self {
        Self::of(&text.split(' ').filter_map(TokenScope::parse).collect::<Vec<_>>())
    }

    /// Writes their names, parted by blanks.
    pub fn text(self) -> String {
        self.list().into_iter().map(TokenScope::as_str).collect::<Vec<_>>().join(" ")
    }
}

/// A token, as its user sees it; its secret is shown when it is made, and never again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ApiToken {
    /// The token's id.
    #[serde(rename = "token_id")]
    pub id: SessionId,
    /// What its user calls it.
    pub name: String,
    /// What it lets a program do.
    pub scopes: Vec<TokenScope>,
    /// When it was made.
    pub created_at: Time,
    /// When it ends; null for never.
    pub expires_at: Option<Time>,
}

/// The most tokens that a user has at once.
pub const TOKENS_MAX: usize = 50;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_read_back_and_the_accounts_is_no_tokens() {
        for scope in TokenScope::ALL.iter().copied() {
            let scopes = Scopes::of(&[scope]);
            assert_eq!(scopes.list(), [scope]);
            let expected = if scope == TokenScope::Account { Scopes::NONE } else { scopes };
            assert_eq!(Scopes::parse(&scopes.text()), expected);
            assert!(Scopes::SIGN_IN.contain(scopes) && !Scopes::NONE.contain(scopes));
        }
        assert_eq!(Scopes::EVENTS.text(), "messages:read rooms:read friends:read");
        assert_eq!(Scopes::parse("messages:read everything account"), Scopes::parse("messages:read"));
        assert!(!Scopes::EVENTS.contain(Scopes::of(&[TokenScope::MessagesRead, TokenScope::FilesRead])));
    }
}
