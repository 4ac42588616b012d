//! The client.

use std::error::Error as _;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::header::{HeaderValue, USER_AGENT};
use hyper::http::response::Parts;
use hyper::{HeaderMap, Method};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client as HyperClient;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::time::timeout;
use url::{Host, Url};

use crate::Error;
use crate::address::Networks;
use crate::resolver::Resolver;

/// How long an exchange may take, or all that lead to a page.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

/// How much of an answer is read.
const ANSWER_MAX: usize = 64 * 1024;

/// What the client calls itself.
const NAME: HeaderValue = HeaderValue::from_static("chatroom");

/// Makes requests; a copy uses the same connections.
#[derive(Debug, Clone)]
pub struct Client {
    http: HyperClient<HttpsConnector<HttpConnector<Resolver>>, Full<Bytes>>,
    networks: Networks,
}

/// A request.
#[derive(Debug, Clone)]
pub struct Request {
    /// Where it goes.
    pub url: String,
    /// Its headers.
    pub headers: Vec<(&'static str, String)>,
    /// What is posted; a request without it is a GET.
    pub body: Option<Vec<u8>>,
}

/// An answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// Its body, cut after 64 KiB.
    pub body: Bytes,
    headers: HeaderMap,
}

impl Answer {
    /// Returns a header, if there is one that is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

impl Client {
    /// Makes a client for these networks.
    pub fn new(networks: Networks) -> Result<Self, Error> {
        let mut connector = HttpConnector::new_with_resolver(Resolver(networks));
        connector.enforce_http(false);
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let connector = HttpsConnectorBuilder::new()
            .with_provider_and_webpki_roots(provider)
            .map_err(|error| Error::Failed(error.to_string()))?
            .https_or_http()
            .enable_http1()
            .wrap_connector(connector);
        Ok(Self { http: HyperClient::builder(TokioExecutor::new()).build(connector), networks })
    }

    /// Makes a request.
    pub async fn send(&self, request: Request) -> Result<Answer, Error> {
        let url = self.check(&request.url)?;
        let answer = async {
            let (head, body) = self.exchange(&url, request).await?;
            let (status, headers) = (head.status.as_u16(), head.headers);
            Ok(Answer { status, headers, body: read(body, ANSWER_MAX).await? })
        };
        timeout(PATIENCE, answer).await.map_err(|_late| Error::TimedOut)?
    }

    /// Refuses what is no address, and one that names a number that requests may not go to; names are resolved later.
    pub fn check(&self, url: &str) -> Result<Url, Error> {
        let url = Url::parse(url).map_err(|_unreadable| Error::Address)?;
        if !matches!(url.scheme(), "http" | "https") || !url.username().is_empty() || url.password().is_some()
        {
            return Err(Error::Address);
        }
        let address = match url.host().ok_or(Error::Address)? {
            Host::Domain(_) => return Ok(url),
            Host::Ipv4(address) => address.into(),
            Host::Ipv6(address) => address.into(),
        };
        if self.networks.contain(address) { Ok(url) } else { Err(Error::NotPublic) }
    }

