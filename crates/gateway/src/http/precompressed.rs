//! Files beside which their compressed copies lie, as the web client's build writes them.

use std::io;
use std::path::{Path, PathBuf};

use actix_files::NamedFile;
use actix_web::http::header::{
    AcceptEncoding, ContentEncoding, Encoding, Header as _, HeaderValue, RANGE, VARY,
};
use actix_web::{HttpRequest, HttpResponse};

/// The endings of the copies.
const COPIES: [(ContentEncoding, &str); 2] = [(ContentEncoding::Brotli, "br"), (ContentEncoding::Gzip, "gz")];

/// Answers with a file, or with that of its copies which the client likes best.
///
/// A range is one of the file itself: a part of a copy is of no use alone.
pub(super) fn respond(request: &HttpRequest, path: &Path) -> io::Result<HttpResponse> {
    let file = NamedFile::open(path)?;
    let copies: Vec<_> = COPIES
        .into_iter()
        .map(|(encoding, ending)| (encoding, copy(path, ending)))
        .filter(|(_, path)| path.is_file())
        .collect();
    if copies.is_empty() {
        return Ok(file.into_response(request));
    }
    let wanted = if request.headers().contains_key(RANGE) { None } else { wanted(request, &copies) };
    let file = match wanted {
        Some((encoding, path)) => NamedFile::open(path)?
            .set_content_type(file.content_type().clone())
            .set_content_disposition(file.content_disposition().clone())
            .set_content_encoding(*encoding),
        None => file,
    };
    let mut response = file.into_response(request);
    response.headers_mut().insert(VARY, HeaderValue::from_static("accept-encoding"));
    Ok(response)
}

fn copy(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    name.into()
}

fn wanted<'a>(
    request: &HttpRequest,
    copies: &'a [(ContentEncoding, PathBuf)],
) -> Option<&'a (ContentEncoding, PathBuf)> {
    let accepted = AcceptEncoding::parse(request).ok()?;
    let known: Vec<_> = copies.iter().map(|(encoding, _)| Encoding::Known(*encoding)).collect();
    let best = accepted.negotiate(known.iter().chain([&Encoding::identity()]))?;
    copies.iter().find(|(encoding, _)| Encoding::Known(*encoding) == best)
}
