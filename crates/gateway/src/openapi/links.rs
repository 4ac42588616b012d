//! What the answer of an endpoint is good for elsewhere, as OpenAPI's links.
//!
//! What a POST makes is at its path and the id that it answers: links lead to all that is there. Where else an answer
//! leads is in the table of endpoints.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::is_in_path;
use crate::http::endpoint::{Endpoint, Lead};

/// Adds their links to the answers of the document.
pub(super) fn add(document: &mut Value, endpoints: &[Endpoint]) {
    let operations: Vec<Operation<'_>> = endpoints.iter().map(|one| Operation::of(one, document)).collect();
    for from in &operations {
        let links = from.links(&operations);
        let responses = document.pointer_mut(&format!("{}/responses", from.pointer));
        let responses = responses.and_then(Value::as_object_mut).into_iter().flatten();
        for (_, answer) in responses.filter(|(status, _)| !links.is_empty() && status.starts_with('2')) {
            answer["links"] = links.clone().into();
        }
    }
}

/// An endpoint, and the names of what it reads and answers.
struct Operation<'a> {
    endpoint: &'a Endpoint,
    /// Where it is in the document.
    pointer: String,
    /// Its parameters, each as `query.limit`.
    parameters: Vec<String>,
    /// The fields of its answer.
    answer: BTreeSet<String>,
}

impl<'a> Operation<'a> {
    fn of<'d>(endpoint: &'a Endpoint, document: &'d Value) -> Self {
        let method = endpoint.method.as_str().to_lowercase();
        let pointer = format!("/paths/{}/{method}", endpoint.path.replace('/', "~1"));
        let operation = document.pointer(&pointer);
        let parameter = |one: &Value| Some(format!("{}.{}", one["in"].as_str()?, one["name"].as_str()?));
        let responses = operation.and_then(|one| one["responses"].as_object()).into_iter().flatten();
        let answers = responses.filter(|(status, _)| status.starts_with('2'));
        let schema = |(_, answer): (_, &'d Value)| answer.pointer("/content/application~1json/schema");
        let parameters = operation.and_then(|one| one["parameters"].as_array()).into_iter().flatten();
        Self {
            endpoint,
            pointer,
            parameters: parameters.filter_map(parameter).collect(),
            answer: answers.filter_map(schema).flat_map(|schema| fields(document, schema)).collect(),
        }
    }

    fn links(&self, all: &[Self]) -> Map<String, Value> {
        let made = all.iter().filter(|to| self.makes(to)).map(|to| (to, &[] as &[_]));
        let leads = self.endpoint.leads.iter().filter_map(|Lead { to, fields }| {
            let to = all.iter().find(|one| one.endpoint.is(to))?;
            Some((to, *fields))
        });
        made.chain(leads).map(|(to, renamed)| (to.name(), self.link(to, renamed))).collect()
    }

    /// Whether an endpoint is of what this one makes, and all ids in its path are known from the answer.
    fn makes(&self, to: &Self) -> bool {
        let below =
            to.endpoint.path.strip_prefix(self.endpoint.path).and_then(|rest| rest.strip_prefix("/{"));
        let id = below.and_then(|rest| rest.split('}').next());
        let is_known = |name: &str| !name.ends_with("_id") || self.value(name).is_some();
        self.endpoint.method == "POST"
            && id.is_some_and(|id| self.answer.contains(id))
            && to.parameters.iter().filter_map(|name| name.strip_prefix("path.")).all(is_known)
    }

    /// Returns what a parameter of another endpoint's path is by what this one was asked, or has answered.
    fn value(&self, name: &str) -> Option<String> {
        if is_in_path(name, self.endpoint.path) {
            return Some(format!("$request.path.{name}"));
        }
        self.answer.contains(name).then(|| format!("$response.body#/{name}"))
    }

    fn link(&self, to: &Self, renamed: &[(&str, &str)]) -> Value {
        let answered = |field: &str| format!("$response.body#/{field}");
        let mut parameters: Map<String, Value> = to
            .parameters
            .iter()
            .filter_map(|name| Some((name.clone(), self.value(name.strip_prefix("path.")?)?.into())))
            .collect();
        let mut body = Map::new();
        for (there, here) in renamed {
            let is_it = |name: &&String| name.split_once('.').is_some_and(|(_, name)| name == *there);
            match to.parameters.iter().find(is_it) {
                Some(name) => parameters.insert(name.clone(), answered(here).into()),
                None => body.insert((*there).to_owned(), answered(here).into()),
            };
        }
        let operation = format!("#{}", to.pointer.replace('{', "%7B").replace('}', "%7D"));
        let mut link = Map::from_iter([("operationRef".to_owned(), operation.into())]);
        for (key, values) in [("parameters", parameters), ("requestBody", body)] {
            if !values.is_empty() {
                link.insert(key.to_owned(), values.into());
            }
        }
        link.into()
    }

    /// The name of a link to it.
    fn name(&self) -> String {
        let path = self.endpoint.path.replace(['{', '}'], "").replace('/', "-");
        format!("{}{path}", self.endpoint.method.as_str().to_lowercase())
    }
}

/// Returns the names of the fields of a schema.
fn fields(document: &Value, schema: &Value) -> BTreeSet<String> {
    let referred = schema["$ref"].as_str().and_then(|to| document.pointer(to.trim_start_matches('#')));
    let schema = referred.unwrap_or(schema);
    let own = schema["properties"].as_object().into_iter().flatten().map(|(name, _)| name.clone());
    let parts = ["allOf", "anyOf"].iter().filter_map(|key| schema[key].as_array()).flatten();
    own.chain(parts.flat_map(|part| fields(document, part))).collect()
}
