//! Signatures of addresses that open one file for one session, for a short time.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::id::{SessionId, UserId};
use ring::hmac;

use crate::keys::Key;

/// What an address opens, and for whom.
#[derive(Debug, Clone, Copy)]
pub struct SignedAddress<'a> {
    /// The name of the file.
    pub name: &'a str,
    /// The user who asked for the address.
    pub user: UserId,
    /// The session in which they did.
    pub session: SessionId,
    /// When it ends, in microseconds since 1970.
    pub expires: i64,
}

impl SignedAddress<'_> {
    /// Returns the signature, as text that is safe in an address.
    pub fn signature(&self, key: &Key) -> String {
        URL_SAFE_NO_PAD.encode(hmac::sign(&derived(key), self.text().as_bytes()))
    }

    /// Returns whether this is the signature; in constant time.
    pub fn is_signed_by(&self, key: &Key, signature: &str) -> bool {
        let decoded = URL_SAFE_NO_PAD.decode(signature);
        decoded.is_ok_and(|decoded| hmac::verify(&derived(key), self.text().as_bytes(), &decoded).is_ok())
    }

    fn text(&self) -> String {
        format!("{}\0{}\0{}\0{}", self.name, self.user.0, self.session, self.expires)
    }
}

/// A key of its own, so that nothing else that the server signs is a signature of an address.
fn derived(key: &Key) -> hmac::Key {
    let secret = hmac::Key::new(hmac::HMAC_SHA256, key.secret());
    let derived = hmac::sign(&secret, b"chatroom file address\0");
    hmac::Key::new(hmac::HMAC_SHA256, derived.as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_for_one_file_session_time_and_key() {
        let [key, other] = [*b"0123456789abcdef0123456789abcdef", *b"fedcba9876543210fedcba9876543210"]
            .map(|secret| Key::from_secret(&secret).unwrap());
        let (session, user) = (SessionId::generate(), UserId(1));
        let signed = SignedAddress { name: "a.png", user, session, expires: 9 };
        let signature = signed.signature(&key);
        assert!(signed.is_signed_by(&key, &signature) && !signed.is_signed_by(&other, &signature));
        for changed in [
            SignedAddress { name: "b.png", ..signed },
            SignedAddress { user: UserId(2), ..signed },
            SignedAddress { session: SessionId::generate(), ..signed },
            SignedAddress { expires: 10, ..signed },
        ] {
            assert!(!changed.is_signed_by(&key, &signature), "{changed:?}");
        }
        for wrong in ["", "x", "!", signature.get(1..).unwrap(), &format!("{signature}A")] {
            assert!(!signed.is_signed_by(&key, wrong), "{wrong}");
        }
    }
}
