//! The program as a process: how it starts, refuses to start, stops, and what a kill leaves.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use harness::process::Ended;
use harness::{Installation, Person, in_each_installation};
use serde_json::{Value, json};

pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_chatroom_under_test");

in_each_installation! {
    PROGRAM;
    what_was_acknowledged_survives_twenty_kills,
    a_signal_stops_it_cleanly,
    the_first_start_makes_what_is_missing,
    a_setting_that_is_wrong_is_named_in_one_line,
    a_database_of_a_newer_version_is_left_alone,
    its_other_commands_do_what_they_say,
}

/// Checks that a process refused to run, in one line of its own that says all of this.
pub(crate) fn assert_refused(ended: &Ended, code: i32, says: &[&str]) {
    assert_eq!(ended.code, Some(code), "{ended:#?}");
    let own: Vec<&String> = ended.lines.iter().filter(|line| line.starts_with("chatroom: ")).collect();
    let [line] = own.as_slice() else { panic!("one line was expected: {ended:#?}") };
    for part in says {
        assert!(line.contains(part), "{part:?} in {line:?}");
    }
    let all = ended.lines.join("\n");
    assert!(!all.contains("panicked") && !all.contains("geheim"), "{all}");
}

/// What one client knows of its own messages: by the name that it gave each, the message if it was acknowledged.
#[derive(Default)]
struct Outbox(BTreeMap<String, Option<Value>>);

impl Outbox {
    /// Sends again what was never acknowledged, as a client does when it comes back.
    async fn send_again(&mut self, person: &Person, room: &str) {
        for (name, message) in self.0.iter_mut().filter(|(_, message)| message.is_none()) {
            let body = json!({ "content": name, "client_msg_id": name });
            *message = Some(person.send_message(room, &body).await.ok());
        }
    }

    /// Sends `count` messages at once and leaves as soon as `enough` of them were acknowledged.
    async fn send_until(
        &mut self,
        socket: &harness::Socket,
        (room, round): (&str, usize),
        (count, enough): (usize, usize),
        kill: impl AsyncFnOnce(),
    ) {
        let mut sends: FuturesUnordered<_> = (0..count)
            .map(|n| {
                let name = format!("第 {round} 回第 {n} 句");
                let event = json!({ "chatroom_id": room, "content": name, "client_msg_id": name });
                let answer = socket.attempt("send_message", event);
                async move { (name, answer.await) }
            })
            .collect();
        for _ in 0..enough {
            let (name, answer) = sends.next().await.unwrap();
            self.0.insert(name, answer.map(|answer| answer["message"].clone()));
        }
        kill().await;
        while let Some((name, answer)) = sends.next().await {
            self.0.insert(name, answer.map(|answer| answer["message"].clone()));
        }
    }
}

/// Checks the whole room: everything acknowledged is there as it was acknowledged, nothing twice, no gap.
async fn assert_whole(person: &Person, room: &str, outbox: &Outbox) {
    let mut stored = Vec::new();
    let mut query = "limit=200".to_owned();
    loop {
        let page = person.read_page(room, &query).await;
        let Some(oldest) = page.first() else { break };
        query = format!("limit=200&before_id={}", oldest["message_id"]);
        stored.splice(0..0, page);
    }
    let seqs: Vec<i64> = stored.iter().filter_map(|message| message["seq"].as_i64()).collect();
    assert_eq!(seqs, (1..=i64::try_from(stored.len()).unwrap()).collect::<Vec<_>>());
    let by_name: BTreeMap<&str, &Value> =
        stored.iter().map(|message| (message["client_msg_id"].as_str().unwrap(), message)).collect();
    assert_eq!(by_name.len(), stored.len(), "none is there twice");
    for (name, acknowledged) in outbox.0.iter().filter_map(|(name, message)| Some((name, message.as_ref()?)))
    {
        let found = by_name.get(name.as_str()).unwrap_or_else(|| panic!("{name} was acknowledged and lost"));
        for key in ["message_id", "seq", "content", "timestamp"] {
            assert_eq!(found[key], acknowledged[key], "{name} {key}");
        }
    }
}

