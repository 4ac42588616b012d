//! Tokens by which programs act for a user, or as one of the user's bots.

use auth::secret::Secret;
use domain::api_token::{ApiToken, TOKENS_MAX, TokenScope};
use domain::audit::AuditAction;
use domain::id::{SessionId, UserId};
use domain::invalid::Invalid;
use domain::text::Nickname;
use domain::time::Time;
use persistence::{Conn, accounts, api_tokens, bots, users};

use super::authentication::{API_TOKEN, AuthUser};
use super::sessions::end;
use crate::audit::{self, Actor, Audited};
use crate::context::Chat;
use crate::error::{Error, Refusal, Resource};

/// What a token is to be.
#[derive(Debug)]
pub struct NewToken {
    /// What its user calls it.
    pub name: Nickname,
    /// What it lets a program do.
    pub scopes: Vec<TokenScope>,
    /// When it ends; never if absent.
    pub expires_at: Option<Time>,
}

/// Makes a token of one's own or of one of one's bots; its text is returned here and never again.
pub async fn create_token(
    chat: &Chat,
    me: &AuthUser,
    user: UserId,
    new: NewToken,
) -> Result<(ApiToken, String), Error> {
    let now = chat.now();
    if new.expires_at.is_some_and(|end| end <= now) {
        let reason = Invalid::Rule("expires_at must be in the future");
        return Err(Error::Invalid { field: "expires_at", reason });
    }
    if new.scopes.is_empty() {
        let reason = Invalid::Rule("scopes must name one at least");
        return Err(Error::Invalid { field: "scopes", reason });
    }
    let secret = Secret::generate()?;
    let (owner, actor, hash) = (me.id, Actor::from(me), secret.hash());
    let token = ApiToken {
        id: SessionId::generate(),
        name: new.name.to_string(),
        scopes: domain::api_token::Scopes::of(&new.scopes).list(),
        created_at: now,
        expires_at: new.expires_at,
    };
    let stored = token.clone();
    let made = chat.db.transaction(move |conn| {
        // Makers of tokens for one user wait for each other, so that each counts those of the others.
        users::lock(conn, user).map_err(|error| Error::or_not_found(error, Resource::Bot))?;
        refuse_others(conn, owner, user)?;
        // All tokens have been revoked by then, and none may follow.
        if accounts::is_suspended(conn, user)? {
            return Err(Error::Refused(Refusal::AccountSuspended));
        }
        if api_tokens::list(conn, user, now)?.len() >= TOKENS_MAX {
            return Err(Error::Refused(Refusal::TooManyTokens(TOKENS_MAX)));
        }
        api_tokens::insert(conn, user, &stored, &hash)?;
        Ok(audit::append(conn, now, &actor, [Audited::to(AuditAction::TokenCreated, &stored.id)])?)
    });
    made.await?;
    Ok((token, format!("{API_TOKEN}{}", secret.reveal())))
}

/// Lists the tokens of oneself or of one of one's bots, the last made first.
pub async fn list_tokens(chat: &Chat, me: &AuthUser, user: UserId) -> Result<Vec<ApiToken>, Error> {
    let (owner, now) = (me.id, chat.now());
    chat.db
        .read(move |conn| {
            refuse_others(conn, owner, user)?;
            Ok(api_tokens::list(conn, user, now)?)
        })
        .await
}

/// Revokes a token of oneself or of one of one's bots; it is dead and its connections are closed when this returns.
pub async fn revoke_token(chat: &Chat, me: &AuthUser, user: UserId, token: SessionId) -> Result<(), Error> {
    let (owner, now, actor) = (me.id, chat.now(), Actor::from(me));
    let revoked = chat.db.transaction(move |conn| {
        refuse_others(conn, owner, user)?;
        let revoked = api_tokens::revoke(conn, user, token, now);
        revoked.map_err(|error| Error::or_not_found(error, Resource::Token))?;
        Ok::<_, Error>(audit::append(conn, now, &actor, [Audited::to(AuditAction::TokenRevoked, &token)])?)
    });
    revoked.await?;
    end(chat, [token]);
    Ok(())
}

/// Refuses tokens of anybody but oneself and one's bots.
fn refuse_others(conn: &mut Conn, me: UserId, user: UserId) -> Result<(), Error> {
    if user == me {
        return Ok(());
    }
    bots::find(conn, me, user).map(drop).map_err(|error| Error::or_not_found(error, Resource::Bot))
}
