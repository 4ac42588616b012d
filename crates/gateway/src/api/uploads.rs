//! Files on their way in.

use actix_multipart::Field;
use chat::profiles;
use chat::uploads::{self, Uploaded};
use domain::media::{Media, Purpose};
use domain::message::MessageKind;
use domain::user::Changes;
use schemars::JsonSchema;
use serde::Serialize;

use crate::extract::{AuthUser, Call};
use crate::http::endpoint::{Endpoint, FromCall, Json, Lead, Parameters, post};
use crate::http::form::Form;
use crate::problem::Problem;
use crate::rates::Action;

/// Where a file for a message leads.
const SHOWN: &[Lead] = &[
    Lead { to: "POST /chatrooms/{chatroom_id}/messages", fields: SENT },
    Lead { to: "POST /chatrooms/{chatroom_id}/scheduled", fields: SENT },
    Lead { to: "POST /media/{media_id}/address", fields: &[] },
];

const SENT: &[(&str, &str)] = &[("media_url", "url"), ("message_type", "message_type")];

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        post("/upload/upload-avatar", avatar)
            .does("Store a picture, and make it one's own.")
            .limited(Action::Upload)
            .refuses(&["empty_file", "unsupported_type", "quota_exceeded"]),
        post("/upload/upload-group-avatar", group_avatar)
            .does("Store a picture for a group.")
            .limited(Action::Upload)
            .leading(&[Lead { to: "PATCH /chatrooms/{chatroom_id}", fields: &[("avatar_url", "url")] }])
            .refuses(&["empty_file", "unsupported_type", "quota_exceeded"]),
        post("/upload/upload-message-file", message_file)
            .does("Store a file for a message.")
            .limited(Action::Upload)
            .leading(SHOWN)
            .refuses(&["empty_file", "unsupported_type", "quota_exceeded"]),
    ]
}

/// A multipart body whose part `file` is a file.
struct Upload(Form);

impl FromCall for Upload {
    fn describe() -> Parameters {
        Parameters::File
    }

    async fn from_call<U>(call: &mut Call<U>) -> Result<Self, Problem> {
        let payload = call.take_payload();
        Ok(Self(Form::with_file(&call.request, payload, call.services.bodies).await))
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
async fn avatar(call: Call<AuthUser>, Upload(form): Upload) -> Result<Json<StoredFile>, Problem> {
    let file = store(&call, form, Purpose::Avatar).await?;
    let changes = Changes { avatar_url: Some(file.url.clone()), ..Changes::default() };
    profiles::change(call.chat(), &call.user, call.user.id, changes).await?;
    Ok(Json(file))
}

async fn group_avatar(call: Call<AuthUser>, Upload(form): Upload) -> Result<Json<StoredFile>, Problem> {
    Ok(Json(store(&call, form, Purpose::Avatar).await?))
}

async fn message_file(call: Call<AuthUser>, Upload(form): Upload) -> Result<Json<StoredFile>, Problem> {
    Ok(Json(store(&call, form, Purpose::Message).await?))
}

async fn store(call: &Call<AuthUser>, form: Form, purpose: Purpose) -> Result<StoredFile, Problem> {
    let Uploaded { media, kind, path } = take(call, form, purpose).await?;
    let url = format!("{}{path}", call.services.addresses.base(&call.request));
    Ok(StoredFile { url, message_type: kind, media })
}

/// Stores the part `file`; of a refused upload the rest is read first.
async fn take(call: &Call<AuthUser>, mut form: Form, purpose: Purpose) -> Result<Uploaded, Problem> {
    let outcome = find(call, &mut form, purpose).await;
    if outcome.is_err() {
        form.drain().await;
    }
    outcome
}

async fn find(call: &Call<AuthUser>, form: &mut Form, purpose: Purpose) -> Result<Uploaded, Problem> {
    while let Some(part) = form.next().await? {
        if part.name() == Some("file") {
            return keep(call, (form, part), purpose).await;
        }
    }
    Err(Problem::missing_part("file"))
}

async fn keep(
    call: &Call<AuthUser>,
    (form, mut part): (&Form, Field),
    purpose: Purpose,
) -> Result<Uploaded, Problem> {
    let declared = part.content_type().map(|kind| kind.essence_str().to_owned());
    let name = part.content_disposition().and_then(|d| d.get_filename()).map(file_name).unwrap_or_default();
    let mut upload = uploads::begin(call.chat(), &call.user, purpose, declared.as_deref(), &name).await?;
    while let Some(chunk) = form.file_chunk(&mut part).await? {
        upload.write(chunk).await?;
    }
    Ok(uploads::finish(call.chat(), upload).await?)
}

/// Decodes what browsers encode of a file's name, which is these three alone (WHATWG HTML, multipart/form-data).
fn file_name(sent: &str) -> String {
    sent.replace("%22", "\"").replace("%0D", "\r").replace("%0A", "\n")
}
