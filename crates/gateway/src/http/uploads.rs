//! `/upload`: files on their way in.

use actix_multipart::{Field, Multipart};
use chat::accounts::AuthUser;
use chat::error::Error;
use chat::profiles;
use chat::uploads::{self, Uploaded};
use domain::fault::Fault;
use domain::media::{Media, Purpose};
use domain::message::Kind;
use domain::user::Changes;
use futures_util::StreamExt;
use serde::Serialize;

use super::answer::{Answer, ok};
use crate::extract::{Open, Signed, broken_off};
use crate::problem::Problem;
use crate::wire::input::Input;

/// How much of a refused upload is still read, so that the refusal reaches a client that sends before it listens.
const DRAINED: usize = 64 * 1024 * 1024;

/// `POST /upload/upload-avatar`; also makes the picture the user's own.
pub(super) async fn avatar(signed: Signed) -> Answer {
    let (me, mut open) = signed.into_parts();
    let uploaded = take(&me, &mut open, Purpose::Avatar).await?;
    let url = url(&open, &uploaded);
    let changes = Changes { avatar_url: Some(url.clone()), ..Changes::default() };
    profiles::change(open.chat(), &me, me.id, changes).await?;
    ok(&described(&uploaded, &url))
}

/// `POST /upload/upload-message-file`
pub(super) async fn message_file(signed: Signed) -> Answer {
    let (me, mut open) = signed.into_parts();
    let uploaded = take(&me, &mut open, Purpose::Message).await?;
    let url = url(&open, &uploaded);
    ok(&described(&uploaded, &url))
}

fn url(open: &Open, uploaded: &Uploaded) -> String {
    format!("{}{}", open.doors.addresses.base(&open.request), uploaded.path)
}

/// What the uploader learns.
#[derive(Serialize)]
struct Described<'a> {
    url: &'a str,
    message_type: Kind,
    #[serde(flatten)]
    media: &'a Media,
}

fn described<'a>(uploaded: &'a Uploaded, url: &'a str) -> Described<'a> {
    Described { url, message_type: uploaded.kind, media: &uploaded.media }
}

/// Takes the part `file` of a multipart body.
///
/// A refused upload is still read to its end, within bounds, so that the refusal reaches a client that sends before
/// it listens.
async fn take(me: &AuthUser, open: &mut Open, purpose: Purpose) -> Result<Uploaded, Problem> {
    let payload = open.take_payload();
    let mut parts = Multipart::new(open.request.headers(), payload);
    while let Some(part) = parts.next().await {
        let mut part = part.map_err(|error| unreadable(&error))?;
        let is_file = part.name() == Some("file");
        let outcome = if is_file { keep(me, open, &mut part, purpose).await.map(Some) } else { Ok(None) };
        match outcome {
            Ok(Some(uploaded)) => return Ok(uploaded),
            Ok(None) => {}
            Err(refused) => {
                drop(part);
                drain(&mut parts).await;
                return Err(refused);
            }
        }
    }
    Err(missing())
}

async fn keep(me: &AuthUser, open: &Open, part: &mut Field, purpose: Purpose) -> Result<Uploaded, Problem> {
    let declared = part.content_type().map(|kind| kind.essence_str().to_owned());
    let name = part.content_disposition().and_then(|d| d.get_filename()).unwrap_or_default().to_owned();
    let mut upload = uploads::begin(open.chat(), me, purpose, declared.as_deref(), &name).await?;
    while let Some(chunk) = part.next().await {
        upload.write(chunk.map_err(|error| broken_off(&error))?).await?;
    }
    Ok(uploads::finish(open.chat(), upload).await?)
}

async fn drain(parts: &mut Multipart) {
    let mut read = 0;
    while let Some(Ok(mut part)) = parts.next().await {
        while let Some(Ok(chunk)) = part.next().await {
            read += chunk.len();
            if read > DRAINED {
                return;
            }
        }
    }
}

fn missing() -> Problem {
    let mut input = Input::of_pairs("body", Vec::new());
    input.fault("file", &Fault::Missing);
    input.done(None::<()>).err().unwrap_or(Problem::Refused(Error::Unsupported))
}

/// A body that is no multipart form has no file in it.
fn unreadable(error: &actix_multipart::MultipartError) -> Problem {
    use actix_multipart::MultipartError as E;
    match error {
        E::ContentTypeMissing | E::ContentTypeParse | E::ContentTypeIncompatible | E::BoundaryMissing => {
            missing()
        }
        other => broken_off(other),
    }
}
