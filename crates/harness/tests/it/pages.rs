//! How the built web client is served: compressed as it was built, and kept by browsers as long as it holds.

use std::fs;

use harness::{Answer, Stack, on_each_database};
use reqwest::Method;

on_each_database! {
    a_client_gets_the_copy_that_it_likes_best where super::install,
    a_file_and_its_copies_are_kept_apart where super::install,
    a_range_is_one_of_the_file_itself where super::install,
    what_has_no_copies_is_compressed_on_the_way where super::install,
    browsers_keep_what_never_changes_and_ask_again_for_the_rest where super::install,
}

/// Longer than its copies, which only say what they are.
const SCRIPT: &str = "console.log('聊天室')\n";

fn install(config: &mut gateway::config::Config) {
    let assets = config.web_dir.join("assets");
    fs::create_dir_all(&assets).unwrap();
    for (name, content) in [
        ("app-1a2b.js", SCRIPT),
        ("app-1a2b.js.br", "brotli"),
        ("app-1a2b.js.gz", "gzip"),
        ("alone-3c4d.js", SCRIPT),
        ("some-5e6f.js", SCRIPT),
        ("some-5e6f.js.gz", "gzip"),
    ] {
        fs::write(assets.join(name), content).unwrap();
    }
    fs::write(config.web_dir.join("sw.js"), SCRIPT).unwrap();
}

async fn get(stack: &Stack, path: &str, headers: &[(&str, &str)]) -> Answer {
    let anon = stack.anon();
    let request = headers
        .iter()
        .fold(anon.request(Method::GET, path), |request, (name, value)| request.header(*name, *value));
    anon.send(request).await
}

/// Whether caches are to keep the answer apart from those in other encodings.
fn varies(answer: &Answer) -> bool {
    answer.header("vary").split(", ").any(|name| name == "accept-encoding")
}

async fn a_client_gets_the_copy_that_it_likes_best(stack: &Stack) {
    let plain = get(stack, "/assets/app-1a2b.js", &[]).await;
    assert_eq!((plain.header("content-encoding"), plain.text().as_str()), ("", SCRIPT));
    let kind = plain.header("content-type");
    assert!(kind.starts_with("text/javascript"), "{plain}");
    for (accepted, encoding, body) in [
        ("gzip, deflate, br, zstd", "br", "brotli"),
        ("br;q=0.5, gzip", "gzip", "gzip"),
        ("gzip", "gzip", "gzip"),
        ("br;q=0, gzip", "gzip", "gzip"),
        ("br;q=0, gzip;q=0", "", SCRIPT),
        ("identity", "", SCRIPT),
        ("identity, br;q=0.1", "", SCRIPT),
        ("*;q=0, identity", "", SCRIPT),
    ] {
        let answer = get(stack, "/assets/app-1a2b.js", &[("accept-encoding", accepted)]).await;
        assert_eq!(answer.is(200).header("content-encoding"), encoding, "{accepted}");
        assert_eq!(answer.text(), body, "{accepted}");
        assert_eq!(answer.header("content-type"), kind, "{accepted}");
        assert_eq!(answer.header("content-length"), body.len().to_string(), "{accepted}");
        assert!(varies(&answer), "{accepted}: {answer}");
    }
    let answer = get(stack, "/assets/some-5e6f.js", &[("accept-encoding", "br, gzip;q=0.1")]).await;
    assert_eq!((answer.header("content-encoding"), answer.text().as_str()), ("gzip", "gzip"));
}

async fn a_file_and_its_copies_are_kept_apart(stack: &Stack) {
    let ask = async |accepted: &str, etag: &str| {
        get(stack, "/assets/app-1a2b.js", &[("accept-encoding", accepted), ("if-none-match", etag)]).await
    };
    let mut etags: Vec<String> = Vec::new();
    for accepted in ["br", "gzip", "identity"] {
        let etag = ask(accepted, "\"none\"").await.is(200).header("etag").to_owned();
        let known = ask(accepted, &etag).await;
        assert!(varies(known.is(304)), "{accepted}: {known}");
        for other in &etags {
            ask(accepted, other).await.is(200);
        }
        etags.push(etag);
    }
}

async fn a_range_is_one_of_the_file_itself(stack: &Stack) {
    let ask = async |range: &str| {
        get(stack, "/assets/app-1a2b.js", &[("accept-encoding", "br, gzip"), ("range", range)]).await
    };
    let part = ask("bytes=0-6").await;
    assert_eq!(part.is(206).text(), "console");
    assert_eq!(part.header("content-range"), format!("bytes 0-6/{}", SCRIPT.len()));
    assert!(["", "identity"].contains(&part.header("content-encoding")), "{part}");
    ask("bytes=1000-").await.is(416);
    // What is no range is ignored, and the copy is served.
    assert_eq!(ask("lines=1-2").await.is(200).text(), "brotli");
}

async fn what_has_no_copies_is_compressed_on_the_way(stack: &Stack) {
    let answer = get(stack, "/assets/alone-3c4d.js", &[("accept-encoding", "br, gzip")]).await;
    assert_eq!(answer.is(200).header("content-encoding"), "gzip");
    assert_eq!(answer.body.get(..2), Some(&b"\x1f\x8b"[..]));
    assert!(varies(&answer), "{answer}");
}

async fn browsers_keep_what_never_changes_and_ask_again_for_the_rest(stack: &Stack) {
    for accepted in ["br", "identity"] {
        let answer = get(stack, "/assets/app-1a2b.js", &[("accept-encoding", accepted)]).await;
        assert_eq!(answer.header("cache-control"), "public, max-age=31536000, immutable", "{accepted}");
    }
    let worker = get(stack, "/sw.js", &[]).await;
    assert_eq!(worker.is(200).header("cache-control"), "no-cache");
    assert!(worker.header("content-type").starts_with("text/javascript"), "{worker}");
}
