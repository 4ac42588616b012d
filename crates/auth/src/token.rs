//! Access tokens: JSON Web Tokens signed with HS256, and only that.

use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::id::{SessionId, UserId};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::keys::Key;
use crate::{provider, secret};

/// What an access token says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// The username when the token was made, for clients to show; never used to find the account.
    pub sub: String,
    /// The account.
    pub user_id: UserId,
    /// The sign-in that the token lives and dies with.
    pub sid: SessionId,
    /// The token's own id.
    pub jti: String,
    /// When it was made, in seconds since 1970.
    pub iat: u64,
    /// When it ends, in seconds since 1970.
    pub exp: u64,
}

/// How long tokens are good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Config {
    /// The life of a token.
    pub lifetime: Duration,
    /// How far the clocks of two nodes may differ.
    pub leeway: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self { lifetime: Duration::from_hours(2), leeway: Duration::from_secs(5) }
    }
}

/// Makes and checks access tokens with one key.
pub struct Tokens {
    header: Header,
    signing: EncodingKey,
    verifying: DecodingKey,
    validation: Validation,
    lifetime: Duration,
}

impl Tokens {
    /// Prepares `key` for use.
    pub fn new(key: &Key, config: Config) -> Self {
        provider::install();
        let mut validation = Validation::new(Algorithm::HS256);
        validation.leeway = config.leeway.as_secs();
        validation.set_required_spec_claims(&["exp", "sub"]);
        Self {
            header: Header { kid: Some(key.id().to_owned()), ..Header::new(Algorithm::HS256) },
            signing: EncodingKey::from_secret(key.secret()),
            verifying: DecodingKey::from_secret(key.secret()),
            validation,
            lifetime: config.lifetime,
        }
    }

    /// Returns the life of a token, which the sign-in answer names as `expires_in`.
    pub fn lifetime(&self) -> Duration {
        self.lifetime
    }

    /// Returns a token for `user`, known as `username`, that is good from now on for as long as configured.
    pub fn mint(&self, user: UserId, username: &str, session: SessionId) -> Result<String, Error> {
        let iat = now()?;
        let claims = Claims {
            sub: username.to_owned(),
            user_id: user,
            sid: session,
            jti: URL_SAFE_NO_PAD.encode(secret::random::<16>()?),
            iat,
            exp: iat.saturating_add(self.lifetime.as_secs()),
        };
        self.sign(&claims)
    }

    /// Returns what `token` says if this key signed it and it has not expired.
    pub fn verify(&self, token: &str) -> Result<Claims, Error> {
        let invalid = |_fault| Error::InvalidToken;
        // Before the signature, so that another key's token is refused by its name and not by luck.
        let header = jsonwebtoken::decode_header(token).map_err(invalid)?;
        if header.kid != self.header.kid {
            return Err(Error::InvalidToken);
        }
        let data = jsonwebtoken::decode(token, &self.verifying, &self.validation).map_err(invalid)?;
        Ok(data.claims)
    }

    fn sign(&self, claims: &Claims) -> Result<String, Error> {
        jsonwebtoken::encode(&self.header, claims, &self.signing)
            .map_err(|_fault| Error::System("a token could not be written"))
    }
}

fn now() -> Result<u64, Error> {
    match SystemTime::now().duration_since(SystemTime::UNIX_EPOCH) {
        Ok(since) => Ok(since.as_secs()),
        Err(_before_1970) => Err(Error::System("the clock stands before 1970")),
    }
}

#[cfg(test)]
mod tests;
