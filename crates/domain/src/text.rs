//! The texts that users type, each parsed once: their types guarantee that the rule is kept.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::invalid::Invalid;

mod folding;
mod visible;

pub use folding::{exact_key, fold, fold_email};
pub use visible::{excerpt, is_blank, is_invisible, is_shaping, plain_line};
use visible::{is_bidi_control, visible_line};

macro_rules! text {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Takes a value that the database holds, which was parsed when it went in.
            pub fn stored(text: String) -> Self {
                Self(text)
            }

            /// Returns the text.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// Gives the text away.
            pub fn into_string(self) -> String {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        string_schema!($name);
    };
}

/// The schema of a text as clients send it, before it is trimmed and measured.
macro_rules! string_schema {
    ($name:ident) => {
        impl JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string" })
            }
        }
    };
}

text! {
    /// The name a user signs in with: 1 to 32 code points, no `@`, no control characters.
    Username
}
text! {
    /// The name others see: at most 32 code points; empty clears it.
    Nickname
}
text! {
    /// The line under a name: at most 256 code points; empty clears it.
    Status
}
text! {
    /// An e-mail address: one `@` with something on both sides, at most 254 code points.
    Email
}
text! {
    /// The name of a room: at most 32 code points.
    RoomName
}
text! {
    /// The text of a message: 1 to [`Body::MAX`] code points, not blank.
    Body
}

/// The longest username, nickname and room name, in code points.
pub const NAME_MAX: usize = 32;

impl Username {
    /// The beginning of the names of deleted accounts; it cannot be registered.
    pub const DELETED_PREFIX: &'static str = "deleted_";
    /// The longest key of a username, in code points, as the database's column holds it.
    pub const KEY_MAX: usize = 2 * NAME_MAX;

    /// Parses a new username.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let text = line(text, NAME_MAX)?;
        if text.chars().all(|c| is_combining_mark(c) || is_invisible(c)) {
            return Err(Invalid::Rule("Username can not be empty"));
        }
        // Folded, since a full-width @ would make it another's e-mail address.
        if fold(&text).contains('@') {
            return Err(Invalid::Rule("Username can not contain @"));
        }
        if fold(&text).starts_with(Self::DELETED_PREFIX) {
            return Err(Invalid::Rule("Username is reserved"));
        }
        key_at_most(&fold(&text), Self::KEY_MAX, NAME_MAX)?;
        Ok(Self(text))
    }
}

impl Nickname {
    /// Parses a nickname.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        line(text, NAME_MAX).map(Self)
    }
}

impl Status {
    /// The longest status, in code points.
    pub const MAX: usize = 256;

    /// Parses a status line.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        line(text, Self::MAX).map(Self)
    }
}

impl Email {
    /// The longest address, in code points (RFC 5321, section 4.5.3.1.3, less the angle brackets).
    pub const MAX: usize = 254;

    /// Parses an address.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let text = normal(text.trim());
        if text.is_empty() {
            return Err(Invalid::Rule("Email can not be empty"));
        }
        at_most(&text, Self::MAX)?;
        no_control(&text)?;
        if text.contains(is_invisible) {
            return Err(Invalid::Rule("Email can not contain invisible characters"));
        }
        match text.rsplit_once('@') {
            Some((local, host)) if !local.is_empty() && !host.is_empty() && !text.contains(' ') => {
                key_at_most(&fold_email(&text), Self::MAX, Self::MAX)?;
                Ok(Self(text))
            }
            _ => Err(Invalid::Rule("Email must be an address like name@example.com")),
        }
    }
}

impl RoomName {
    /// Parses the name of a room.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        line(text, NAME_MAX).map(Self)
    }
}

impl Body {
    /// The longest message by default, in code points.
    pub const MAX: usize = 10_000;

    /// Parses the text of a message, at most `max` code points.
    pub fn parse(text: &str, max: usize) -> Result<Self, Invalid> {
        if is_blank(text) {
            return Err(Invalid::TooShort(1));
        }
        at_most(text, max)?;
        if text.contains('\0') {
            return Err(Invalid::Rule("Text can not contain a NUL character"));
        }
        Ok(Self(text.to_owned()))
    }
}

