//! What clients send about accounts and profiles.

use chat::accounts::Registration;
use domain::fault::Fault;
use domain::text::{Email, Nickname, Password, Status, Username};
use domain::user::Changes;

use super::input::Input;
use crate::problem::Problem;

/// Reads `{username, password, email?}`.
pub(crate) fn registration(mut input: Input, password_min: usize) -> Result<Registration, Problem> {
    let username = input.need_text("username", Username::parse);
    let password = input.need_text("password", |text| Password::parse(text, password_min));
    let email = input.text("email", Email::parse);
    let read = username.zip(password).map(|(username, password)| Registration { username, password, email });
    input.done(read)
}

/// Reads `{username, password, grant_type?}` of the OAuth 2 password form (RFC 6749, section 4.3.2).
pub(crate) fn login(mut input: Input) -> Result<(String, Password), Problem> {
    let username = input.need_text("username", |text| Ok(text.to_owned()));
    let password = input.need_text("password", |text| Ok(Password::attempt(text)));
    input.text("grant_type", |text| match text {
        "" | "password" => Ok(()),
        _ => Err(Fault::NotOneOf("'password'")),
    });
    input.done(username.zip(password))
}

/// The longest address of a picture, in code points.
const AVATAR_URL_MAX: usize = 512;

/// Reads `{nickname?, avatar_url?, status?, discoverable?}`; what is missing or null stays as it is.
pub(crate) fn changes(mut input: Input) -> Result<Changes, Problem> {
    let changes = Changes {
        nickname: input.text("nickname", Nickname::parse),
        avatar_url: input.text("avatar_url", avatar_url),
        status: input.text("status", Status::parse),
        discoverable: input.truth("discoverable"),
    };
    input.done(Some(changes))
}

fn avatar_url(text: &str) -> Result<String, Fault> {
    if text.chars().count() > AVATAR_URL_MAX {
        return Err(Fault::TooLong(AVATAR_URL_MAX));
    }
    if text.is_empty() || text.starts_with("/static/") || super::messages::is_web_address(text) {
        return Ok(text.to_owned());
    }
    Err(Fault::Rule("avatar_url must be an address that begins with http:// or https://"))
}
