//! Access tokens: JSON Web Tokens (RFC 7519) signed with HS256, and only that.
//!
//! ```
//! use auth::keys::Key;
//! use auth::token::{Config, Tokens};
//! use domain::id::{SessionId, UserId};
//!
//! # fn main() -> Result<(), auth::error::Error> {
//! let tokens = Tokens::new(&Key::from_secret(&[7; 32])?, Config::default());
//! let session = SessionId::generate();
//! let token = tokens.mint(UserId(1), "愛麗絲", session)?;
//! let claims = tokens.verify(&token)?;
//! assert_eq!((claims.user_id, claims.sid, claims.sub.as_str()), (UserId(1), session, "愛麗絲"));
//!
//! let other = Tokens::new(&Key::from_secret(&[8; 32])?, Config::default());
//! assert!(other.verify(&token).is_err());
//! # Ok(())
//! # }
//! ```

use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::id::{SessionId, UserId};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::keys::Key;
use crate::provider;
use crate::random::random;

/// The claims of an access token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// The username when the token was made, for clients to show; never used to find the account.
    pub sub: String,
    /// The account.
    pub user_id: UserId,
    /// The session, without which the token is not valid.
    pub sid: SessionId,
    /// The token's own id.
    pub jti: String,
    /// When it was made, in seconds since 1970.
    pub iat: u64,
    /// When it ends, in seconds since 1970.
    pub exp: u64,
}

/// How long tokens are valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Config {
    /// How long a token is valid.
    pub lifetime: Duration,
    /// How far the clocks of two nodes can differ.
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
    /// Makes and checks tokens with `key`.
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

    /// Returns how long a token is valid, which the answer to a sign-in has as `expires_in`.
    pub fn lifetime(&self) -> Duration {
        self.lifetime
    }

    /// Returns a token for a session of `user`, valid from now on.
    pub fn mint(&self, user: UserId, username: &str, session: SessionId) -> Result<String, Error> {
        let iat = now()?;
        let claims = Claims {
            sub: username.to_owned(),
            user_id: user,
            sid: session,
            jti: URL_SAFE_NO_PAD.encode(random::<16>()?),
            iat,
            exp: iat.saturating_add(self.lifetime.as_secs()),
        };
        self.sign(&claims)
    }

    /// Returns the claims of `token`; [`Error::InvalidToken`] unless this key signed it and it has not expired.
    pub fn verify(&self, token: &str) -> Result<Claims, Error> {
        let invalid = |_fault| Error::InvalidToken;
        // Before the signature, so that another key's token is refused by its id.
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
        Err(_before_1970) => Err(Error::System("the clock is before 1970")),
    }
}

#[cfg(test)]
mod tests;
