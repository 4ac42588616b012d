//! ARCHITECTURE's claim about the files: within a crate, uses between files run one way only.
#![expect(clippy::string_slice, reason = "texts are cut where a character was found")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// A module's path within its crate, `session::handle`; the root is empty.
type Module = String;

/// A file of a crate: the modules it declares and the code that is not a test.
struct File {
    children: Vec<String>,
    code: String,
}

#[test]
fn no_file_uses_a_file_that_uses_it() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let circles: Vec<(String, Vec<Module>)> = folders(crates)
        .iter()
        .filter_map(|package| {
            let circle = circle(&uses(&files(&package.join("src"))))?;
            Some((package.file_name()?.to_str()?.to_owned(), circle))
        })
        .collect();
    assert_eq!(circles, [], "files that use each other in a circle");
}

#[test]
fn a_circle_is_found() {
    let uses = |pairs: &[(&str, &str)]| {
        let mut uses = BTreeMap::<Module, BTreeSet<Module>>::new();
        for (from, to) in pairs {
            uses.entry((*from).to_owned()).or_default().insert((*to).to_owned());
        }
        uses
    };
    assert_eq!(circle(&uses(&[("a", "b"), ("b", "c"), ("a", "c")])), None);
    let found = circle(&uses(&[("a", "b"), ("b", "c"), ("c", "b")]));
    assert_eq!(found, Some(vec!["b".to_owned(), "c".to_owned(), "b".to_owned()]));
}

#[test]
fn uses_are_read_from_imports_and_paths() {
    let file = |code: &str| File { children: declared(code), code: without_comments_and_tests(code) };
    let files = BTreeMap::from([
        (String::new(), file("mod a; mod b; mod c;")),
        ("a".to_owned(), file("mod deep; use crate::{b::{self, Thing}, c}; // crate::nobody")),
        (
            "a::deep".to_owned(),
            file("use super::super::c::X; #[cfg(test)]\nmod tests { use super::*; use crate::a::Y; }"),
        ),
        ("b".to_owned(), file("fn f() { crate::c::call(\"crate::a\") }")),
        ("c".to_owned(), file("")),
    ]);
    let found = uses(&files);
    let of = |module: &str| found[module].iter().map(String::as_str).collect::<Vec<_>>();
    assert_eq!(of(""), Vec::<&str>::new());
    assert_eq!(of("a"), ["b", "c"]);
    assert_eq!(of("a::deep"), ["c"]);
    assert_eq!(of("b"), ["c"]);
}

/// Returns one circle, its first file again at its end, if there is any.
fn circle(uses: &BTreeMap<Module, BTreeSet<Module>>) -> Option<Vec<Module>> {
    fn visit<'a>(
        module: &'a Module,
        uses: &'a BTreeMap<Module, BTreeSet<Module>>,
        path: &mut Vec<&'a Module>,
        done: &mut BTreeSet<&'a Module>,
    ) -> Option<Vec<Module>> {
        if let Some(at) = path.iter().position(|other| *other == module) {
            return Some(path[at..].iter().copied().chain([module]).cloned().collect());
        }
        if !done.contains(module) {
            path.push(module);
            for used in uses.get(module).into_iter().flatten() {
                if let Some(found) = visit(used, uses, path, done) {
                    return Some(found);
                }
            }
            path.pop();
            done.insert(module);
        }
        None
    }
    let mut done = BTreeSet::new();
    uses.keys().find_map(|module| visit(module, uses, &mut Vec::new(), &mut done))
}

/// Returns which files each file uses.
///
/// A file may use the module that it is a part of, as an `impl` in several files does; that is not counted.
fn uses(files: &BTreeMap<Module, File>) -> BTreeMap<Module, BTreeSet<Module>> {
    let mut uses = BTreeMap::new();
    for (module, file) in files {
        let mut used: BTreeSet<Module> = paths(&file.code, &file.children)
            .iter()
            .filter_map(|path| resolve(module, path, files))
            .collect();
        used.retain(|other| {
            module != other && !other.is_empty() && !module.starts_with(&format!("{other}::"))
        });
        uses.insert(module.clone(), used);
    }
    uses
}

