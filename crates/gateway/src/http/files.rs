//! `/static/avatars` and `/static/message`: uploaded files on their way out, with headers that keep a browser safe.

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

use super::answer::Answer;
use crate::extract::{Open, Signed};

/// `GET /static/avatars/{name}`, for whoever has the address.
pub(super) async fn avatar(open: Open) -> Answer {
    let name = open.request.match_info().get("name").unwrap_or_default();
    let (media, file) = uploads::open_avatar(open.chat(), name).await?;
    serve(&open, &media, file, "public, max-age=31536000, immutable")
}

/// `GET /static/message/{name}`, for the members of the room.
pub(super) async fn message_file(signed: Signed) -> Answer {
    let name = signed.request.match_info().get("name").unwrap_or_default();
    let (media, file) = uploads::open_message_file(signed.chat(), &signed.me, name).await?;
    serve(&signed, &media, file, "private, max-age=900")
}

fn serve(open: &Open, media: &Media, opened: Opened, cache: &'static str) -> Answer {
    let internal = |error: std::io::Error| Error::Internal(error.into());
    let kind = opened.content_type.parse::<mime::Mime>().unwrap_or(mime::APPLICATION_OCTET_STREAM);
    let file = NamedFile::from_file(opened.file, &opened.path).map_err(internal)?;
    let file =
        file.set_content_type(kind).set_content_disposition(disposition(&media.file_name, opened.inline));
    let mut response: HttpResponse = file.into_response(&open.request);
    let headers = response.headers_mut();
    for (name, value) in [
        (CACHE_CONTROL, cache),
        (CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'"),
        (HeaderName::from_static("cross-origin-resource-policy"), "cross-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    Ok(response)
}

/// Shows pictures, sounds and films in place; anything else is saved under its own name (RFC 6266).
fn disposition(name: &str, inline: bool) -> ContentDisposition {
    let kind = if inline { DispositionType::Inline } else { DispositionType::Attachment };
    let extended = ExtendedValue {
        charset: Charset::Ext("UTF-8".into()),
        language_tag: None,
        value: name.as_bytes().to_vec(),
    };
    ContentDisposition { disposition: kind, parameters: vec![DispositionParam::FilenameExt(extended)] }
}
