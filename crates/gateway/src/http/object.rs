//! Files in a bucket on their way out, as `actix-files` serves those of a folder.

use actix_files::HttpRange;
use actix_web::body::SizedStream;
use actix_web::http::header::{
    ACCEPT_RANGES, CONTENT_ENCODING, CONTENT_RANGE, ContentDisposition, ContentType, ETAG, EntityTag,
    HeaderValue, IF_RANGE, IfNoneMatch, RANGE,
};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpMessage as _, HttpRequest, HttpResponse};
use chat::error::Error;
use futures_util::stream;
use media::bucket::Object;

/// Answers with a file, or with the part of it that is asked for.
pub(crate) async fn respond(
    request: &HttpRequest,
    object: Object,
    kind: mime::Mime,
    disposition: ContentDisposition,
) -> Result<HttpResponse, Error> {
    // No other file ever has its name, and no byte of a stored file changes.
    let tag = EntityTag::new_strong(object.name().to_owned());
    let mut response = HttpResponse::Ok();
    let kind = if kind == mime::TEXT_PLAIN { mime::TEXT_PLAIN_UTF_8 } else { kind };
    response.insert_header(ContentType(kind)).insert_header(disposition);
    response.insert_header((ETAG, tag.to_string())).insert_header((ACCEPT_RANGES, "bytes"));
    if is_known(request, &tag) {
        return Ok(response.status(StatusCode::NOT_MODIFIED).finish());
    }
    let length = object.length();
    let Ok(range) = wanted(request, &tag, length) else {
        response.insert_header((CONTENT_RANGE, format!("bytes */{length}")));
        return Ok(response.status(StatusCode::RANGE_NOT_SATISFIABLE).finish());
    };
    let (start, end) = range.map_or((0, length), |range| (range.start, range.start + range.length));
    if range.is_some() {
        // What is a part is sent as it is.
        let identity = HeaderValue::from_static("identity");
        response.status(StatusCode::PARTIAL_CONTENT).insert_header((CONTENT_ENCODING, identity));
        response.insert_header((CONTENT_RANGE, format!("bytes {start}-{}/{length}", end.saturating_sub(1))));
    }
    if request.method() == Method::HEAD {
        let nothing = stream::empty::<Result<_, media::error::Error>>();
        return Ok(response.body(SizedStream::new(end - start, nothing)));
    }
    Ok(response.body(SizedStream::new(end - start, object.read(start..end).await?)))
}

/// Returns whether the client says that it has the file.
fn is_known(request: &HttpRequest, tag: &EntityTag) -> bool {
    match request.get_header::<IfNoneMatch>() {
        Some(IfNoneMatch::Any) => true,
        Some(IfNoneMatch::Items(items)) => items.iter().any(|item| item.weak_eq(tag)),
        None => false,
    }
}

/// The file has no such part.
struct NoSuchRange;

/// Returns the part that is asked for; nothing for the whole (RFC 9110, sections 13.1.5 and 14.2).
fn wanted(request: &HttpRequest, tag: &EntityTag, length: u64) -> Result<Option<HttpRange>, NoSuchRange> {
    let headers = request.headers();
    let Some(range) = headers.get(RANGE).and_then(|range| range.to_str().ok()) else { return Ok(None) };
    let of_another = headers.get(IF_RANGE).is_some_and(|of| of.as_bytes() != tag.to_string().as_bytes());
    if request.method() != Method::GET || of_another {
        return Ok(None);
    }
    let parsed = HttpRange::parse(range, length).ok().and_then(|ranges| ranges.first().copied());
    parsed.map(Some).ok_or(NoSuchRange)
}
