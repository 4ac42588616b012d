//! The OpenAPI document of the REST interface, made from the table of endpoints.

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use domain::api_token::Scopes;
use schemars::Schema;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use crate::api;
use crate::http::endpoint::{Content, Endpoint, Parameters, RequestType};
use crate::http::idempotency::{HEADER, KEY_MAX};
use crate::origin::COOKIE;
use crate::problem::{self, status};
use crate::schemas::Schemas;

mod links;

/// Returns the document.
pub fn document() -> Value {
    let (mut parts, endpoints) = (Parts::new(), api::endpoints());
    let mut paths: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    for endpoint in &endpoints {
        let operation = parts.operation(endpoint);
        let method = endpoint.method.as_str().to_lowercase();
        paths.entry(endpoint.path).or_default().insert(method, operation);
    }
    let mut schemas = parts.schemas.definitions();
    schemas.extend(parts.bodies);
    let mut document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Chatroom, REST",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "What docs/API.md explains, for programs. Each path is served with a slash at its end, too.",
            "license": { "name": env!("CARGO_PKG_LICENSE"), "identifier": env!("CARGO_PKG_LICENSE") },
        },
        "servers": [{ "url": "/" }],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": parts.refusals,
            "securitySchemes": {
                "bearer": { "type": "http", "scheme": "bearer", "bearerFormat": "JWT" },
                "cookie": {
                    "type": "apiKey", "in": "cookie", "name": COOKIE,
                    "description": "From pages of this server only, except with GET and HEAD. Where the server's \
                        address has a port, the name ends with `_` and the port.",
                },
            },
        },
    });
    links::add(&mut document, &endpoints);
    document
}

/// Returns the document as it is served and kept.
pub fn text() -> String {
    format!("{:#}\n", document())
}

struct Parts {
    schemas: Schemas,
    /// Schemas of bodies that leave out what is in the path.
    bodies: Map<String, Value>,
    /// The responses that refuse, each by the codes that it may have.
    refusals: Map<String, Value>,
}

impl Parts {
    fn new() -> Self {
        Self { schemas: Schemas::new(SchemaSettings::draft2020_12), bodies: Map::new(), refusals: Map::new() }
    }

    fn operation(&mut self, endpoint: &Endpoint) -> Value {
        let mut operation = Map::new();
        operation.insert("tags".to_owned(), json!([endpoint.tag]));
        operation.insert("summary".to_owned(), endpoint.summary.into());
        if endpoint.signed_in {
            operation.insert(
                "security".to_owned(),
                json!([{ "bearer": endpoint.scopes.needed() }, { "cookie": [] }]),
            );
        }
        self.request(endpoint, &mut operation);
        operation.insert("responses".to_owned(), self.responses(endpoint));
        operation.into()
    }

    fn request(&mut self, endpoint: &Endpoint, operation: &mut Map<String, Value>) {
        let (request, has_query, has_body) = match endpoint.parameters {
            Parameters::None => return,
            Parameters::File => {
                let form =
                    json!({ "type": "object", "properties": { "file": file() }, "required": ["file"] });
                let content = json!({ "multipart/form-data": { "schema": form } });
                operation.insert("requestBody".to_owned(), json!({ "required": true, "content": content }));
                return;
            }
            Parameters::Path(request) => (request, false, false),
            Parameters::Query(request) => (request, true, false),
            Parameters::Body(request) | Parameters::KeyedBody { request, .. } => (request, false, true),
            Parameters::QueryOrBody(request) => (request, true, true),
        };
        let fields = Fields(self.schemas.received(request.schema));
        let mut parameters = fields.parameters("path", |name| is_in_path(name, endpoint.path));
        if has_query {
            parameters.extend(fields.parameters("query", |name| !is_in_path(name, endpoint.path)));
        }
        if let Parameters::KeyedBody { about, longest, .. } = endpoint.parameters {
            parameters.push(key(about, longest));
        }
        if endpoint.keeps_answers {
            let about = "A repeat under the same key within a day is answered like the first, and done once.";
            parameters.push(key(about, KEY_MAX));
        }
        if !parameters.is_empty() {
            operation.insert("parameters".to_owned(), parameters.into());
        }
        if has_body {
            let required = !has_query && fields.requires_beside(endpoint.path);
            let schema = self.body(request, fields, endpoint.path);
            let types = ["application/json", "application/x-www-form-urlencoded", "multipart/form-data"];
            let content = types.map(|kind| (kind.to_owned(), json!({ "schema": schema })));
            let body = json!({ "required": required, "content": Map::from_iter(content) });
            operation.insert("requestBody".to_owned(), body);
        }
    }

    /// The schema of a body: of the request without what is in the path.
    fn body(&mut self, request: RequestType, fields: Fields, path: &str) -> Value {
        let mut name = (request.name)().into_owned();
        let whole = fields.names().len();
        let body = fields.beside(path);
        if body.names().len() < whole {
            name.push_str("Body");
        }
        let reference = json!({ "$ref": format!("#/components/schemas/{name}") });
        self.bodies.insert(name, body.0.to_value());
        reference
    }