    /// Makes a request to an address that was checked; what the answer says is still to be read.
    pub(crate) async fn exchange(&self, url: &Url, request: Request) -> Result<(Parts, Incoming), Error> {
        let Request { headers, body, .. } = request;
        let method = if body.is_some() { Method::POST } else { Method::GET };
        let mut built = hyper::Request::builder().method(method).uri(url.as_str()).header(USER_AGENT, NAME);
        for (name, value) in headers {
            built = built.header(name, value);
        }
        let built = built.body(Full::from(body.unwrap_or_default()));
        let built = built.map_err(|error| Error::Failed(error.to_string()))?;
        Ok(self.http.request(built).await.map_err(|error| failed(&error))?.into_parts())
    }
}

/// Reads the beginning of a body.
pub(crate) async fn read(mut body: Incoming, max: usize) -> Result<Bytes, Error> {
    let mut bytes = BytesMut::new();
    while bytes.len() < max
        && let Some(frame) = body.frame().await
    {
        let frame = frame.map_err(|error| Error::Failed(error.to_string()))?;
        if let Ok(data) = frame.into_data() {
            bytes.extend_from_slice(&data);
        }
    }
    bytes.truncate(max);
    Ok(bytes.freeze())
}

/// Returns what the resolver said, or else the cause that lies deepest.
fn failed(error: &hyper_util::client::legacy::Error) -> Error {
    let (mut deepest, mut next) = (error.to_string(), error.source());
    while let Some(cause) = next {
        match cause.downcast_ref::<Error>() {
            Some(Error::NotPublic) => return Error::NotPublic,
            Some(Error::Unresolved) => return Error::Unresolved,
            _ => deepest = cause.to_string(),
        }
        next = cause.source();
    }
    Error::Failed(deepest)
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;

    fn client(networks: Networks) -> Client {
        Client::new(networks).unwrap()
    }

    fn get(url: &str) -> Request {
        Request { url: url.to_owned(), headers: Vec::new(), body: None }
    }

    /// Answers one request with this, and returns the port.
    async fn serve(answer: Vec<u8>) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = [0; 1024];
            assert!(stream.read(&mut request).await.unwrap() > 0);
            // Who reads only the beginning may be gone by now.
            drop(stream.write_all(&answer).await);
        });
        port
    }

    #[test]
    fn only_addresses_of_the_web_are_taken() {
        let client = client(Networks::Public);
        for url in [
            "",
            "x",
            "ftp://a.example",
            "file:///etc/passwd",
            "http://",
            "http://u@a.example",
            "http://u:p@a.example",
        ] {
            assert!(matches!(client.check(url), Err(Error::Address)), "{url}");
        }
        for url in
            ["http://a.example", "https://a.example:8443/path?query", "http://1.1.1.1", "http://例子.example"]
        {
            assert!(client.check(url).is_ok(), "{url}");
        }
    }

    #[test]
    fn a_number_in_any_spelling_is_checked_before_it_is_connected_to() {
        let client = client(Networks::Public);
        for url in [
            "http://127.0.0.1",
            "http://127.1",
            "http://2130706433",
            "http://0x7f.1",
            "http://017700000001",
            "http://[::1]",
            "http://[::ffff:127.0.0.1]",
            "http://169.254.169.254/latest/meta-data",
            "http://0",
        ] {
            assert!(matches!(client.check(url), Err(Error::NotPublic)), "{url}");
        }
    }

    #[tokio::test]
    async fn a_name_of_this_machine_is_reached_by_who_may() {
        let port = serve(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Of: me\r\n\r\nok".to_vec()).await;
        let url = format!("http://localhost:{port}/");
        let refused = client(Networks::Public).send(get(&url)).await;
        assert!(matches!(refused, Err(Error::NotPublic)), "{refused:?}");
        let answer = client(Networks::Private).send(get(&url)).await.unwrap();
        assert_eq!((answer.status, &answer.body[..], answer.header("x-of")), (200, &b"ok"[..], Some("me")));
    }

    #[tokio::test]
    async fn a_redirect_is_an_answer() {
        let port = serve(
            b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n".to_vec(),
        );
        let port = port.await;
        let answer = client(Networks::Private).send(get(&format!("http://127.0.0.1:{port}/"))).await.unwrap();
        assert_eq!(answer.status, 302);
    }

    #[tokio::test]
    async fn of_a_long_answer_the_beginning_is_read() {
        let mut answer = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n".to_vec();
        answer.resize(answer.len() + ANSWER_MAX + 1, b'a');
        let port = serve(answer).await;
        let answer = client(Networks::Private).send(get(&format!("http://127.0.0.1:{port}/"))).await.unwrap();
        assert_eq!(answer.body.len(), ANSWER_MAX);
    }

    #[tokio::test]
    async fn nobody_there_is_said_so() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        let refused = client(Networks::Private).send(get(&format!("http://127.0.0.1:{port}/"))).await;
        assert!(matches!(&refused, Err(Error::Failed(why)) if why.contains("refused")), "{refused:?}");
    }
}
