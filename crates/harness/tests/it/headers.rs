//! What answers say to browsers: headers, cookies, and whom a page may sign in.

use harness::deadline::within;
use harness::people::{PASSWORD, cookie, text};
use harness::{Answer, Stack, on_each_database, server_errors};
use reqwest::Method;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

on_each_database! {
    each_server_on_a_host_has_a_cookie_of_its_own,
    a_cookie_from_before_its_name_had_the_port_is_taken_once_more,
    signing_out_clears_what_the_browser_kept,
    a_page_of_another_site_signs_nobody_in where |config| {
        config.allowed_origins = vec!["https://app.example".to_owned()];
    },
    every_answer_has_the_headers_that_protect_it where |config| {
        config.allowed_origins = vec!["https://app.example".to_owned()];
    },
    behind_https_browsers_stay_with_it where |config| {
        config.public_url = Some("https://chat.example".to_owned());
    },
    an_answer_to_what_is_no_request_has_them_too,
    an_answer_has_the_id_that_its_request_was_given,
    private_files_are_shown_on_no_page_of_another_origin,
    every_page_has_a_policy where |config| super::install(config, r#"<meta name="generator" content="Chatroom" />"#),
    another_client_may_do_what_bundled_clients_do where |config| super::install(config, "<title>Mine</title>"),
    the_operator_sets_the_policy where |config| {
        super::install(config, "<title>Mine</title>");
        config.content_security_policy = Some("default-src https:".to_owned());
    },
}

/// Puts a page where the built web client is.
fn install(config: &gateway::config::Config, head: &str) {
    std::fs::create_dir_all(&config.web_dir).unwrap();
    std::fs::write(config.web_dir.join("index.html"), format!("<!doctype html><head>{head}</head>")).unwrap();
}

async fn page(stack: &Stack, path: &str) -> Answer {
    let anon = stack.anon();
    anon.send(anon.request(Method::GET, path).header("accept", "text/html")).await
}

async fn refresh(stack: &Stack, cookies: &str) -> Answer {
    let anon = stack.anon();
    let request = anon.request(Method::POST, "/auth/refresh").header("origin", stack.origin());
    anon.send(request.header("cookie", cookies)).await
}

async fn each_server_on_a_host_has_a_cookie_of_its_own(stack: &Stack) {
    let alice = stack.person("愛麗絲").await;
    let port = stack.address().port();
    assert!(alice.cookie.starts_with(&format!("chatroom_session_{port}=")), "{}", alice.cookie);
    // The cookies of its neighbours do not disturb it, and it leaves them alone.
    let neighbours = "chatroom_session_1=x; chatroom_session=y";
    let answer = refresh(stack, &format!("{neighbours}; {}", alice.cookie)).await;
    answer.is(200);
    assert_eq!(answer.cookies().len(), 1);
    let answer = refresh(stack, neighbours).await;
    answer.is(401);
    assert!(answer.cookies().iter().all(|line| line.starts_with(&format!("chatroom_session_{port}="))));
    let anon = stack.anon();
    let both = format!("{neighbours}; {}", alice.cookie);
    anon.send(anon.request(Method::GET, "/user/me").header("cookie", both)).await.is(200);
}

async fn a_cookie_from_before_its_name_had_the_port_is_taken_once_more(stack: &Stack) {
    let alice = stack.person("愛麗絲").await;
    let old = format!("chatroom_session={}", alice.cookie.split_once('=').unwrap().1);
    let anon = stack.anon();
    anon.send(anon.request(Method::GET, "/user/me").header("cookie", &old)).await.is(200);
    let answer = refresh(stack, &old).await;
    answer.is(200);
    let taken_back = answer.cookies().into_iter().find(|line| line.starts_with("chatroom_session=")).unwrap();
    assert!(taken_back.contains("Max-Age=0"), "{taken_back}");
    refresh(stack, &cookie(&answer)).await.is(200);
}

async fn signing_out_clears_what_the_browser_kept(stack: &Stack) {
    let (alice, ming) = (stack.person("愛麗絲").await, stack.person("小明").await);
    let forget = r#""cookies", "storage""#;
    assert_eq!(alice.get("/user/me").await.header("clear-site-data"), "");
    let answer = alice.post("/auth/logout").await;
    assert_eq!(answer.is(200).header("clear-site-data"), forget);
    assert_eq!(ming.delete_account("不對的密碼").await.is(403).header("clear-site-data"), "");
    let answer = ming.delete_account(PASSWORD).await;
    assert_eq!(answer.is(204).header("clear-site-data"), forget);
    assert!(answer.cookies()[0].contains("Max-Age=0"), "{:?}", answer.cookies());
}

async fn a_page_of_another_site_signs_nobody_in(stack: &Stack) {
    let anon = stack.anon();
    stack.person("愛麗絲").await;
    let form = [("username", "愛麗絲"), ("password", PASSWORD)];
    let from = async |origin: &str| {
        let request = anon.request(Method::POST, "/auth/token").header("origin", origin);
        anon.send(request.form(&form)).await
    };
    for origin in ["https://evil.example", "null", "http://127.0.0.1:1"] {
        let answer = from(origin).await;
        answer.refused(403, "forbidden", "Forbidden");
        assert!(answer.cookies().is_empty(), "{answer}");
    }
    for origin in [stack.origin().as_str(), "https://app.example"] {
        from(origin).await.is(200);
    }
    anon.post_form("/auth/token", &form).await.is(200);
}

async fn every_answer_has_the_headers_that_protect_it(stack: &Stack) {
    let alice = stack.person("愛麗絲").await;
    let preflight = alice
        .request(Method::OPTIONS, "/user/me")
        .header("origin", "https://app.example")
        .header("access-control-request-method", "PATCH");
    let preflight = alice.send(preflight).await;
    assert_eq!(preflight.header("access-control-allow-origin"), "https://app.example");
    let answers = [
        preflight,
        alice.get("/user/me").await,
        alice.get("/nothing").await,
        alice.get("/socket.io/?EIO=4&transport=polling").await,
        alice.get("/socket.io/").await,
        page(stack, "/").await,
        page(stack, "/docs").await,
    ];
    for answer in &answers {
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("x-frame-options", "DENY"),
            ("cross-origin-opener-policy", "same-origin"),
        ] {
            assert_eq!(answer.header(name), value, "{name}: {answer}");
        }
        assert!(answer.header("permissions-policy").contains("geolocation=()"), "{answer}");
        assert_eq!(answer.header("x-request-id").len(), 36, "{answer}");
        assert_eq!(answer.header("strict-transport-security"), "", "{answer}");
    }
}

