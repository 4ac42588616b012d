//! Somebody who makes requests, known to the server or not.

use reqwest::multipart::{Form, Part};
use reqwest::redirect::Policy;
use reqwest::{Client, Method, RequestBuilder};
use serde_json::Value;

use crate::Answer;
use crate::deadline::within;
use crate::http::client;
use crate::openapi;

/// Makes requests; a copy uses the same connections.
#[derive(Debug, Clone)]
pub struct Caller {
    http: Client,
    origin: String,
    token: Option<String>,
}

impl Caller {
    /// A caller without a token.
    pub fn new(origin: String) -> Self {
        // An answer that points elsewhere is an answer: both spellings of a path are to be served where they are.
        let http = client().redirect(Policy::none()).build();
        let http = http.unwrap_or_else(|error| panic!("cannot make an HTTP client: {error}"));
        Self { http, origin, token: None }
    }

    /// The same caller with this token.
    #[must_use]
    pub fn with_token(&self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self.clone() }
    }

    /// Returns the server's origin.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Returns the access token; empty without one.
    pub fn token(&self) -> &str {
        self.token.as_deref().unwrap_or_default()
    }

    /// Begins a request to a path, or to a whole URL.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = if path.starts_with('/') { format!("{}{path}", self.origin) } else { path.to_owned() };
        let request = self.http.request(method, url);
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// Sends a request, reads its answer, and checks it against the OpenAPI document.
    pub async fn send(&self, request: RequestBuilder) -> Answer {
        let request = request.build().unwrap_or_else(|error| panic!("not a request: {error}"));
        let asked = format!("{} {}", request.method(), request.url());
        let (method, path) = (request.method().clone(), request.url().path().to_owned());
        let exchange = async {
            match self.http.execute(request).await {
                Ok(response) => Answer::read(asked.clone(), response).await,
                Err(error) => panic!("{asked}: no answer: {error:?}"),
            }
        };
        let answer = within(&asked, exchange).await;
        openapi::check(&method, &path, &answer).unwrap_or_else(|wrong| panic!("{wrong}"));
        answer
    }

    /// GET.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    /// POST without a body.
    pub async fn post(&self, path: &str) -> Answer {
        self.send(self.request(Method::POST, path)).await
    }

    /// POST with a JSON body.
    pub async fn post_json(&self, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::POST, path).json(body)).await
    }

    /// POST with a form.
    pub async fn post_form(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.send(self.request(Method::POST, path).form(fields)).await
    }

    /// POST with a body as it is.
    pub async fn post_raw(&self, path: &str, content_type: &str, body: impl Into<reqwest::Body>) -> Answer {
        let request = self.request(Method::POST, path).header("content-type", content_type);
        self.send(request.body(body)).await
    }

    /// PATCH with a JSON body.
    pub async fn patch(&self, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::PATCH, path).json(body)).await
    }

    /// PUT without a body.
    pub async fn put(&self, path: &str) -> Answer {
        self.send(self.request(Method::PUT, path)).await
    }

    /// PUT with a JSON body.
    pub async fn put_json(&self, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::PUT, path).json(body)).await
    }

    /// DELETE.
    pub async fn delete(&self, path: &str) -> Answer {
        self.send(self.request(Method::DELETE, path)).await
    }

    /// DELETE with a JSON body.
    pub async fn delete_json(&self, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::DELETE, path).json(body)).await
    }

    /// Uploads a file in the field `file`.
    pub async fn upload(&self, path: &str, (name, content_type): (&str, &str), bytes: &[u8]) -> Answer {
        let part = Part::bytes(bytes.to_vec()).file_name(name.to_owned()).mime_str(content_type);
        let part = part.unwrap_or_else(|error| panic!("not a type: {content_type}: {error}"));
        self.send(self.request(Method::POST, path).multipart(Form::new().part("file", part))).await
    }

    /// Registers an account, or does not.
    pub async fn register(&self, body: &Value) -> Answer {
        self.post_json("/auth/register", body).await
    }

    /// Signs in, or does not.
    pub async fn sign_in(&self, username: &str, password: &str) -> Answer {
        self.post_form("/auth/token", &[("username", username), ("password", password)]).await
    }
}
