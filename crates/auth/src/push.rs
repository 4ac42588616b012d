//! Web Push: the key that this server is known by (VAPID, RFC 8292), and the encryption of what is pushed (RFC 8291).

use std::fmt;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use domain::time::Time;
use ring::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use ring::agreement::{ECDH_P256, EphemeralPrivateKey, UnparsedPublicKey, agree_ephemeral};
use ring::hkdf::{HKDF_SHA256, KeyType, Prk, Salt};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde::Serialize;

use crate::error::Error;
use crate::keys::stored_in;
use crate::random::random;

const FILE: &str = "vapid.key";

/// How long a token for a push service lasts, in seconds; more than a day is refused.
const TOKEN_SECONDS: i64 = 12 * 60 * 60;

/// The bytes of a point of P-256, not compressed.
const POINT: usize = 65;

/// The size of a record (RFC 8188): all is in one.
const RECORD: u32 = 4096;

/// The most bytes that are pushed at once: a record less its delimiter, its tag, and the header before it.
pub const PUSH_MAX: usize = RECORD as usize - 1 - 16 - (16 + 4 + 1 + POINT);

/// What a token for a push service says (RFC 8292, section 2).
#[derive(Serialize)]
struct Claims<'a> {
    aud: &'a str,
    exp: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    sub: Option<&'a str>,
}

/// The key pair that push services know this server by.
pub struct VapidKey {
    pair: EcdsaKeyPair,
    /// Where the operator can be reached.
    contact: Option<String>,
}

impl fmt::Debug for VapidKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VapidKey").field("public", &self.public()).finish_non_exhaustive()
    }
}

impl VapidKey {
    /// Returns the configured key (PKCS#8 in Base64), or else the one in `data_dir`, which is generated at the first call.
    pub fn load(configured: Option<&str>, data_dir: &Path, contact: Option<String>) -> Result<Self, Error> {
        let (algorithm, random) = (&ECDSA_P256_SHA256_FIXED_SIGNING, SystemRandom::new());
        let read = |document: &[u8], or: Error| {
            EcdsaKeyPair::from_pkcs8(algorithm, document, &random).map_err(|_rejected| or)
        };
        let pair = if let Some(text) = configured {
            let document = STANDARD.decode(text.trim()).map_err(|_unreadable| Error::PushKey)?;
            read(&document, Error::PushKey)?
        } else {
            let make = || {
                let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random);
                let document = document.map_err(|_unspecified| Error::System("no randomness"))?;
                Ok(document.as_ref().to_vec())
            };
            read(&stored_in(data_dir, FILE, make)?, Error::DamagedKey(data_dir.join(FILE)))?
        };
        Ok(Self { pair, contact })
    }

    /// Returns the public key, as browsers take it (`applicationServerKey`).
    pub fn public(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.pair.public_key())
    }

    /// Returns the header `Authorization` for a push service.
    pub fn authorization(&self, origin: &str, now: Time) -> Result<String, Error> {
        let claims =
            Claims { aud: origin, exp: now.unix_seconds() + TOKEN_SECONDS, sub: self.contact.as_deref() };
        let claims = serde_json::to_string(&claims).map_err(|_unreadable| Error::System("no claims"))?;
        let encoded = |json: String| URL_SAFE_NO_PAD.encode(json);
        let signed = format!("{}.{}", encoded(r#"{"typ":"JWT","alg":"ES256"}"#.to_owned()), encoded(claims));
        let signature = self.pair.sign(&SystemRandom::new(), signed.as_bytes());
        let signature = signature.map_err(|_unspecified| Error::System("no signature"))?;
        Ok(format!("vapid t={signed}.{}, k={}", URL_SAFE_NO_PAD.encode(signature), self.public()))
    }
}

/// The keys of a subscription: what is pushed to it is encrypted for who has their private half.
#[derive(Debug, Clone)]
pub struct SubscriptionKeys {
    /// The public key.
    p256dh: [u8; POINT],
    /// The secret that is shared with it.
    auth: [u8; 16],
}

impl SubscriptionKeys {
    /// Reads keys as browsers give them; anything else is `None`.
    pub fn parse(p256dh: &str, auth: &str) -> Option<Self> {
        let decode = |text: &str| URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok();
        let keys = Self { p256dh: decode(p256dh)?.try_into().ok()?, auth: decode(auth)?.try_into().ok()? };
        // What is no point of the curve agrees with nothing.
        keys.encrypt(&[]).ok().map(|_encrypted| keys)
    }

    /// Encrypts what is to be pushed, at most [`PUSH_MAX`] bytes (`aes128gcm`).
    pub fn encrypt(&self, text: &[u8]) -> Result<Vec<u8>, Error> {
        let failed = |_unspecified| Error::System("no encryption");
        let private = EphemeralPrivateKey::generate(&ECDH_P256, &SystemRandom::new()).map_err(failed)?;
        let public = private.compute_public_key().map_err(failed)?;
        let salt = random::<16>()?;
        let other = UnparsedPublicKey::new(&ECDH_P256, &self.p256dh);
        agree_ephemeral(private, &other, |agreed| seal(self, agreed, (public.as_ref(), &salt), text))
            .map_err(failed)?
    }
}

/// Encrypts a text under an agreed secret, given the public key of the sender and the salt.
fn seal(
    keys: &SubscriptionKeys,
    agreed: &[u8],
    (public, salt): (&[u8], &[u8; 16]),
    text: &[u8],
) -> Result<Vec<u8>, Error> {
    let info = [b"WebPush: info\0", &keys.p256dh[..], public];
    let secret: [u8; 32] = expand(&Salt::new(HKDF_SHA256, &keys.auth).extract(agreed), &info)?;
    let prk = Salt::new(HKDF_SHA256, salt).extract(&secret);
    let key: [u8; 16] = expand(&prk, &[b"Content-Encoding: aes128gcm\0"])?;
    let nonce: [u8; 12] = expand(&prk, &[b"Content-Encoding: nonce\0"])?;
    let failed = |_unspecified| Error::System("no encryption");
    let key = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &key).map_err(failed)?);
    let mut sealed = [text, &[2]].concat();
    key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut sealed)
        .map_err(failed)?;
    let length = u8::try_from(public.len()).map_err(|_long| Error::System("no encryption"))?;
    Ok([&salt[..], &RECORD.to_be_bytes(), &[length], public, &sealed].concat())
}

