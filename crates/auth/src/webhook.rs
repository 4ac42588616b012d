//! Signatures of webhooks, by Standard Webhooks 1.0: HMAC-SHA-256 over the id, the time and the body.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;

use crate::keys::Key;
use crate::secret::Secret;

/// The secret that a webhook is signed with. It is derived, so that the database does not have it.
#[derive(Debug, Clone)]
pub struct SigningSecret(Secret);

impl SigningSecret {
    /// Returns the secret of the webhook with this id: always the same, and computable only with the key.
    pub fn of(key: &Key, webhook: &str) -> Self {
        Self(Secret::derived(key, &["webhook", webhook]))
    }

    /// Writes the secret as the standard does.
    pub fn reveal(&self) -> String {
        format!("whsec_{}", STANDARD.encode(self.0.bytes()))
    }

    /// Returns the signature of a delivery, as its header has it; `at` is in seconds since 1970.
    pub fn sign(&self, id: &str, at: i64, body: &[u8]) -> String {
        sign(self.0.bytes(), id, at, body)
    }
}

fn sign(key: &[u8], id: &str, at: i64, body: &[u8]) -> String {
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, key));
    context.update(format!("{id}.{at}.").as_bytes());
    context.update(body);
    format!("v1,{}", STANDARD.encode(context.sign()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_that_of_the_standards_own_example() {
        let key = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let signature = sign(&key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, br#"{"test": 2432232314}"#);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn a_secret_is_its_webhooks_alone_and_never_printed() {
        let key = Key::from_secret(&[1; 32]).unwrap();
        let secret = SigningSecret::of(&key, "a");
        assert_eq!(secret.reveal(), SigningSecret::of(&key, "a").reveal());
        assert_ne!(secret.reveal(), SigningSecret::of(&key, "b").reveal());
        assert_eq!(STANDARD.decode(secret.reveal().strip_prefix("whsec_").unwrap()).unwrap().len(), 32);
        assert_eq!(format!("{secret:?}"), "SigningSecret(Secret(..))");
    }
}