async fn what_was_acknowledged_survives_twenty_kills(installation: &Installation) {
    let mut server = installation.start().await;
    let (mut alice, ming) =
        (Person::join(&server.anon(), "愛麗絲").await, Person::join(&server.anon(), "小明").await);
    alice.befriend(&ming).await;
    let room = alice.open_room(&ming).await;
    let mut outbox = Outbox::default();
    for round in 0..20 {
        let socket = alice.socket().await;
        // From before the first acknowledgement to after the last one.
        let enough = round * 30 / 19;
        outbox.send_until(&socket, (&room, round), (30, enough), async || drop(server.kill().await)).await;
        server = installation.start().await;
        // The key is kept, so a token outlives the process.
        alice = alice.moved_to(server.origin());
        assert_whole(&alice, &room, &outbox).await;
        outbox.send_again(&alice, &room).await;
    }
    assert_eq!(outbox.0.len(), 600);
    assert_whole(&alice, &room, &outbox).await;
    assert_eq!(alice.room(&room).await["last_seq"], 600);
    server.signal("TERM").await;
}

async fn a_signal_stops_it_cleanly(installation: &Installation) {
    for name in ["TERM", "INT"] {
        let server = installation.start().await;
        let (alice, ming) = (
            Person::join(&server.anon(), &format!("愛麗絲{name}")).await,
            Person::join(&server.anon(), &format!("小明{name}")).await,
        );
        alice.befriend(&ming).await;
        let room = alice.open_room(&ming).await;
        let socket = alice.socket().await;
        let sends = (0..20).map(|n| {
            socket.attempt("send_message", json!({ "chatroom_id": room, "content": n.to_string() }))
        });
        let sends: Vec<_> = sends.collect();
        let ended = server.signal(name).await;
        assert_eq!(ended.code, Some(0), "{ended:#?}");
        assert!(
            !ended.lines.iter().any(|line| line.contains("panicked") || line.contains("ERROR")),
            "{ended:#?}"
        );
        socket.closed().await;
        let answers = futures_util::future::join_all(sends).await;
        let acknowledged = answers.iter().flatten().filter(|answer| answer["ok"] == true).count();

        let server = installation.start().await;
        let stored = ming.moved_to(server.origin()).texts(&room).await;
        assert!(stored.len() >= acknowledged, "{acknowledged} were acknowledged: {stored:?}");
        assert_eq!(stored, (0..stored.len()).map(|n| n.to_string()).collect::<Vec<_>>());
        server.signal("TERM").await;
    }
}