/// The longest password, in code points.
pub const PASSWORD_MAX: usize = 128;

/// A password as typed, in NFC; it is never shown, not even for debugging.
#[derive(Clone)]
pub struct Password(String);

string_schema!(Password);

impl Password {
    /// Parses a new password of at least `min` code points.
    pub fn parse(text: &str, min: usize) -> Result<Self, Invalid> {
        if text.is_empty() {
            return Err(Invalid::Rule("Password can not be empty"));
        }
        if text.chars().count() < min {
            return Err(Invalid::TooShort(min));
        }
        at_most(text, PASSWORD_MAX)?;
        Ok(Self(normal(text)))
    }

    /// Takes an attempt to sign in; only its length is bounded, so that hashing it is.
    pub fn attempt(text: &str) -> Self {
        Self(normal(&text.chars().take(PASSWORD_MAX + 1).collect::<String>()))
    }

    /// Gives the password to the hasher.
    pub fn into_string(self) -> String {
        self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(..)")
    }
}

fn normal(text: &str) -> String {
    text.nfc().collect()
}

/// Parses one line: without what cannot be seen, with single blanks; empty if it shows nothing.
fn line(text: &str, max: usize) -> Result<String, Invalid> {
    no_control(text.trim())?;
    let text = normal(&visible_line(text));
    at_most(&text, max)?;
    Ok(text)
}

fn at_most(text: &str, max: usize) -> Result<(), Invalid> {
    if text.chars().count() > max { Err(Invalid::TooLong(max)) } else { Ok(()) }
}

/// Refuses the few texts that grow beyond `key_max` when folded (one Arabic ligature becomes eighteen letters).
fn key_at_most(key: &str, key_max: usize, max: usize) -> Result<(), Invalid> {
    if key.chars().count() > key_max { Err(Invalid::TooLong(max)) } else { Ok(()) }
}

fn no_control(text: &str) -> Result<(), Invalid> {
    if text.chars().any(|c| c.is_control() || is_bidi_control(c)) {
        return Err(Invalid::Rule("Text can not contain control characters"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_username_is_held_to_both_edges() {
        assert!(Username::parse("明").is_ok());
        assert!(Username::parse(&"明".repeat(32)).is_ok());
        assert_eq!(Username::parse(&"明".repeat(33)), Err(Invalid::TooLong(32)));
        assert_eq!(Username::parse("  "), Err(Invalid::Rule("Username can not be empty")));
        assert_eq!(Username::parse(&"\u{FDFA}".repeat(4)), Err(Invalid::TooLong(32)));
        for bad in ["a@b", "a＠b", "a﹫b", "a\u{0}b", "a\u{202E}b", "Deleted_7"] {
            assert!(Username::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn an_email_needs_both_sides_of_its_at() {
        assert!(Email::parse("a@b").is_ok());
        assert!(Email::parse(&format!("{}@b", "a".repeat(252))).is_ok());
        assert_eq!(Email::parse(&format!("{}@b", "a".repeat(253))), Err(Invalid::TooLong(254)));
        assert_eq!(Email::parse(&format!("{}@b", "\u{FDFA}".repeat(20))), Err(Invalid::TooLong(254)));
        for bad in ["", "a", "@b", "a@", "a b@c"] {
            assert!(Email::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_body_is_held_to_both_edges() {
        assert!(Body::parse(&"字".repeat(Body::MAX), Body::MAX).is_ok());
        assert_eq!(Body::parse(&"字".repeat(Body::MAX + 1), Body::MAX), Err(Invalid::TooLong(Body::MAX)));
        assert_eq!(Body::parse(" \n\t", Body::MAX), Err(Invalid::TooShort(1)));
    }

    #[test]
    fn a_password_is_held_to_both_edges_and_never_shown() {
        assert!(Password::parse("八個字的密碼喔喔", 8).is_ok());
        assert!(matches!(Password::parse("七個字的密碼喔", 8), Err(Invalid::TooShort(8))));
        assert!(matches!(Password::parse(&"a".repeat(129), 8), Err(Invalid::TooLong(128))));
        assert_eq!(format!("{:?}", Password::attempt("hunter2")), "Password(..)");
    }
}
