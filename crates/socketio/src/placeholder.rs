//! Where the arguments of a packet refer to its attachments.

use memchr::{memchr, memchr2_iter, memmem};
use serde_json::value::RawValue;
use smallvec::SmallVec;

use crate::error::Error;

/// How deep an argument that may hold placeholders may be nested.
const MAX_DEPTH: usize = 128;

/// The key that makes an object a placeholder.
const MARKER: &str = "_placeholder";

/// Checks that every placeholder within the value is the index of one of `attachments`.
pub(crate) fn check(value: &RawValue, attachments: usize) -> Result<(), Error> {
    let json = value.get().as_bytes();
    // The key is literal, or written with escapes.
    if memmem::find(json, MARKER.as_bytes()).is_none() && memchr(b'\\', json).is_none() {
        return Ok(());
    }
    let mut scan = Scan { open: SmallVec::new(), attachments };
    let mut rest = value.get();
    while let Some(token) = next(&mut rest) {
        scan.token(token)?;
    }
    Ok(())
}

/// Cuts the next token off a text that is known to be JSON: a bracket, a comma, a colon, a string or a literal.
fn next<'a>(rest: &mut &'a str) -> Option<&'a str> {
    let text = rest.trim_ascii_start();
    let end = match text.as_bytes() {
        [] => return None,
        [b'"', inner @ ..] => string_end(inner) + 1,
        [b'{' | b'}' | b'[' | b']' | b',' | b':', ..] => 1,
        literal => literal.iter().position(|byte| b",]} \t\r\n".contains(byte)).unwrap_or(literal.len()),
    };
    let (token, tail) = text.split_at_checked(end)?;
    *rest = tail;
    Some(token)
}

/// The length of a string up to and with its closing quote.
fn string_end(inner: &[u8]) -> usize {
    let mut escaped = None;
    for at in memchr2_iter(b'"', b'\\', inner) {
        if escaped == Some(at) {
            continue;
        }
        match inner.get(at) {
            Some(b'\\') => escaped = Some(at + 1),
            _ => return at + 1,
        }
    }
    inner.len()
}

/// The containers around the current token, outermost first.
struct Scan {
    open: SmallVec<[Open; 8]>,
    attachments: usize,
}

/// What has been seen of a container.
#[derive(Default)]
struct Open {
    object: bool,
    /// The key that waits for its value; none where a key is to come.
    key: Option<Key>,
    marked: bool,
    valid: bool,
}

#[derive(Clone, Copy)]
enum Key {
    Marker,
    Index,
    Other,
}

impl Scan {
    fn token(&mut self, token: &str) -> Result<(), Error> {
        match token {
            "{" | "[" => {
                self.value(token);
                if self.open.len() == MAX_DEPTH {
                    return Err(Error::Payload);
                }
                self.open.push(Open { object: token == "{", ..Open::default() });
            }
            "}" | "]" => {
                if self.open.pop().is_some_and(|closed| closed.marked && !closed.valid) {
                    return Err(Error::Placeholder);
                }
            }
            "," | ":" => {}
            _ => match self.open.last_mut() {
                Some(open @ Open { object: true, key: None, .. }) => open.key = Some(key(token)),
                _ => self.value(token),
            },
        }
        Ok(())
    }

    /// Notes a value where it says something about a placeholder; the last of several under one key counts.
    fn value(&mut self, token: &str) {
        let attachments = self.attachments;
        let Some(open) = self.open.last_mut() else { return };
        match open.key.take() {
            Some(Key::Marker) => open.marked = token == "true",
            Some(Key::Index) => open.valid = token.parse().is_ok_and(|index: usize| index < attachments),
            Some(Key::Other) | None => {}
        }
    }
}

fn key(token: &str) -> Key {
    match token {
        r#""_placeholder""# => Key::Marker,
        r#""num""# => Key::Index,
        _ if token.contains('\\') => match serde_json::from_str::<String>(token).as_deref() {
            Ok(MARKER) => Key::Marker,
            Ok("num") => Key::Index,
            _ => Key::Other,
        },
        _ => Key::Other,
    }
}
