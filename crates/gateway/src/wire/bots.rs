//! Requests about bots.

use chat::accounts::NewToken;
use chat::context::Limits;
use deserr::Deserr;
use domain::id::{SessionId, UserId};
use domain::text::{Nickname, Username};
use schemars::JsonSchema;

use super::accounts::NamedUser;
use super::api_tokens::CreateToken;
use super::input::{Input, Request, both, requests};
use crate::problem::Problem;

/// A bot to make.
#[derive(Deserr, JsonSchema)]
#[deserr(error = Problem)]
pub(crate) struct CreateBot {
    /// Its username, 1 to 32 characters, unique on the server.
    pub(crate) username: Username,
    /// The name that others see, at most 32 characters.
    #[deserr(default)]
    pub(crate) nickname: Option<Nickname>,
}

/// A token to make for a bot.
#[derive(JsonSchema)]
pub(crate) struct CreateBotToken {
    #[serde(flatten)]
    bot: NamedUser,
    #[serde(flatten)]
    token: CreateToken,
}

impl Request for CreateBotToken {
    fn parse(input: &Input, _: &Limits) -> Result<Self, Problem> {
        let (bot, token) = both(input.parse(None), input.parse(None))?;
        Ok(Self { bot, token })
    }
}

impl CreateBotToken {
    /// The bot, and its token.
    pub(crate) fn into_parts(self) -> (UserId, NewToken) {
        (self.bot.user_id, self.token.into())
    }
}

/// The token of a bot that the path names.
#[derive(Deserr, JsonSchema)]
#[deserr(error = Problem)]
pub(crate) struct NamedBotToken {
    /// The bot.
    pub(crate) user_id: UserId,
    /// The token.
    pub(crate) token_id: SessionId,
}

requests!(CreateBot, NamedBotToken);
