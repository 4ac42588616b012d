//! Requests about the tokens of programs.

use chat::accounts::NewToken;
use deserr::Deserr;
use domain::api_token::TokenScope;
use domain::id::SessionId;
use domain::text::Nickname;
use schemars::JsonSchema;

use super::fields::Moment;
use super::input::requests;
use crate::problem::Problem;

/// A token to make.
#[derive(Deserr, JsonSchema)]
#[deserr(error = Problem)]
pub(crate) struct CreateToken {
    /// What its user calls it.
    name: Nickname,
    /// What it lets a program do; one at least.
    scopes: Vec<TokenScope>,
    /// When it ends; never if absent.
    #[deserr(default)]
    expires_at: Option<Moment>,
}

impl From<CreateToken> for NewToken {
    fn from(CreateToken { name, scopes, expires_at }: CreateToken) -> Self {
        Self { name, scopes, expires_at: expires_at.map(|moment| moment.time) }
    }
}

/// The token that the path names.
#[derive(Deserr, JsonSchema)]
#[deserr(error = Problem)]
pub(crate) struct NamedApiToken {
    /// The token.
    pub(crate) token_id: SessionId,
}

requests!(CreateToken, NamedApiToken);
