//! Opaque session secrets: the client keeps the secret, the database only its hash.
//!
//! ```
//! use auth::keys::Key;
//! use auth::secret::Secret;
//!
//! # fn main() -> Result<(), auth::error::Error> {
//! let secret = Secret::generate()?;
//! let stored = secret.hash();
//! // The client sends its secret back as text.
//! let shown = Secret::parse(&secret.reveal());
//! assert!(shown.is_some_and(|shown| shown.matches(&stored)));
//!
//! // An exchange that is repeated, since its answer was lost, gives the same successor.
//! let key = Key::from_secret(&[7; 32])?;
//! assert_eq!(secret.successor(&key).hash(), secret.successor(&key).hash());
//! # Ok(())
//! # }
//! ```

use std::fmt;
use std::hint::black_box;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::{digest, hmac};

use crate::error::Error;
use crate::keys::Key;
use crate::random::random;

const BYTES: usize = 32;

/// The SHA-256 of a secret, the only form that is stored.
pub type Hash = [u8; 32];

/// Where the half begins that is new in each successor; the half before it, the family, is the same in all.
const FAMILY_BYTES: usize = BYTES / 2;

/// A 256-bit random secret.
#[derive(Clone)]
pub struct Secret([u8; BYTES]);

impl Secret {
    /// Makes a new secret from the system's randomness.
    pub fn generate() -> Result<Self, Error> {
        Ok(Self(random()?))
    }

    /// Returns the secret of these parts: always the same, and computable only with the key.
    pub fn derived(key: &Key, parts: &[&str]) -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, key.secret());
        let mut context = hmac::Context::with_key(&key);
        context.update(b"chatroom derived secret\0");
        for part in parts {
            context.update(&part.len().to_le_bytes());
            context.update(part.as_bytes());
        }
        let mut secret = Self([0; BYTES]);
        secret.0.copy_from_slice(context.sign().as_ref());
        secret
    }

    /// Returns its bytes.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Reads what [`Secret::reveal`] wrote; anything else is `None`.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        bytes.try_into().ok().map(Self)
    }

    /// Writes the secret as 43 characters that are safe in a cookie, a header and JSON.
    pub fn reveal(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// Returns the secret that replaces this one: always the same, of the same family, and computable only with the key.
    #[must_use]
    pub fn successor(&self, key: &Key) -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, key.secret());
        let mut context = hmac::Context::with_key(&key);
        context.update(b"chatroom session successor\0");
        context.update(&self.0);
        let mut successor = self.clone();
        for (byte, derived) in successor.0.iter_mut().zip(context.sign().as_ref()).skip(FAMILY_BYTES) {
            *byte = *derived;
        }
        successor
    }

    /// Returns the hash to store and to look up by.
    pub fn hash(&self) -> Hash {
        sha_256(&self.0)
    }

    /// Returns the hash that all secrets of one session have in common.
    pub fn family_hash(&self) -> Hash {
        sha_256(self.0.get(..FAMILY_BYTES).unwrap_or_default())
    }

    /// Returns whether `stored` is this secret's hash, in constant time.
    pub fn matches(&self, stored: &Hash) -> bool {
        let differing = self.hash().iter().zip(stored).fold(0, |found, (a, b)| black_box(found | (a ^ b)));
        differing == 0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// The random token of an invite link: 128 bits.
#[derive(Clone)]
pub struct InviteToken([u8; 16]);

impl InviteToken {
    /// Makes a new token from the system's randomness.
    pub fn generate() -> Result<Self, Error> {
        Ok(Self(random()?))
    }

    /// Reads what [`InviteToken::reveal`] wrote; anything else is `None`.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        bytes.try_into().ok().map(Self)
    }

    /// Writes the token as 22 characters that are safe in an address.
    pub fn reveal(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// Returns the hash to store and to look up by.
    pub fn hash(&self) -> Hash {
        sha_256(&self.0)
    }
}

impl fmt::Debug for InviteToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InviteToken(..)")
    }
}

fn sha_256(bytes: &[u8]) -> Hash {
    let mut hash = Hash::default();
    hash.copy_from_slice(digest::digest(&digest::SHA256, bytes).as_ref());
    hash
}

