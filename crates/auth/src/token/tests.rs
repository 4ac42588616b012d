use ring::hmac;
use serde_json::{Value, json};
use uuid::Uuid;

use super::*;

const SECRET: &[u8] = b"a key of at least thirty-two bytes";
const SESSION: SessionId = SessionId(Uuid::from_u128(0x0190_f5c2_7b3a_7000_8000_0123_4567_89ab));

fn tokens() -> Tokens {
    Tokens::new(&Key::from_secret(SECRET).unwrap(), Config::default())
}

fn minted() -> String {
    tokens().mint(UserId(7), "小美", SESSION).unwrap()
}

fn kid() -> String {
    Key::from_secret(SECRET).unwrap().id().to_owned()
}

fn claims() -> Value {
    let now = now().unwrap();
    json!({ "sub": "小美", "user_id": 7, "sid": SESSION, "jti": "x", "iat": now, "exp": now + 60 })
}

/// A token of any header and claims, signed with `algorithm`, written without the crate under test.
fn forged(header: &Value, claims: &Value, algorithm: hmac::Algorithm, secret: &[u8]) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let message = format!("{}.{}", part(header), part(claims));
    let signature = hmac::sign(&hmac::Key::new(algorithm, secret), message.as_bytes());
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn hs256(header: &Value, claims: &Value) -> String {
    forged(header, claims, hmac::HMAC_SHA256, SECRET)
}

#[track_caller]
fn refused(token: &str) {
    let answer = tokens().verify(token);
    assert!(matches!(answer, Err(Error::InvalidToken)), "{token}: {answer:?}");
}

#[test]
fn a_minted_token_is_good_and_says_what_was_asked() {
    let claims = tokens().verify(&minted()).unwrap();
    assert_eq!((claims.sub.as_str(), claims.user_id, claims.sid), ("小美", UserId(7), SESSION));
    assert_eq!(claims.exp - claims.iat, 120 * 60);
    assert_ne!(claims.jti, tokens().verify(&minted()).unwrap().jti);
}

#[test]
fn a_client_can_read_the_claims_it_needs() {
    let token = minted();
    let payload: Vec<u8> = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
    let claims: Value = serde_json::from_slice(&payload).unwrap();
    assert_eq!((&claims["sub"], &claims["user_id"]), (&json!("小美"), &json!(7)));
    assert_eq!(claims["sid"], json!(SESSION.to_string()));
}

#[test]
fn a_token_of_another_writer_with_our_key_is_good() {
    assert!(tokens().verify(&hs256(&json!({ "alg": "HS256", "kid": kid() }), &claims())).is_ok());
}

#[test]
fn no_signature_is_refused_in_every_spelling() {
    for name in ["none", "None", "NONE", "nOnE"] {
        let token = hs256(&json!({ "alg": name, "kid": kid() }), &claims());
        refused(&token);
        let (message, _) = token.rsplit_once('.').unwrap();
        refused(&format!("{message}."));
        refused(message);
    }
    let minted = minted();
    refused(&format!("{}.", minted.rsplit_once('.').unwrap().0));
}

#[test]
fn another_algorithm_is_refused_even_when_well_signed() {
    let header = |name: &str| json!({ "alg": name, "kid": kid() });
    refused(&forged(&header("HS384"), &claims(), hmac::HMAC_SHA384, SECRET));
    refused(&forged(&header("HS512"), &claims(), hmac::HMAC_SHA512, SECRET));
    for name in ["RS256", "ES256", "EdDSA", "PS256", "HS1024", ""] {
        refused(&hs256(&header(name), &claims()));
    }
}

#[test]
fn another_key_is_refused_whatever_it_calls_itself() {
    let other = b"another key of thirty-two bytes or so";
    refused(&forged(&json!({ "alg": "HS256", "kid": kid() }), &claims(), hmac::HMAC_SHA256, other));
    let other = Tokens::new(&Key::from_secret(other).unwrap(), Config::default());
    refused(&other.mint(UserId(7), "小美", SESSION).unwrap());
}

#[test]
fn an_unknown_or_missing_key_id_is_refused() {
    refused(&hs256(&json!({ "alg": "HS256", "kid": "someone-else" }), &claims()));
    refused(&hs256(&json!({ "alg": "HS256" }), &claims()));
}

#[test]
fn time_ends_a_token_and_nothing_brings_it_back() {
    let header = json!({ "alg": "HS256", "kid": kid() });
    let ending = |exp: Value| {
        let mut claims = claims();
        claims["exp"] = exp;
        hs256(&header, &claims)
    };
    let now = now().unwrap();
    assert!(tokens().verify(&ending(json!(now + 30))).is_ok());
    refused(&ending(json!(now - 30)));
    refused(&ending(json!(0)));
    refused(&ending(json!(-1)));
    refused(&ending(json!("never")));
    refused(&ending(json!(1e300)));
    refused(&ending(Value::Null));
    let mut endless = claims();
    endless.as_object_mut().unwrap().remove("exp");
    refused(&hs256(&header, &endless));
}

#[test]
fn each_claim_is_required_and_of_its_type() {
    let header = json!({ "alg": "HS256", "kid": kid() });
    for name in ["sub", "user_id", "sid", "jti", "iat"] {
        let mut without = claims();
        without.as_object_mut().unwrap().remove(name);
        refused(&hs256(&header, &without));
        let mut wrong = claims();
        wrong[name] = json!({ "$ne": 0 });
        refused(&hs256(&header, &wrong));
    }
}

#[test]
fn one_changed_byte_anywhere_is_refused() {
    let token = minted();
    for at in 0..token.len() {
        let mut bytes = token.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(bytes).unwrap();
        refused(&changed);
    }
}

#[test]
fn garbage_is_refused() {
    let token = minted();
    let twice = format!("{token}.{token}");
    let long = "a.".repeat(100_000);
    for text in ["", ".", "..", "...", "a.b.c", "Bearer x", "今天天氣很好", "\0", &twice, &long] {
        refused(text);
    }
}
