//! What the server answered to a request.

use std::fmt::{self, Debug, Display};

use bytes::Bytes;
use reqwest::header::HeaderMap;
use serde_json::Value;

/// An answer, whole.
#[derive(Clone)]
pub struct Answer {
    /// The method and URL of the request.
    pub asked: String,
    /// The status code.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl Answer {
    /// Reads the answer to its end.
    pub(crate) async fn read(asked: String, response: reqwest::Response) -> Self {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        match response.bytes().await {
            Ok(body) => Self { asked, status, headers, body },
            Err(error) => panic!("{asked}: the answer broke off: {error}"),
        }
    }

    /// Returns the body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Returns the body as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        match serde_json::from_slice(&self.body) {
            Ok(value) => value,
            Err(error) => panic!("{self}: {error}"),
        }
    }

    /// Checks the status.
    #[track_caller]
    pub fn is(&self, status: u16) -> &Self {
        assert!(self.status == status, "{status} was expected: {self}");
        self
    }

    /// Checks that it worked, and returns what came back.
    #[track_caller]
    pub fn ok(&self) -> Value {
        self.is(200).json()
    }

    /// Checks the status, the code and the sentence of a refusal.
    #[track_caller]
    pub fn refused(&self, status: u16, code: &str, detail: &str) -> &Self {
        let body = self.is(status).json();
        assert!(body["detail"] == detail && body["code"] == code, "{code} {detail:?} was expected: {self}");
        self
    }

    /// Checks that a valid token was asked for.
    #[track_caller]
    pub fn unauthorized(&self, detail: &str) -> &Self {
        self.refused(401, "unauthorized", detail);
        assert_eq!(self.header("www-authenticate"), "Bearer", "{self}");
        self
    }

    /// Checks that a 422 lists exactly these errors: each `loc` joined with dots (`body.name`), and its type.
    #[track_caller]
    pub fn invalid(&self, expected: &[(&str, &str)]) -> Vec<Value> {
        let body = self.is(422).json();
        assert_eq!(body["code"], "validation", "{self}");
        let Some(items) = body["detail"].as_array().cloned() else { panic!("a list was expected: {self}") };
        let mut found: Vec<(String, String)> = items
            .iter()
            .map(|item| (joined(&item["loc"]), item["type"].as_str().unwrap_or_default().to_owned()))
            .collect();
        let mut wanted: Vec<(String, String)> =
            expected.iter().map(|(loc, kind)| ((*loc).to_owned(), (*kind).to_owned())).collect();
        found.sort();
        wanted.sort();
        assert_eq!(found, wanted, "{self}");
        for item in &items {
            assert!(item["msg"].is_string() && item.get("input").is_some(), "{self}");
        }
        items
    }

    /// Returns a header, empty if there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// Returns every `Set-Cookie` line.
    pub fn cookies(&self) -> Vec<String> {
        let lines = self.headers.get_all("set-cookie").iter();
        lines.filter_map(|line| line.to_str().ok()).map(str::to_owned).collect()
    }
}

impl Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let body: String = self.text().chars().take(600).collect();
        write!(f, "{} answered {} {body}", self.asked, self.status)
    }
}

impl Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Display::fmt(self, f)
    }
}

/// Joins the parts of a `loc` with dots.
fn joined(loc: &Value) -> String {
    let parts = loc.as_array().into_iter().flatten();
    let texts = parts.map(|part| part.as_str().map_or_else(|| part.to_string(), str::to_owned));
    texts.collect::<Vec<_>>().join(".")
}
