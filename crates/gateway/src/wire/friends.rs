//! Requests about friends.

use chat::context::Limits;
use chat::friends::Query;
use deserr::Deserr;
use domain::id::UserId;
use domain::invalid::Invalid;
use schemars::JsonSchema;

use super::fields::{fields, text};
use super::input::{Input, Request, requests};
use crate::problem::Problem;
use crate::validation::ValidationError;

/// The other user.
#[derive(Deserr, JsonSchema)]
#[deserr(error = Problem)]
pub(crate) struct NamedFriend {
    /// The other user.
    pub(crate) friend_id: UserId,
}

/// The user to block, or not to block any longer.
#[derive(Deserr, JsonSchema)]
#[deserr(error = Problem)]
pub(crate) struct NamedBlock {
    /// The user.
    pub(crate) user_id: UserId,
}

/// An invite, by its token.
#[derive(Deserr, JsonSchema)]
#[deserr(error = Problem)]
pub(crate) struct NamedInvite {
    /// The token.
    pub(crate) token: String,
}

requests!(NamedFriend, NamedBlock, NamedInvite);

/// Whom to find, by the exact address or name; the first that is given counts.
#[derive(Deserr, JsonSchema)]
#[deserr(error = Problem)]
pub(crate) struct SearchFriends {
    /// The e-mail address.
    #[deserr(default)]
    #[schemars(with = "Option<String>")]
    email: Option<NotBlank>,
    /// The username.
    #[deserr(default)]
    username: Option<String>,
    /// Either of the two: what has an `@` is an address.
    #[deserr(default)]
    q: Option<String>,
}

impl Request for SearchFriends {
    fn parse(input: &Input, _: &Limits) -> Result<Self, Problem> {
        let named = ["username", "q"].into_iter().find_map(|field| Some((field, input.text(field)?)));
        let error = match named {
            _ if input.has("email") => None,
            None => Some(("email", Invalid::Missing)),
            Some((field, text)) if text.trim().is_empty() => Some((field, Invalid::TooShort(1))),
            Some(_) => None,
        };
        input.parse(error.map(|(field, rule)| ValidationError::new(vec![field.into()], &rule)))
    }
}

impl From<SearchFriends> for Query {
    fn from(search: SearchFriends) -> Self {
        match (search.email, search.username, search.q) {
            (Some(NotBlank(email)), ..) => Self::Email(email),
            (None, None, Some(q)) if q.contains(['@', '＠', '﹫']) => Self::Email(q),
            (None, username, q) => Self::Username(username.or(q).unwrap_or_default()),
        }
    }
}

struct NotBlank(String);

fields! {
    NotBlank: |value, place| text(value, place, |text| match text.trim() {
            "" => Err(Invalid::TooShort(1)),
            _ => Ok(NotBlank(text.to_owned())),
        })
}
