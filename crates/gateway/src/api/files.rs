//! Uploaded files on their way out, with headers that keep a browser safe.

use actix_files::NamedFile;
use actix_web::HttpResponse;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, Charset, ContentDisposition, DispositionParam, DispositionType,
    ExtendedValue, HeaderName, HeaderValue,
};
use chat::error::Error;
use chat::uploads;
use domain::media::Media;
use media::store::Opened;

use crate::extract::{Anyone, AuthUser, Call};
use crate::http::endpoint::{Answer, Content, Endpoint, Query, Reply, get};
use crate::problem::Problem;
use crate::wire::files::FileName;

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        get("/static/avatars/{name}", avatar).does("Serve a user's or group's picture.").refuses(&["not_found"]),
        get("/static/message/{name}", message_file)
            .does("Serve a file, to its owner and to members of rooms that it was sent to.")
            .refuses(&["not_found"]),
    ]
}

/// A stored file.
struct File(HttpResponse);

impl Reply for File {
    fn describe() -> Vec<Answer> {
        let whole_or_part = [200, 206].map(|status| Answer { status, content: Content::File });
        // Not modified, and a range that the file does not have.
        let neither = [304, 416].map(|status| Answer { status, content: Content::Nothing });
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
    serve(
        &call,
        &media,
        file,
        Readers { cache: "public, max-age=31536000, immutable", pages: "cross-origin" },
    )
}

async fn message_file(
    call: Call<AuthUser>,
    Query(FileName { name, size }): Query<FileName>,
) -> Result<File, Problem> {
    let (media, file) = uploads::open_message_file(call.chat(), &call.user, &name, size).await?;
    serve(&call, &media, file, Readers { cache: "private, max-age=900", pages: "same-origin" })
}

/// Who may keep a file, and show it.
#[derive(Clone, Copy)]
struct Readers {
    /// `Cache-Control`.
    cache: &'static str,
    /// `Cross-Origin-Resource-Policy`.
    pages: &'static str,
}

fn serve<U>(call: &Call<U>, media: &Media, opened: Opened, readers: Readers) -> Result<File, Problem> {
    let internal = |error: std::io::Error| Error::Internal(error.into());
    let kind = opened.content_type.parse::<mime::Mime>().unwrap_or(mime::APPLICATION_OCTET_STREAM);
    let file = NamedFile::from_file(opened.file, &opened.path).map_err(internal)?;
    let file =
        file.set_content_type(kind).set_content_disposition(disposition(&media.file_name, opened.inline));
    let mut response: HttpResponse = file.into_response(&call.request);
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
