//! Pages that links lead to.

use bytes::Bytes;
use hyper::StatusCode;
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, LOCATION};
use hyper::http::response::Parts;
use tokio::time::timeout;
use url::Url;

use crate::Error;
use crate::client::{Client, PATIENCE, Request, read};

/// How many redirects are followed.
const REDIRECTS_MAX: usize = 3;

/// How much of a page is read.
const PAGE_MAX: usize = 512 * 1024;

/// An HTML page.
#[derive(Debug, Clone)]
pub struct Page {
    /// The charset that its header names, if it does.
    pub charset: Option<String>,
    /// Its body, cut after 512 KiB.
    pub body: Bytes,
}

impl Client {
    /// Fetches the page at an address.
    pub async fn page(&self, url: &str) -> Result<Page, Error> {
        let url = self.check(url)?;
        timeout(PATIENCE, self.follow(url)).await.map_err(|_late| Error::TimedOut)?
    }

    async fn follow(&self, mut url: Url) -> Result<Page, Error> {
        for _ in 0..=REDIRECTS_MAX {
            let headers =
                vec![("accept", "text/html".to_owned()), ("accept-encoding", "identity".to_owned())];
            let request = Request { url: String::new(), headers, body: None };
            let (head, body) = self.exchange(&url, request).await?;
            match redirect(&url, &head) {
                Some(next) => url = self.check(&next)?,
                None => return page(&head, body).await,
            }
        }
        Err(Error::Redirects)
    }
}

/// Returns where an answer redirects to, if it does.
fn redirect(from: &Url, head: &Parts) -> Option<String> {
    let is_redirect = matches!(
        head.status,
        StatusCode::MOVED_PERMANENTLY
            | StatusCode::FOUND
            | StatusCode::SEE_OTHER
            | StatusCode::TEMPORARY_REDIRECT
            | StatusCode::PERMANENT_REDIRECT
    );
    let location = head.headers.get(LOCATION).filter(|_| is_redirect)?.to_str().ok()?;
    // What cannot be read is refused by the check.
    Some(from.join(location).map_or_else(|_| location.to_owned(), Into::into))
}

async fn page(head: &Parts, body: Incoming) -> Result<Page, Error> {
    let content_type = head.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let content_type: mime::Mime = content_type.unwrap_or_default().parse().map_err(|_none| Error::NoPage)?;
    if !head.status.is_success() || content_type.essence_str() != "text/html" {
        return Err(Error::NoPage);
    }
    let charset = content_type.get_param(mime::CHARSET).map(|charset| charset.as_str().to_owned());
    Ok(Page { charset, body: read(body, PAGE_MAX).await? })
}

#[cfg(test)]
mod tests;