/// Returns a SHA-256 over texts and their lengths, as 43 characters: equal only for equal lists.
pub fn fingerprint(parts: &[&str]) -> String {
    let mut context = digest::Context::new(&digest::SHA256);
    for part in parts {
        context.update(&part.len().to_le_bytes());
        context.update(part.as_bytes());
    }
    URL_SAFE_NO_PAD.encode(context.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_survives_the_journey_and_matches_only_its_own_hash() {
        let (one, two) = (Secret::generate().unwrap(), Secret::generate().unwrap());
        let text = one.reveal();
        assert_eq!(text.len(), 43);
        let back = Secret::parse(&text).unwrap();
        assert!(back.matches(&one.hash()));
        assert!(!back.matches(&two.hash()));
        let mut last_bit = one.hash();
        last_bit[31] ^= 1;
        assert!(!back.matches(&last_bit));
    }

    #[test]
    fn what_is_stored_is_the_sha_256() {
        let secret = Secret([0; 32]);
        assert_eq!(URL_SAFE_NO_PAD.encode(secret.hash()), "Zmh6rfhivXdsj8GLjp-OIAiXFIVu4jOzkCpZHQ1fKSU");
    }

    #[test]
    fn a_successor_is_repeatable_and_needs_the_key() {
        let (one, two) = (Key::from_secret(&[1; 32]).unwrap(), Key::from_secret(&[2; 32]).unwrap());
        let secret = Secret([7; 32]);
        assert_eq!(secret.successor(&one).reveal(), secret.successor(&one).reveal());
        assert_ne!(secret.successor(&one).reveal(), secret.successor(&two).reveal());
        assert_ne!(secret.successor(&one).reveal(), secret.reveal());
    }

    #[test]
    fn a_derived_secret_is_repeatable_and_needs_the_key_and_the_parts() {
        let (one, two) = (Key::from_secret(&[1; 32]).unwrap(), Key::from_secret(&[2; 32]).unwrap());
        let derived = |key: &Key, parts: &[&str]| Secret::derived(key, parts).reveal();
        assert_eq!(derived(&one, &["a", "bc"]), derived(&one, &["a", "bc"]));
        assert_ne!(derived(&one, &["a", "bc"]), derived(&one, &["ab", "c"]));
        assert_ne!(derived(&one, &["a", "bc"]), derived(&two, &["a", "bc"]));
    }

    #[test]
    fn all_successors_are_of_one_family_and_no_other_secret_is() {
        let key = Key::from_secret(&[1; 32]).unwrap();
        let secret = Secret::generate().unwrap();
        let later = secret.successor(&key).successor(&key);
        assert_eq!(later.family_hash(), secret.family_hash());
        assert_ne!(later.hash(), secret.hash());
        assert_ne!(Secret::generate().unwrap().family_hash(), secret.family_hash());
        assert_ne!(secret.family_hash(), secret.hash());
    }

    #[test]
    fn a_fingerprint_knows_where_its_parts_end() {
        assert_eq!(fingerprint(&["a", "bc"]), fingerprint(&["a", "bc"]));
        assert_ne!(fingerprint(&["a", "bc"]), fingerprint(&["ab", "c"]));
    }

    #[test]
    fn an_invite_token_survives_the_journey_and_is_never_printed() {
        let token = InviteToken::generate().unwrap();
        let text = token.reveal();
        assert_eq!(text.len(), 22);
        assert_eq!(InviteToken::parse(&text).unwrap().hash(), token.hash());
        assert_ne!(InviteToken::generate().unwrap().hash(), token.hash());
        assert!(InviteToken::parse(&Secret([7; 32]).reveal()).is_none());
        assert_eq!(format!("{token:?}"), "InviteToken(..)");
    }

    #[test]
    fn anything_else_is_not_a_secret() {
        let good = Secret([7; 32]).reveal();
        let (longer, shorter) = (format!("{good}A"), good.strip_prefix('B').unwrap());
        for text in ["", "秘密", shorter, &longer, &format!("{good}="), &format!(" {shorter}")] {
            assert!(Secret::parse(text).is_none(), "{text:?}");
        }
    }

    #[test]
    fn a_secret_is_never_printed() {
        assert_eq!(format!("{:?}", Secret([7; 32])), "Secret(..)");
    }
}