/// So many bytes.
struct Length(usize);

impl KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

fn expand<const N: usize>(prk: &Prk, info: &[&[u8]]) -> Result<[u8; N], Error> {
    let mut bytes = [0; N];
    let filled = prk.expand(info, Length(N)).and_then(|okm| okm.fill(&mut bytes));
    filled.map_err(|_unspecified| Error::System("no encryption"))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey as VerifyingKey};
    use serde_json::json;

    use super::*;

    fn bytes<const N: usize>(text: &str) -> [u8; N] {
        URL_SAFE_NO_PAD.decode(text).unwrap().try_into().unwrap()
    }

    /// Appendix A of RFC 8291.
    const RECEIVER: &str =
        "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
    const AUTH: &str = "BTBZMqHH6r4Tts7J_aSIgg";

    #[test]
    fn what_is_pushed_is_encrypted_as_in_the_rfc() {
        let keys = SubscriptionKeys { p256dh: bytes(RECEIVER), auth: bytes(AUTH) };
        let sender: [u8; POINT] =
            bytes("BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8");
        let agreed: [u8; 32] = bytes("kyrL1jIIOHEzg3sM2ZWRHDRB62YACZhhSlknJ672kSs");
        let salt: [u8; 16] = bytes("DGv6ra1nlYgDCS1FRnbzlw");
        let sealed =
            seal(&keys, &agreed, (&sender, &salt), b"When I grow up, I want to be a watermelon").unwrap();
        assert_eq!(
            URL_SAFE_NO_PAD.encode(sealed),
            "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_\
             yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
        );
    }

    #[test]
    fn keys_are_a_point_and_a_secret() {
        assert!(SubscriptionKeys::parse(RECEIVER, AUTH).is_some());
        assert!(SubscriptionKeys::parse(&format!("{RECEIVER}="), &format!("{AUTH}==")).is_some());
        let off_the_curve = RECEIVER.replace("iw4", "iw5");
        for (p256dh, auth) in
            [("", AUTH), (RECEIVER, ""), (AUTH, AUTH), (RECEIVER, RECEIVER), (&off_the_curve, AUTH)]
        {
            assert!(SubscriptionKeys::parse(p256dh, auth).is_none(), "{p256dh} {auth}");
        }
        let keys = SubscriptionKeys::parse(RECEIVER, AUTH).unwrap();
        assert_eq!(keys.encrypt(&[b'a'; PUSH_MAX]).unwrap().len(), RECORD as usize);
        assert_ne!(keys.encrypt(b"a").unwrap(), keys.encrypt(b"a").unwrap());
    }

    #[test]
    fn a_generated_key_is_kept_for_the_owner_alone_and_signs() {
        let dir = tempfile::tempdir().unwrap();
        let contact = Some("mailto:a@b.example".to_owned());
        let key = VapidKey::load(None, dir.path(), contact).unwrap();
        let path = dir.path().join(FILE);
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(VapidKey::load(None, dir.path(), None).unwrap().public(), key.public());
        let now = Time::parse("2026-11-29T00:00:00Z").unwrap();
        let header = key.authorization("https://push.example", now).unwrap();
        let (token, public) = header.strip_prefix("vapid t=").unwrap().split_once(", k=").unwrap();
        assert_eq!(public, key.public());
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let verifying = VerifyingKey::new(&ECDSA_P256_SHA256_FIXED, URL_SAFE_NO_PAD.decode(public).unwrap());
        verifying.verify(signed.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).unwrap()).unwrap();
        let claims = URL_SAFE_NO_PAD.decode(signed.split_once('.').unwrap().1).unwrap();
        let claims: serde_json::Value = serde_json::from_slice(&claims).unwrap();
        let exp = now.unix_seconds() + TOKEN_SECONDS;
        assert_eq!(claims, json!({ "aud": "https://push.example", "exp": exp, "sub": "mailto:a@b.example" }));
    }

    #[test]
    fn a_configured_key_wins_and_a_damaged_one_is_named() {
        let (random, dir) = (SystemRandom::new(), tempfile::tempdir().unwrap());
        let made = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        let text = STANDARD.encode(made.as_ref());
        VapidKey::load(Some(&text), dir.path(), None).unwrap();
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
        for bad in ["", "x", "c2hvcnQ="] {
            assert!(matches!(VapidKey::load(Some(bad), dir.path(), None), Err(Error::PushKey)));
        }
        std::fs::write(dir.path().join(FILE), "c2hvcnQ").unwrap();
        assert!(matches!(VapidKey::load(None, dir.path(), None), Err(Error::DamagedKey(_))));
    }
}