    fn responses(&mut self, endpoint: &Endpoint) -> Value {
        let mut responses = Map::new();
        for answer in &endpoint.answers {
            let mut response = Map::from_iter([("description".to_owned(), reason(answer.status).into())]);
            let content = match answer.content {
                Content::Nothing => None,
                Content::Json(make) => Some(("application/json", json!(self.schemas.sent(make)))),
                Content::JsonDocument => Some(("application/json", json!({ "type": "object" }))),
                Content::Text => Some(("text/plain", json!({ "type": "string" }))),
                Content::File => Some(("*/*", file())),
            };
            if let Some((kind, schema)) = content {
                response.insert("content".to_owned(), json!({ kind: { "schema": schema } }));
            }
            responses.insert(answer.status.to_string(), response.into());
        }
        let mut codes: BTreeMap<u16, Vec<&str>> = BTreeMap::new();
        for code in refusals(endpoint) {
            codes.entry(status(code).as_u16()).or_default().push(code);
        }
        for (status, codes) in codes {
            let key = status.to_string();
            let refusal = self.refusal(status, &codes);
            responses.entry(key).or_insert(refusal);
        }
        responses.into()
    }

    fn refusal(&mut self, status: u16, codes: &[&str]) -> Value {
        let name = name_of(codes);
        let reference = json!({ "$ref": format!("#/components/responses/{name}") });
        if !self.refusals.contains_key(&name) {
            let schema = self.schemas.refused::<problem::Body>(codes);
            let content = json!({ "application/json": { "schema": schema } });
            self.refusals.insert(name, json!({ "description": reason(status), "content": content }));
        }
        reference
    }
}

/// The name of the response that refuses with these codes.
fn name_of(codes: &[&str]) -> String {
    let parts = codes.iter().flat_map(|code| code.split('_'));
    parts
        .flat_map(|part| part.chars().take(1).flat_map(char::to_uppercase).chain(part.chars().skip(1)))
        .collect()
}

/// The codes that an endpoint may be refused with.
fn refusals(endpoint: &Endpoint) -> Vec<&'static str> {
    let mut codes = endpoint.codes.to_vec();
    if endpoint.signed_in && !codes.contains(&"unauthorized") {
        codes.push("unauthorized");
    }
    if endpoint.signed_in && endpoint.scopes != Scopes::NONE {
        codes.push("insufficient_scope");
    }
    codes.extend(endpoint.action.map(|_| "rate_limited"));
    if endpoint.keeps_answers {
        codes.extend(["idempotency_mismatch", "idempotency_in_progress"]);
    }
    match endpoint.parameters {
        Parameters::None => {}
        Parameters::Path(_) | Parameters::Query(_) => codes.push("validation"),
        Parameters::Body(_) | Parameters::KeyedBody { .. } | Parameters::QueryOrBody(_) => {
            codes.extend(["validation", "too_large", "request_timeout", "unsupported_body"]);
        }
        Parameters::File => codes.extend(["validation", "too_large", "request_timeout"]),
    }
    codes.extend(["internal", "busy", "unavailable"]);
    if !endpoint.method.is_safe() {
        codes.extend(["outcome_unknown", "no_space"]);
    }
    codes
}

/// The header `Idempotency-Key`.
fn key(about: &str, longest: usize) -> Value {
    let schema = json!({ "type": "string", "minLength": 1, "maxLength": longest });
    json!({ "name": HEADER, "in": "header", "description": about, "schema": schema })
}

fn is_in_path(name: &str, path: &str) -> bool {
    path.contains(&format!("{{{name}}}"))
}

fn reason(status: u16) -> &'static str {
    let status = StatusCode::from_u16(status).ok();
    status.and_then(|status| status.canonical_reason()).unwrap_or_default()
}

fn file() -> Value {
    json!({ "type": "string", "format": "binary" })
}

/// The fields of a request.
struct Fields(Schema);

impl Fields {
    fn names(&self) -> Vec<String> {
        let properties = self.0.get("properties").and_then(Value::as_object);
        properties.into_iter().flat_map(Map::keys).cloned().collect()
    }

    fn requires(&self, name: &str) -> bool {
        self.0.get("required").and_then(Value::as_array).is_some_and(|all| all.iter().any(|one| one == name))
    }

    /// Whether a field that is not in the path is required.
    fn requires_beside(&self, path: &str) -> bool {
        let beside = |name: &String| !is_in_path(name, path);
        self.0.get("anyOf").is_some() || self.names().iter().any(|name| beside(name) && self.requires(name))
    }

    /// Those that are in one part of the request, as OpenAPI's parameters.
    fn parameters(&self, part: &str, is_there: impl Fn(&str) -> bool) -> Vec<Value> {
        let parameter = |name: &String| {
            let mut schema = self.0.get("properties")?.get(name)?.clone();
            let about = schema.as_object_mut().and_then(|schema| schema.remove("description"));
            // Nothing in a path or a query is null.
            for key in ["type", "enum"] {
                if let Some(all) = schema.get_mut(key).and_then(Value::as_array_mut) {
                    all.retain(|one| one != "null" && !one.is_null());
                }
            }
            Some(json!({
                "name": name,
                "in": part,
                "description": about,
                "required": part == "path" || self.requires(name),
                "schema": schema,
            }))
        };
        self.names().iter().filter(|name| is_there(name)).filter_map(parameter).collect()
    }

    /// Those that are not in the path.
    fn beside(mut self, path: &str) -> Self {
        let is_beside = |name: &str| !is_in_path(name, path);
        if let Some(properties) = self.0.get_mut("properties").and_then(Value::as_object_mut) {
            properties.retain(|name, _| is_beside(name));
        }
        if let Some(required) = self.0.get_mut("required").and_then(Value::as_array_mut) {
            required.retain(|name| name.as_str().is_some_and(is_beside));
            if required.is_empty() {
                self.0.remove("required");
            }
        }
        self
    }
}
