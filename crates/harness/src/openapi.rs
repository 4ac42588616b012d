//! Checks what the server answers against the OpenAPI document of the interface.

use std::collections::{BTreeSet, HashMap};
use std::sync::{LazyLock, Mutex, OnceLock, PoisonError};

use jsonschema::{Draft, Validator};
use reqwest::Method;
use serde_json::{Value, json};

use crate::Answer;
use crate::schema::{compile, conform};

/// One response of one method of a path; its schema is compiled when it is first needed.
struct Response {
    schema: Option<Value>,
    validator: OnceLock<Validator>,
}

/// The document.
struct Contract {
    /// Methods and paths, each with its responses by status.
    endpoints: HashMap<(String, String), HashMap<u16, Response>>,
    components: Value,
}

static CONTRACT: LazyLock<Contract> = LazyLock::new(|| Contract::of(&gateway::openapi::document()));

/// What was answered in this process: method, path of the document, status.
static SEEN: Mutex<BTreeSet<(String, String, u16)>> = Mutex::new(BTreeSet::new());

/// Says what is wrong with an answer, if it is one of an endpoint.
pub fn check(method: &Method, path: &str, answer: &Answer) -> Result<(), String> {
    let Some((template, responses)) = CONTRACT.find(method, path) else { return Ok(()) };
    let status = answer.status;
    let response = responses
        .get(&status)
        .ok_or_else(|| format!("{method} {template} does not say that it may answer {status}: {answer}"))?;
    SEEN.lock().unwrap_or_else(PoisonError::into_inner).insert((
        method.to_string(),
        template.to_owned(),
        status,
    ));
    let Some(schema) = &response.schema else { return Ok(()) };
    if !answer.header("content-type").starts_with("application/json") {
        return Ok(());
    }
    let validator = response.validator.get_or_init(|| CONTRACT.compile(schema));
    conform(validator, &answer.json(), &format!("{method} {template} {status}"))
}

/// Every method and path of the document with each status of success that was not answered in this process.
pub fn unseen() -> Vec<(String, String, u16)> {
    let seen = SEEN.lock().unwrap_or_else(PoisonError::into_inner);
    let mut unseen: Vec<_> = CONTRACT
        .endpoints
        .iter()
        .flat_map(|((method, path), responses)| {
            let fine = responses.keys().filter(|status| (200..300).contains(*status));
            fine.map(|status| (method.clone(), path.clone(), *status))
        })
        .filter(|answer| !seen.contains(answer))
        .collect();
    unseen.sort();
    unseen
}

impl Contract {
    fn of(document: &Value) -> Self {
        let mut endpoints = HashMap::new();
        for (path, methods) in document["paths"].as_object().into_iter().flatten() {
            for (method, operation) in methods.as_object().into_iter().flatten() {
                let responses = operation["responses"].as_object().into_iter().flatten();
                let responses = responses.filter_map(|(status, response)| {
                    let target = response["$ref"].as_str().and_then(|link| link.strip_prefix('#'));
                    let response = target.and_then(|target| document.pointer(target)).unwrap_or(response);
                    let schema = response["content"]["application/json"]["schema"].clone();
                    let schema = (!schema.is_null()).then_some(schema);
                    Some((status.parse().ok()?, Response { schema, validator: OnceLock::new() }))
                });
                endpoints.insert((method.to_uppercase(), path.clone()), responses.collect());
            }
        }
        Self { endpoints, components: document["components"].clone() }
    }

    /// The path of the document that a path is one of; where two fit, the one with fewer parameters.
    fn find(&self, method: &Method, path: &str) -> Option<(&str, &HashMap<u16, Response>)> {
        let fitting =
            self.endpoints.iter().filter(|((m, template), _)| m == method.as_str() && fits(template, path));
        let found = fitting.min_by_key(|((_, template), _)| template.matches('{').count());
        found.map(|((_, template), responses)| (template.as_str(), responses))
    }

    fn compile(&self, schema: &Value) -> Validator {
        let schema = json!({ "allOf": [schema], "components": self.components });
        compile(Draft::Draft202012, &schema)
    }
}

fn fits(template: &str, path: &str) -> bool {
    let bare = |path: &str| path.strip_suffix('/').unwrap_or(path).to_owned();
    let (template, path) = (bare(template), bare(path));
    let (parts, steps): (Vec<&str>, Vec<&str>) = (template.split('/').collect(), path.split('/').collect());
    let fit = |(part, step): (&&str, &&str)| part == step || (part.starts_with('{') && !step.is_empty());
    parts.len() == steps.len() && parts.iter().zip(&steps).all(fit)
}
