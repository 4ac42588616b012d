//! Password hashes: bcrypt over HMAC-SHA-384, so that no password is cut at bcrypt's 72 bytes.
//!
//! A stored hash is `v1$2b$12$..`, or `v1.<pepper id>$2b$12$..` when the operator configured a pepper.
//! Plain bcrypt hashes of an imported account are checked as they were made and are due for an upgrade.

use std::hint::black_box;
use std::num::NonZero;
use std::sync::Arc;
use std::thread;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::{digest, hmac};

use crate::error::Error;
use crate::pool::Pool;
pub use crate::pool::Share;

const LABEL: &[u8] = b"chatroom password v1";

/// How passwords are hashed.
#[derive(Clone)]
pub struct Config {
    /// bcrypt's cost, 4 to 31; each step doubles the work.
    pub cost: u32,
    /// A secret kept outside the database, without which hashes cannot be checked.
    pub pepper: Option<String>,
    /// How many passwords are hashed at once.
    pub threads: NonZero<usize>,
    /// How many wait at most; more are refused as busy.
    pub queue: usize,
}

impl Default for Config {
    /// Cost 12 on all processors but one, with 32 waiting.
    fn default() -> Self {
        let processors = thread::available_parallelism().map_or(1, NonZero::get);
        let threads = NonZero::new(processors - 1).unwrap_or(NonZero::<usize>::MIN);
        Self { cost: 12, pepper: None, threads, queue: 32 }
    }
}

/// The outcome of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The password is right.
    Match {
        /// Whether the stored hash is weaker than a new one and should be replaced by [`Passwords::hash`].
        needs_upgrade: bool,
    },
    /// The password is wrong, or there is no such account.
    Mismatch,
}

/// Hashes and checks passwords on threads of its own.
pub struct Passwords {
    pool: Pool,
    recipe: Arc<Recipe>,
}

impl Passwords {
    /// Starts the hashing threads.
    pub fn new(config: Config) -> Result<Self, Error> {
        if !(4..=31).contains(&config.cost) {
            return Err(Error::Cost(config.cost));
        }
        let pool = Pool::start(config.threads, config.queue)?;
        Ok(Self { pool, recipe: Arc::new(Recipe::new(config.cost, config.pepper)) })
    }

    /// Returns the hash to store, at most 80 ASCII characters.
    pub async fn hash(&self, password: String, share: Share) -> Result<String, Error> {
        let recipe = Arc::clone(&self.recipe);
        self.pool.run(share, move || recipe.hash(&password)).await?
    }

    /// Checks `password` against a stored hash; without one it takes as long and is a mismatch.
    pub async fn verify(
        &self,
        password: String,
        stored: Option<String>,
        share: Share,
    ) -> Result<Verdict, Error> {
        let recipe = Arc::clone(&self.recipe);
        self.pool
            .run(share, move || match stored {
                Some(stored) => recipe.verify(&password, &stored),
                None => recipe.verify_nobody(&password),
            })
            .await?
    }
}

struct Recipe {
    cost: u32,
    pepper: Option<Pepper>,
}

struct Pepper {
    secret: String,
    id: String,
}

impl Recipe {
    fn new(cost: u32, pepper: Option<String>) -> Self {
        let pepper = pepper.filter(|secret| !secret.is_empty()).map(|secret| {
            let mut hash = digest::Context::new(&digest::SHA256);
            hash.update(b"chatroom pepper id\0");
            hash.update(secret.as_bytes());
            let id = URL_SAFE_NO_PAD.encode(hash.finish().as_ref().get(..6).unwrap_or_default());
            Pepper { secret, id }
        });
        Self { cost, pepper }
    }

    fn hash(&self, password: &str) -> Result<String, Error> {
        let pepper = self.pepper.as_ref();
        let hash = bcrypt::hash(digest(password, pepper), self.cost)
            .map_err(|_fault| Error::System("bcrypt gave no hash"))?;
        Ok(match pepper {
            Some(pepper) => format!("v1.{}{hash}", pepper.id),
            None => format!("v1{hash}"),
        })
    }

    fn verify(&self, password: &str, stored: &str) -> Result<Verdict, Error> {
        let (version, hash) = match stored.find('$') {
            Some(at) => stored.split_at(at),
            None => return Err(Error::UnknownHash("it is no bcrypt hash")),
        };
        let (right, current) = match (version, self.pepper.as_ref()) {
            ("", _) => (check(password.as_bytes(), hash)?, false),
            ("v1", pepper) => (check(digest(password, None).as_bytes(), hash)?, pepper.is_none()),
            (named, Some(pepper)) if named.strip_prefix("v1.") == Some(&pepper.id) => {
                (check(digest(password, Some(pepper)).as_bytes(), hash)?, true)
            }
            (named, _) if named.starts_with("v1.") => {
                return Err(Error::UnknownHash("it was made with a pepper that is not configured"));
            }
            _ => return Err(Error::UnknownHash("its version is not known")),
        };
        if !right {
            return Ok(Verdict::Mismatch);
        }
        Ok(Verdict::Match { needs_upgrade: !current || cost_of(hash) < self.cost })
    }

    /// Does the work of a check, so that its duration does not show whether an account exists.
    fn verify_nobody(&self, password: &str) -> Result<Verdict, Error> {
        let digest = digest(password, self.pepper.as_ref());
        match black_box(bcrypt::hash_with_salt(digest, self.cost, *b"nobody's salt...")) {
            Ok(_) => Ok(Verdict::Mismatch),
            Err(_fault) => Err(Error::System("bcrypt gave no hash")),
        }
    }
}

/// Returns a digest of the whole password as 64 ASCII characters.
fn digest(password: &str, pepper: Option<&Pepper>) -> String {
    let mut key = LABEL.to_vec();
    if let Some(pepper) = pepper {
        key.push(0);
        key.extend_from_slice(pepper.secret.as_bytes());
    }
    let key = hmac::Key::new(hmac::HMAC_SHA384, &key);
    STANDARD.encode(hmac::sign(&key, password.as_bytes()))
}

/// Compares as bcrypt always did: the first 72 bytes count.
fn check(password: &[u8], hash: &str) -> Result<bool, Error> {
    bcrypt::verify(password, hash).map_err(|_fault| Error::UnknownHash("it is no bcrypt hash"))
}

fn cost_of(hash: &str) -> u32 {
    hash.split('$').nth(2).and_then(|cost| cost.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests;