async fn the_first_start_makes_what_is_missing(installation: &Installation) {
    assert!(!installation.data().exists());
    let server = installation.start().await;
    let key = installation.data().join("secret.key");
    assert_eq!(fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    let kept = fs::read(&key).unwrap();
    server.anon().get("/readyz").await.is(200);
    let alice = Person::join(&server.anon(), "愛麗絲").await;
    server.signal("TERM").await;

    let server = installation.start().await;
    assert_eq!(fs::read(&key).unwrap(), kept);
    let alice = alice.moved_to(server.origin());
    assert_eq!(alice.get("/user/me").await.ok()["user_id"], alice.id);
    // With another key nothing that was signed before is believed.
    server.signal("TERM").await;
    fs::remove_file(&key).unwrap();
    let server = installation.start().await;
    alice.moved_to(server.origin()).get("/user/me").await.unauthorized("Could not validate credentials");
    alice.moved_to(server.origin()).elsewhere().await;
    server.signal("TERM").await;
}

async fn a_setting_that_is_wrong_is_named_in_one_line(installation: &Installation) {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    fs::write(installation.folder().join("file"), "").unwrap();
    for (changes, code, says) in [
        (
            ("CHATROOM__LIMITS__TEXT_MAKS", "5"),
            2,
            &["CHATROOM__LIMITS__TEXT_MAKS", "CHATROOM__LIMITS__TEXT_MAX"][..],
        ),
        (("PORT", "eighty"), 2, &["port"]),
        (("PORT", "70000"), 2, &["port"]),
        (("PUBLIC_URL", "chat.example"), 2, &["PUBLIC_URL", "https://"]),
        (("SECRET_KEY_FILE", "/nowhere"), 2, &["SECRET_KEY_FILE", "/nowhere"]),
        (("SECRET_KEY", "geheim"), 1, &["SECRET_KEY", "32"]),
        (("PORT", port.as_str()), 1, &["cannot listen", port.as_str(), "PORT"]),
        (("HOST", "no.such.host.invalid"), 1, &["no.such.host.invalid"]),
        (("DATA_DIR", "file"), 1, &["DATA_DIR", "file"]),
        (("DATABASE_URL", "postgres://u:geheim@h/d"), 1, &["database", "mysql://", "sqlite:"]),
        (("DATABASE_URL", "chatroom.db"), 1, &["database"]),
        (("DATABASE_URL", "sqlite:/nowhere/at/all/chatroom.db"), 1, &["database", "/nowhere/at/all"]),
        (("DATABASE_URL", "mysql://u:geheim@127.0.0.1:1/d"), 1, &["database", "127.0.0.1:1"]),
    ] {
        assert_refused(&installation.end(&[], &[changes]).await, code, says);
    }
    for (file, says) in [
        ("prot = 1\n", &["chatroom.toml", "prot", "`port`"][..]),
        ("[limits]\ntext_maks = 1\n", &["chatroom.toml", "limits.text_maks", "text_max"]),
        ("port = \"eighty\"\n", &["port"]),
        ("port = \n", &["chatroom.toml"]),
    ] {
        fs::write(installation.folder().join("chatroom.toml"), file).unwrap();
        assert_refused(&installation.end(&[], &[("PORT", "")]).await, 2, says);
    }
}

async fn a_database_of_a_newer_version_is_left_alone(installation: &Installation) {
    let server = installation.start().await;
    server.signal("TERM").await;
    let newer = "INSERT INTO __diesel_schema_migrations (version) VALUES ('99991231000001')";
    crate::migrations::execute(installation.database_url(), newer);
    for arguments in [&[][..], &["serve"], &["migrate"]] {
        assert_refused(&installation.end(arguments, &[]).await, 1, &["newer Chatroom", "99991231000001"]);
    }
}

async fn its_other_commands_do_what_they_say(installation: &Installation) {
    let migrated = installation.end(&["migrate"], &[]).await;
    assert_eq!(
        (migrated.code, migrated.lines.iter().any(|line| line.starts_with("Migrated: "))),
        (Some(0), true),
        "{migrated:#?}"
    );
    let again = installation.end(&["migrate"], &[]).await;
    assert_eq!(
        (again.code, again.lines.last().map(String::as_str)),
        (Some(0), Some("The database has this version's schema already."))
    );
    let secrets =
        [("SECRET_KEY", "geheim-geheim-geheim-geheim-geheim"), ("CHATROOM__AUTH__PEPPER", "geheim")];
    let shown = installation.end(&["config"], &secrets).await;
    let text = shown.lines.join("\n");
    assert_eq!(shown.code, Some(0), "{text}");
    assert!(text.contains("secret_key") && text.contains("***") && !text.contains("geheim"), "{text}");

    let server = installation.start().await;
    let port = server.origin().rsplit(':').next().unwrap().to_owned();
    let healthy = installation.end(&["health"], &[("PORT", &port)]).await;
    assert_eq!((healthy.code, healthy.lines), (Some(0), vec!["ready".to_owned()]));
    server.signal("TERM").await;
    let dead = installation.end(&["health"], &[("PORT", &port)]).await;
    assert_eq!(dead.code, Some(1), "{dead:#?}");
    assert_eq!(installation.end(&["dance"], &[]).await.code, Some(2));
    let version = installation.end(&["--version"], &[]).await;
    assert!(version.code == Some(0) && version.lines[0].starts_with("chatroom "), "{version:#?}");
}
