//! Requests about accounts and profiles.

use chat::account_deletions::Messages;
use chat::accounts::Registration;
use chat::context::Limits;
use deserr::{Deserr, Value};
use domain::id::{SessionId, UserId};
use domain::invalid::Invalid;
use domain::media::is_own_path;
use domain::text::{Email, Nickname, Password, Status, Username};
use domain::user::Changes;
use schemars::JsonSchema;

use super::fields::{Flag, fields, inline_schemas, text};
use super::input::{Input, Request, requests};
use super::sending::is_web_address;
use crate::problem::Problem;

/// A new account.
#[derive(Deserr, JsonSchema)]
#[deserr(error = Problem)]
pub(crate) struct Register {
    /// 1 to 32 characters, without `@`.
    username: Username,
    /// At least as long as the operator asks for (8), at most 128 characters.
    password: Password,
    /// By which others find the account.
    #[deserr(default)]
    email: Option<Email>,
    /// Where the operator lets only those register who have one.
    #[deserr(default)]
    invite_code: Option<String>,
}

impl Request for Register {
    fn parse(input: &Input, limits: &Limits) -> Result<Self, Problem> {
        input.parse(input.at_least("password", limits.password_min))
    }
}

impl From<Register> for Registration {
    fn from(Register { username, password, email, invite_code }: Register) -> Self {
        Self { username, password, email, invite_code }
    }
}

/// The OAuth 2 password form (RFC 6749, section 4.3.2).
#[derive(Deserr, JsonSchema)]
#[deserr(error = Problem)]
pub(crate) struct Login {
    /// The username, or the e-mail address.
    pub(crate) username: String,
    /// The password.
    #[deserr(from(String) = attempt)]
    pub(crate) password: Password,
    /// From an earlier session of the user on this device, which is then not paused by others' failures.
    #[deserr(default)]
    pub(crate) refresh_token: Option<String>,
    /// `password`, if anything.
    #[deserr(default)]
    #[schemars(with = "Option<String>", extend("enum" = ["password", "", null]))]
    #[expect(dead_code, reason = "it is only checked")]
    grant_type: Option<GrantType>,
}

#[expect(clippy::needless_pass_by_value, reason = "deserr calls it with the value")]
fn attempt(password: String) -> Password {
    Password::attempt(&password)
}

fn attempt_if_any(password: Option<String>) -> Option<Password> {
    password.map(attempt)
}

struct GrantType;

fields! {
    Messages: |value, place| text(value, place, |value| match value {
        "keep" => Ok(Messages::Keep),
        "erase" => Ok(Messages::Erase),
        _ => Err(Invalid::NotOneOf("'keep' or 'erase'")),
    }),
    GrantType: |value, place| text(value, place, |value| match value {
            "" | "password" => Ok(GrantType),
            _ => Err(Invalid::NotOneOf("'password'")),
        })
}

/// A session to go on with; a page of this server may send its cookie instead.
#[derive(Deserr, JsonSchema)]
#[deserr(error = Problem)]
pub(crate) struct Refresh {
    /// From the last answer that had tokens.
    #[deserr(default)]
    pub(crate) refresh_token: Option<String>,
}

/// A session to end.
#[derive(Deserr, JsonSchema)]
#[deserr(error = Problem)]
pub(crate) struct Logout {
    /// Whether to end all others of the user as well.
    #[deserr(default)]
    pub(crate) all: Option<Flag>,
}

/// A new password, and the one before it.
#[derive(Deserr, JsonSchema)]
#[deserr(error = Problem)]
pub(crate) struct ChangePassword {
    /// The password so far.
    #[deserr(from(String) = attempt)]
    pub(crate) current_password: Password,
    /// At least as long as the operator asks for (8), at most 128 characters.
    pub(crate) new_password: Password,
}

impl Request for ChangePassword {
    fn parse(input: &Input, limits: &Limits) -> Result<Self, Problem> {
        input.parse(input.at_least("new_password", limits.password_min))
    }
}

/// The session that the path names.
#[derive(Deserr, JsonSchema)]
#[deserr(error = Problem)]
pub(crate) struct NamedSession {
    /// The session.
    pub(crate) session_id: SessionId,
}

/// The account to delete.
#[derive(Deserr, JsonSchema)]
#[deserr(error = Problem)]
pub(crate) struct DeleteAccount {
    /// The user: oneself.
    pub(crate) user_id: UserId,
    /// The password; without the right one nothing is deleted.
    #[deserr(default, from(Option<String>) = attempt_if_any)]
    pub(crate) password: Option<Password>,
    /// What becomes of one's messages: `keep` leaves them to their readers, `erase` unsends them.
    #[deserr(default)]
    #[schemars(with = "Option<String>", extend("enum" = ["keep", "erase", null]))]
    pub(crate) messages: Option<Messages>,
}

/// The account that the path names.
#[derive(Deserr, JsonSchema)]
#[deserr(error = Problem)]
pub(crate) struct NamedUser {
    /// The user.
    pub(crate) user_id: UserId,
}

/// What to change of a profile; what is absent or null stays.
#[derive(Deserr, JsonSchema)]
#[deserr(error = Problem)]
pub(crate) struct UpdateProfile {
    /// The user: oneself, or one's bot.
    pub(crate) user_id: UserId,
    /// At most 32 characters; empty for none.
    #[deserr(default)]
    nickname: Option<Nickname>,
    /// An address of the web or of this server, at most 512 characters; empty for none.
    #[deserr(default)]
    #[schemars(with = "Option<String>")]
    avatar_url: Option<AvatarUrl>,
    /// At most 256 characters; empty for none.
    #[deserr(default)]
    status: Option<Status>,
    /// Whether strangers find the account.
    #[deserr(default)]
    discoverable: Option<Flag>,
}

impl From<UpdateProfile> for Changes {
    fn from(update: UpdateProfile) -> Self {
        Self {
            nickname: update.nickname,
            avatar_url: update.avatar_url.map(|url| url.0),
            status: update.status,
            discoverable: update.discoverable.map(|flag| flag.0),
        }
    }
}

pub(super) struct AvatarUrl(pub(super) String);

impl AvatarUrl {
    /// The longest, in code points.
    const MAX: usize = 512;

    fn parse(text: &str) -> Result<Self, Invalid> {
        if text.chars().count() > Self::MAX {
            return Err(Invalid::TooLong(Self::MAX));
        }
        if text.is_empty() || is_own_path(text) || is_web_address(text) {
            return Ok(Self(text.to_owned()));
        }
        Err(Invalid::Rule("avatar_url must be a path below /static/, or begin with http:// or https://"))
    }
}

fields! { AvatarUrl: |value, place| text(value, place, AvatarUrl::parse) }

/// The user id that a client claims; anything else is no user's.
#[derive(Debug)]
pub(crate) struct ClaimedId(pub(crate) Option<UserId>);

fields! {
    ClaimedId: |value, _| Ok(ClaimedId(match value {
        Value::String(text) => text.parse().ok(),
        Value::Integer(number) => i64::try_from(number).ok(),
        Value::NegativeInteger(number) => Some(number),
        _ => None,
    }.map(UserId)))
}

inline_schemas! {
    ClaimedId: UserId::json_schema
}

requests!(ClaimedId, DeleteAccount, Login, Refresh, Logout, NamedSession, NamedUser, UpdateProfile);