/// Returns the file that a path leads to from within a module.
fn resolve(module: &str, path: &[String], files: &BTreeMap<Module, File>) -> Option<Module> {
    let mut at: Vec<&str> = module.split("::").filter(|part| !part.is_empty()).collect();
    let mut rest = path;
    if path.first()? == "crate" {
        at.clear();
        rest = &rest[1..];
    }
    while rest.first().is_some_and(|part| part == "super") {
        at.pop();
        rest = &rest[1..];
    }
    for part in rest {
        let deeper = at.iter().copied().chain([part.as_str()]).collect::<Vec<_>>().join("::");
        if !files.contains_key(&deeper) {
            break;
        }
        at.push(part);
    }
    Some(at.join("::"))
}

/// Returns all paths in the code that begin with `crate`, `super` or a declared module, braces expanded.
fn paths(code: &str, children: &[String]) -> Vec<Vec<String>> {
    let mut paths = Vec::new();
    let mut rest = code;
    while let Some(at) = rest.find(|c: char| c.is_alphabetic() || c == '_') {
        let before = rest[..at].chars().next_back();
        rest = &rest[at..];
        let word = word(rest);
        let begins = !before.is_some_and(|c| c.is_alphanumeric() || c == ':');
        let known = word == "crate" || word == "super" || children.iter().any(|child| child == word);
        if begins && known && rest[word.len()..].starts_with("::") {
            expand(rest, &[], &mut paths);
        }
        rest = &rest[word.len()..];
    }
    paths
}

/// Reads one path with its braces from the beginning of `text`; returns what is left.
fn expand<'a>(text: &'a str, before: &[String], paths: &mut Vec<Vec<String>>) -> &'a str {
    let text = text.trim_start();
    if let Some(mut inner) = text.strip_prefix('{') {
        loop {
            inner = inner.trim_start_matches([',', ' ', '\n']);
            if inner.is_empty() || inner.starts_with('}') {
                return inner.strip_prefix('}').unwrap_or(inner);
            }
            let left = expand(inner, before, paths);
            // What is no path, such as `*`, is passed over.
            inner = if left.len() == inner.len() {
                &left[left.chars().next().map_or(0, char::len_utf8)..]
            } else {
                left
            };
        }
    }
    let part = word(text);
    let mut path = before.to_vec();
    if !part.is_empty() && part != "self" {
        path.push(part.to_owned());
    }
    match text[part.len()..].strip_prefix("::") {
        Some(rest) if !part.is_empty() => expand(rest, &path, paths),
        _ => {
            paths.push(path);
            &text[part.len()..]
        }
    }
}

fn word(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    &text[..end]
}

/// Returns the files below a source folder by their modules; tests in files of their own are left out.
fn files(source: &Path) -> BTreeMap<Module, File> {
    let mut files = BTreeMap::new();
    let mut folders = vec![source.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") && !path.ends_with("tests.rs") {
                let text = fs::read_to_string(&path).unwrap();
                let code = without_comments_and_tests(&text);
                files.insert(module(source, &path), File { children: declared(&text), code });
            }
        }
    }
    files
}

fn module(source: &Path, file: &Path) -> Module {
    let path = file.strip_prefix(source).unwrap().with_extension("");
    let mut parts: Vec<&str> = path.iter().map(|part| part.to_str().unwrap()).collect();
    if matches!(parts.last(), Some(&("lib" | "main" | "mod"))) {
        parts.pop();
    }
    parts.join("::")
}

fn declared(code: &str) -> Vec<String> {
    let declaration = |line: &str| {
        let (_, name) = line.trim().strip_suffix(';')?.rsplit_once("mod ")?;
        Some(name.to_owned()).filter(|name| word(name) == name)
    };
    code.split_inclusive([';', '\n']).filter_map(declaration).collect()
}

/// Takes out line comments, texts between quotes, and everything from the first `#[cfg(test)]` on.
fn without_comments_and_tests(code: &str) -> String {
    let code = code.split("#[cfg(test)]").next().unwrap_or_default();
    let bare = |line: &str| {
        let line = line.split("//").next().unwrap_or_default();
        line.split('"').step_by(2).collect::<Vec<_>>().join(" ")
    };
    code.lines().map(bare).collect::<Vec<_>>().join("\n")
}

fn folders(of: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(of).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.is_dir()).collect()
}
