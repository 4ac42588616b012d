//! Uploaded files on their way out, with headers that keep a browser safe.

use actix_files::NamedFile;
use actix_web::HttpResponse;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, Charset, ContentDisposition, DispositionParam, DispositionType,
    ExtendedValue, HeaderName, HeaderValue,
};
use chat::error::Error;
use chat::file_addresses::{self, Proof};
use chat::uploads;
use domain::api_token::Scopes;
use domain::id::UserId;
use domain::time::Time;
use media::store::{Content, Opened};
use schemars::JsonSchema;
use serde::Serialize;

use crate::extract::{Anyone, AuthUser, Call, Caller};
use crate::http::endpoint::{Answer, Content as Body, Endpoint, Json, Path, Query, Reply, get, post};
use crate::http::object;
use crate::problem::Problem;
use crate::wire::files::{FileName, MediaRef};
use crate::wire::input::Input;

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        get("/static/avatars/{name}", avatar).does("Serve a user's or group's picture.").refuses(&["not_found"]),
        get("/static/message/{name}", message_file)
            .does("Serve a file, to its owner and to members of rooms that it was sent to.")
            .refuses(&["not_found"]),
        post("/media/{media_id}/address", address)
            .does("Make an address that opens a file without a token for 15 minutes, for pages of other origins.")
            .refuses(&["not_found"]),
    ]
}

/// An address that opens a file without a token.
#[derive(Serialize, JsonSchema)]
struct FileAddress {
    /// The address, which is used as it is; of a picture with `&size=320` behind it, for a smaller copy.
    url: String,
    /// When it ends.
    expires_at: Time,
}

/// Makes an address that works for as long as the session does, and its user may read the file.
async fn address(
    call: Call<AuthUser>,
    Path(MediaRef { media_id }): Path<MediaRef>,
) -> Result<Json<FileAddress>, Problem> {
    let made = file_addresses::make(call.chat(), &call.user, media_id).await?;
    let url = format!("{}{}", call.services.addresses.base(&call.request), made.path);
    Ok(Json(FileAddress { url, expires_at: made.expires_at }))
}

/// Who reads a file of a message: a user, or an address that one has asked for.
pub(super) struct Reader {
    pub(super) user: AuthUser,
    by_address: bool,
}

impl Caller for Reader {
    const SIGNED_IN: bool = true;

    fn id(&self) -> Option<UserId> {
        self.user.id()
    }

    fn permit(&self, needed: Scopes) -> Result<(), Problem> {
        Caller::permit(&self.user, needed)
    }

    async fn prove(call: &Call<Anyone>) -> Result<Self, Problem> {
        let query = call.query();
        if !query.has("sig") {
            return Ok(Self { user: AuthUser::prove(call).await?, by_address: false });
        }
        let name = call.request.match_info().query("name");
        let proof = proof(&query).ok_or(Error::Unauthenticated)?;
        Ok(Self { user: file_addresses::authenticate(call.chat(), name, &proof).await?, by_address: true })
    }
}

/// Reads what an address was signed for; nothing if a part of it is missing or no value of its kind.
fn proof(query: &Input) -> Option<Proof> {
    Some(Proof {
        user: UserId(query.text("user")?.parse().ok()?),
        session: query.text("session")?.parse().ok()?,
        expires: query.text("exp")?.parse().ok()?,
        signature: query.text("sig")?.to_owned(),
    })
}

/// A stored file.
pub(super) struct File(HttpResponse);

impl Reply for File {
    fn describe() -> Vec<Answer> {
        let whole_or_part = [200, 206].map(|status| Answer { status, content: Body::File });
        // Not modified, and a range that the file does not have.
        let neither = [304, 416].map(|status| Answer { status, content: Body::Nothing });
        whole_or_part.into_iter().chain(neither).collect()
    }

    fn into_response(self) -> HttpResponse {
        self.0
    }
}

async fn avatar(
    call: Call<Anyone>,
    Query(FileName { name, size }): Query<FileName>,
) -> Result<File, Problem> {
    let (media, file) = uploads::open_avatar(call.chat(), &name, size).await?;
    let readers = Readers { cache: "public, max-age=31536000, immutable", pages: "cross-origin" };
    serve(&call, &media.file_name, file, readers).await
}

async fn message_file(
    call: Call<Reader>,
    Query(FileName { name, size }): Query<FileName>,
) -> Result<File, Problem> {
    let (media, file) = uploads::open_message_file(call.chat(), &call.user.user, &name, size).await?;
    let pages = if call.user.by_address { "cross-origin" } else { "same-origin" };
    serve(&call, &media.file_name, file, Readers { cache: "private, max-age=900", pages }).await
}

/// Who may keep a file, and show it.
#[derive(Clone, Copy)]
pub(super) struct Readers {
    /// `Cache-Control`.
    pub(super) cache: &'static str,
    /// `Cross-Origin-Resource-Policy`.
    pub(super) pages: &'static str,
}

pub(super) async fn serve<U>(
    call: &Call<U>,
    name: &str,
    opened: Opened,
    readers: Readers,
) -> Result<File, Problem> {
    let kind = opened.content_type.parse::<mime::Mime>().unwrap_or(mime::APPLICATION_OCTET_STREAM);
    let disposition = disposition(name, opened.inline);
    let mut response: HttpResponse = match opened.content {
        Content::File { file, path } => {
            let file = NamedFile::from_file(file, &path).map_err(|error| Error::Internal(error.into()))?;
            let file = file.set_content_type(kind).set_content_disposition(disposition);
            file.into_response(&call.request)
        }
        Content::Object(object) => object::respond(&call.request, object, kind, disposition).await?,
    };
    let headers = response.headers_mut();
    for (name, value) in [
        (CACHE_CONTROL, readers.cache),
        (CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'"),
        (HeaderName::from_static("cross-origin-resource-policy"), readers.pages),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    Ok(File(response))
}

/// Pictures, sounds and films are shown in place; anything else is saved under its own name (RFC 6266).
fn disposition(name: &str, inline: bool) -> ContentDisposition {
    let kind = if inline { DispositionType::Inline } else { DispositionType::Attachment };
    let extended = ExtendedValue {
        charset: Charset::Ext("UTF-8".into()),
        language_tag: None,
        value: name.as_bytes().to_vec(),
    };
    ContentDisposition { disposition: kind, parameters: vec![DispositionParam::FilenameExt(extended)] }
}