async fn an_answer_has_the_id_that_its_request_was_given(stack: &Stack) {
    let alice = stack.person("愛麗絲").await;
    let id_of = async |path: &str, given: &str| {
        let answer = alice.send(alice.request(Method::GET, path).header("x-request-id", given)).await;
        answer.header("x-request-id").to_owned()
    };
    for path in ["/user/me", "/nothing", "/socket.io/"] {
        assert_eq!(id_of(path, "a1.B2_c3:d4/e5-f6").await, "a1.B2_c3:d4/e5-f6");
        assert_eq!(id_of(path, "no id").await.len(), 36);
        assert_eq!(id_of(path, &"x".repeat(129)).await.len(), 36);
    }
}

async fn an_answer_to_what_is_no_request_has_them_too(stack: &Stack) {
    let long = format!("GET /livez HTTP/1.1\r\nx: {}", "x".repeat(200_000));
    for (bytes, status) in
        [("垃圾\r\n\r\n", "400 Bad Request"), (long.as_str(), "431 Request Header Fields Too Large")]
    {
        let mut stream = TcpStream::connect(stack.address()).await.unwrap();
        // The answer may come, and the connection be reset, before all was sent.
        drop(stream.write_all(bytes.as_bytes()).await);
        let mut answer = Vec::new();
        drop(within("the answer", stream.read_to_end(&mut answer)).await);
        let answer = String::from_utf8(answer).unwrap();
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\n")), "{answer}");
        for line in ["x-content-type-options: nosniff", "x-frame-options: DENY", "cache-control: no-store"] {
            assert!(answer.contains(&format!("\r\n{line}\r\n")), "{answer}");
        }
        assert!(answer.ends_with("\r\n\r\n"), "{answer}");
    }
    // The HTTP library notes each of them; nothing of ours does.
    let seen = server_errors::take();
    assert!(seen.iter().all(|line| line.starts_with("actix_http::")), "{seen:?}");
}

async fn behind_https_browsers_stay_with_it(stack: &Stack) {
    for answer in
        [stack.anon().get("/livez").await, stack.anon().get("/nothing").await, page(stack, "/").await]
    {
        assert_eq!(answer.header("strict-transport-security"), "max-age=31536000", "{answer}");
    }
    let alice = stack.person("愛麗絲").await;
    assert!(alice.cookie.starts_with("chatroom_session="), "{}", alice.cookie);
}

async fn private_files_are_shown_on_no_page_of_another_origin(stack: &Stack) {
    let alice = stack.person("愛麗絲").await;
    let picture = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\0\0\0\0";
    for (path, policy) in
        [("/upload/upload-message-file", "same-origin"), ("/upload/upload-avatar", "cross-origin")]
    {
        let stored = alice.upload(path, ("圖.png", "image/png"), picture).await.ok();
        let answer = alice.get(&text(&stored["url"])).await;
        assert_eq!(answer.is(200).header("cross-origin-resource-policy"), policy);
    }
}

async fn every_page_has_a_policy(stack: &Stack) {
    for path in ["/", "/index.html", "/chats", "/login"] {
        let answer = page(stack, path).await;
        answer.is(200);
        let policy = answer.header("content-security-policy");
        assert!(
            policy.contains("default-src 'none'") && policy.contains("require-trusted-types-for 'script'"),
            "{policy}"
        );
        // Vue's own, and the one that names the service worker.
        assert!(policy.ends_with("; trusted-types vue chatroom"), "{policy}");
        assert!(policy.contains("worker-src 'self';"), "{policy}");
    }
    assert_eq!(stack.anon().get("/livez").await.header("content-security-policy"), "");
}

async fn another_client_may_do_what_bundled_clients_do(stack: &Stack) {
    for path in ["/", "/index.html", "/chats"] {
        let answer = page(stack, path).await;
        let policy = answer.is(200).header("content-security-policy");
        assert!(policy.contains("default-src 'self'") && policy.contains("'unsafe-inline'"), "{policy}");
        assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("trusted-types"), "{policy}");
    }
}

async fn the_operator_sets_the_policy(stack: &Stack) {
    for path in ["/", "/index.html"] {
        assert_eq!(page(stack, path).await.is(200).header("content-security-policy"), "default-src https:");
    }
    assert!(page(stack, "/docs").await.header("content-security-policy").contains("script-src 'self'"));
}
