//! Files on their way in.

use actix_multipart::{Field, Multipart};
use chat::profiles;
use chat::uploads::{self, Uploaded};
use domain::media::{Media, Purpose};
use domain::message::MessageKind;
use domain::user::Changes;
use futures_util::StreamExt;
use schemars::JsonSchema;
use serde::Serialize;

use crate::extract::{AuthUser, Call, broken_off};
use crate::http::endpoint::{Endpoint, FromCall, Json, Parameters, post};
use crate::problem::Problem;

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        post("/upload/upload-avatar", avatar)
            .does("Store a picture, and make it one's own.")
            .refuses(&["empty_file", "unsupported_type"]),
        post("/upload/upload-message-file", message_file)
            .does("Store a file for a message.")
            .refuses(&["empty_file", "unsupported_type"]),
    ]
}

/// How many bytes of a refused upload are still read, so that the refusal reaches a client that sends before it listens.
const DRAINED: usize = 64 * 1024 * 1024;

/// A multipart body whose part `file` is a file.
struct Upload(Multipart);

impl FromCall for Upload {
    fn describe() -> Parameters {
        Parameters::File
    }

    async fn from_call<U>(call: &mut Call<U>) -> Result<Self, Problem> {
        let payload = call.take_payload();
        Ok(Self(Multipart::new(call.request.headers(), payload)))
    }
}

/// A file that was stored.
#[derive(Debug, Serialize, JsonSchema)]
struct StoredFile {
    /// Where it is served.
    url: String,
    /// What kind of message carries it.
    message_type: MessageKind,
    #[serde(flatten)]
    media: Media,
}

/// Stores a picture, and makes it the user's own.
async fn avatar(call: Call<AuthUser>, Upload(parts): Upload) -> Result<Json<StoredFile>, Problem> {
    let file = store(&call, parts, Purpose::Avatar).await?;
    let changes = Changes { avatar_url: Some(file.url.clone()), ..Changes::default() };
    profiles::change(call.chat(), &call.user, call.user.id, changes).await?;
    Ok(Json(file))
}

async fn message_file(call: Call<AuthUser>, Upload(parts): Upload) -> Result<Json<StoredFile>, Problem> {
    Ok(Json(store(&call, parts, Purpose::Message).await?))
}

async fn store(call: &Call<AuthUser>, parts: Multipart, purpose: Purpose) -> Result<StoredFile, Problem> {
    let Uploaded { media, kind, path } = take(call, parts, purpose).await?;
    let url = format!("{}{path}", call.services.addresses.base(&call.request));
    Ok(StoredFile { url, message_type: kind, media })
}

/// Takes the part `file` of a multipart body.
async fn take(call: &Call<AuthUser>, mut parts: Multipart, purpose: Purpose) -> Result<Uploaded, Problem> {
    while let Some(part) = parts.next().await {
        let mut part = part.map_err(|error| unreadable(&error))?;
        let is_file = part.name() == Some("file");
        let outcome = if is_file { keep(call, &mut part, purpose).await.map(Some) } else { Ok(None) };
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
    Err(Problem::missing_part("file"))
}

async fn keep(call: &Call<AuthUser>, part: &mut Field, purpose: Purpose) -> Result<Uploaded, Problem> {
    let declared = part.content_type().map(|kind| kind.essence_str().to_owned());
    let name = part.content_disposition().and_then(|d| d.get_filename()).map(file_name).unwrap_or_default();
    let mut upload = uploads::begin(call.chat(), &call.user, purpose, declared.as_deref(), &name).await?;
    while let Some(chunk) = part.next().await {
        upload.write(chunk.map_err(|error| broken_off(&error))?).await?;
    }
    Ok(uploads::finish(call.chat(), upload).await?)
}

/// Decodes what browsers encode of a file's name, which is these three alone (WHATWG HTML, multipart/form-data).
fn file_name(sent: &str) -> String {
    sent.replace("%22", "\"").replace("%0D", "\r").replace("%0A", "\n")
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

/// A body that is no multipart form has no file in it.
fn unreadable(error: &actix_multipart::MultipartError) -> Problem {
    use actix_multipart::MultipartError as E;
    match error {
        E::ContentTypeMissing | E::ContentTypeParse | E::ContentTypeIncompatible | E::BoundaryMissing => {
            Problem::missing_part("file")
        }
        other => broken_off(other),
    }
}
