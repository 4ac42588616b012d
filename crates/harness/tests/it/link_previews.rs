//! Previews of links: made by the server from the page behind the first link of a text, where the operator lets it.

use harness::deadline::within;
use harness::people::{list, path_of, text};
use harness::socket::split_position;
use harness::{EventStream, Person, Receiver, Socket, Stack, on_each_database};
use serde_json::{Value, json};

use crate::bots::{bot, program};
use crate::incoming_webhooks::webhook;
use crate::metrics::value;
use crate::sessions::seconds_after;

/// How much of a page is read.
const PAGE_MAX: usize = 512 * 1024;

on_each_database! {
    a_link_gets_a_preview_that_all_receive where super::local,
    without_the_setting_nothing_is_fetched where |config| {
        super::local(config);
        (config.previews.enabled, config.outbound.private_networks) = (false, true);
    },
    a_private_address_is_not_asked where |config| {
        super::local(config);
        // Where webhooks may go is another setting.
        (config.previews.private_networks, config.outbound.private_networks) = (false, true);
    },
    three_redirects_are_followed_and_each_is_checked where super::local,
    what_says_nothing_of_itself_gets_none where super::local,
    of_a_long_page_the_beginning_counts where super::local,
    what_a_page_says_is_plain_text where super::local,
    a_page_is_fetched_once_a_day where super::local,
    an_edited_message_has_the_preview_of_its_link where super::local,
    a_message_that_changed_meanwhile_gets_none where super::local,
    a_forwarded_message_gets_one_of_its_own where super::local,
    messages_of_programs_get_one where super::local,
    what_a_message_has_beside_its_text_stays where super::local,
    nobody_else_receives_it where super::local,
}

fn local(config: &mut gateway::config::Config) {
    config.previews.enabled = true;
    config.previews.private_networks = true;
    config.metrics.address = Some("127.0.0.1:0".parse().unwrap());
}

/// A server of pages with one at `/page`, whose title is that.
async fn pages() -> Receiver {
    let pages = Receiver::start().await;
    pages.serve_page("/page", "<title>頁</title>");
    pages
}

async fn counted(stack: &Stack, outcome: &str) -> u64 {
    value(stack, &format!("chatroom_link_previews_total{{outcome=\"{outcome}\"}}")).await
}

/// Waits until so many pages were not there, or said nothing.
async fn failed(stack: &Stack, number: u64) {
    within("previews that fail", async { while counted(stack, "failed").await < number {} }).await;
}

/// Says a text, and waits for the preview of its link; returns the message with it.
async fn preview_of(person: &Person, room: &str, content: &str) -> Value {
    let socket = person.socket().await;
    let said = person.say(room, content).await;
    previewed(&socket, &said).await;
    person.look(&said).await.unwrap()
}

/// Waits for the event of a message's preview; returns it.
async fn previewed(socket: &Socket, message: &Value) -> Value {
    let mut events = socket.listen_from_start("message_previewed");
    within("a preview", async {
        loop {
            let event = events.next().await;
            if event["message_id"] == message["message_id"] {
                return event;
            }
        }
    })
    .await
}

/// Waits until all that was written before has got its previews: the messages after it get theirs later.
async fn all_done(person: &Person, room: &str, pages: &Receiver) {
    pages.serve_page("/last", "<title>最後</title>");
    preview_of(person, room, &pages.url("/last")).await;
}

/// Returns the previews of a message that somebody was sent since.
async fn sent_since(person: &Person, cursor: &str, message: &Value) -> Vec<Value> {
    let events = list(&person.get(&format!("/sync?since={cursor}")).await.ok()["events"]);
    let of_message = events.into_iter().filter(|event| {
        event["event"] == "message_previewed" && event["data"]["message_id"] == message["message_id"]
    });
    of_message.map(|event| event["data"]["preview"].clone()).collect()
}

async fn cursor(person: &Person) -> String {
    text(&person.get("/sync").await.ok()["cursor"])
}

async fn a_link_gets_a_preview_that_all_receive(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let pages = Receiver::start().await;
    let head = "<meta property='og:title' content='標題'><meta name=description content='說明'>\
        <meta property='og:site_name' content='網站'><meta property='og:image' content='/picture.png'>";
    pages
        .serve_page("/a?b=c", &format!("<html><head><title>不是</title>{head}</head><body>文</body></html>"));
    let since = cursor(&ming).await;
    let (hers, theirs, inside) = (alice.socket().await, ming.socket().await, ming.socket_in(&room).await);
    let url = pages.url("/a?b=c#部分");
    let said = alice.say(&room, &format!("看{url}，和 {}", pages.url("/page"))).await;
    assert!(said.get("preview").is_none(), "{said}");
    let href = pages.url("/a?b=c#%E9%83%A8%E5%88%86");
    let preview = json!({ "url": href, "title": "標題", "description": "說明", "site_name": "網站" });
    let expected = json!({
        "chatroom_id": room, "message_id": said["message_id"], "seq": said["seq"], "preview": preview,
    });
    for socket in [&hers, &theirs, &inside] {
        let (_, event) = split_position(previewed(socket, &said).await);
        assert_eq!(event, expected);
    }
    for person in [&alice, &ming] {
        assert_eq!(person.look(&said).await.unwrap()["preview"], preview);
        assert_eq!(person.room(&room).await["last_message"]["preview"], preview);
    }
    assert_eq!(sent_since(&ming, &since, &said).await, [preview]);
    let asked = pages.next().await;
    assert_eq!((asked.asked.as_str(), asked.header("accept")), ("GET /a?b=c", "text/html"));
    for header in ["cookie", "authorization", "referer"] {
        assert_eq!(asked.header(header), "");
    }
    assert!(pages.rest().await.is_empty(), "nothing but the page of the first link");
    assert_eq!((counted(stack, "made").await, counted(stack, "failed").await), (1, 0));
}

async fn without_the_setting_nothing_is_fetched(stack: &Stack) {
    let ([alice, ming, _], room) = stack.group().await;
    let (pages, bot) = (pages().await, bot(&alice, "helper").await);
    alice.post_json(&format!("/chatrooms/{room}/participants"), &json!({ "members_id": [bot] })).await.ok();
    let hook = json!({ "url": pages.url("/hook"), "events": ["message_reacted"] });
    alice.post_json(&format!("/bots/{bot}/webhooks"), &hook).await.is(201);
    let said = ming.say(&room, &pages.url("/page")).await;
    ming.react(&said, "👍").await.ok();
    // What follows the log has come beyond the link.
    assert_eq!(pages.next().await.asked, "POST /hook");
    assert!(pages.rest().await.is_empty());
    assert!(ming.look(&said).await.unwrap().get("preview").is_none());
    assert_eq!((counted(stack, "made").await, counted(stack, "failed").await), (0, 0));
}

async fn a_private_address_is_not_asked(stack: &Stack) {
    let (alice, _, room) = stack.pair().await;
    let pages = pages().await;
    let port = pages.url("/page").rsplit_once(':').unwrap().1.to_owned();
    let addresses =
        ["127.0.0.1", "127.1", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]", "169.254.169.254", "10.0.0.1"];
    for (number, address) in (1..).zip(addresses) {
        let said = alice.say(&room, &format!("http://{address}:{port}")).await;
        failed(stack, number).await;
        assert!(alice.look(&said).await.unwrap().get("preview").is_none(), "{address}");
    }
    assert!(pages.rest().await.is_empty());
}

async fn three_redirects_are_followed_and_each_is_checked(stack: &Stack) {
    let (alice, _, room) = stack.pair().await;
    let pages = pages().await;
    let (inside, elsewhere) = (pages.url("/3"), "http://169.254.169.254/latest/meta-data");
    for (path, location) in
        [("/0", "/1"), ("/1", "2"), ("/2", inside.as_str()), ("/3", "/page"), ("/cloud", elsewhere)]
    {
        pages.serve(path, &format!("302 Found\r\nLocation: {location}"), "");
    }
    let said = preview_of(&alice, &room, &pages.url("/1")).await;
    let preview = json!({ "url": pages.url("/1"), "title": "頁" });
    assert_eq!(said["preview"], preview, "the link is shown as it was sent");
    for (number, path) in (1..).zip(["/0", "/cloud"]) {
        let said = alice.say(&room, &pages.url(path)).await;
        failed(stack, number).await;
        all_done(&alice, &room, &pages).await;
        assert!(alice.look(&said).await.unwrap().get("preview").is_none(), "{path}");
    }
}

async fn what_says_nothing_of_itself_gets_none(stack: &Stack) {
    let (alice, _, room) = stack.pair().await;
    let pages = pages().await;
    pages.serve("/text", "200 OK\r\nContent-Type: text/plain", "<title>頁</title>");
    pages.serve("/untyped", "200 OK", "<title>頁</title>");
    pages.serve("/missing", "404 Not Found\r\nContent-Type: text/html", "<title>沒有</title>");
    pages.serve_page("/untitled", "<title> \n</title><meta name=description content=說明>");
    // A first part that no other follows.
    let parts = "200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked";
    pages.serve("/slow", parts, "12\r\n<title>頁</title>\r\n");
    let links = ["/text", "/untyped", "/missing", "/untitled", "/slow"].map(|path| pages.url(path));
    let nobody = "http://127.0.0.1:1/".to_owned();
    let mut said = Vec::new();
    for link in links.iter().chain([&nobody]) {
        said.push(alice.say(&room, link).await);
    }
    failed(stack, 6).await;
    all_done(&alice, &room, &pages).await;
    for message in said {
        let seen = alice.look(&message).await.unwrap();
        assert!(seen.get("preview").is_none(), "{seen}");
    }
}

async fn of_a_long_page_the_beginning_counts(stack: &Stack) {
    let (alice, _, room) = stack.pair().await;
    let pages = pages().await;
    let title = "<title>頁</title>";
    let page = |before: usize| format!("{}{title}{}", " ".repeat(before), " ".repeat(1024));
    pages.serve_page("/within", &page(PAGE_MAX - title.len()));
    pages.serve_page("/beyond", &page(PAGE_MAX - "<title>".len()));
    let cut = preview_of(&alice, &room, &pages.url("/within")).await;
    assert_eq!(cut["preview"]["title"], "頁");
    let beyond = alice.say(&room, &pages.url("/beyond")).await;
    failed(stack, 1).await;
    all_done(&alice, &room, &pages).await;
    assert!(alice.look(&beyond).await.unwrap().get("preview").is_none());
}

async fn what_a_page_says_is_plain_text(stack: &Stack) {
    let (alice, _, room) = stack.pair().await;
    let pages = pages().await;
    let long = "長".repeat(1_000);
    pages.serve_page(
        "/page",
        &format!(
            "<title>\u{1}<script>alert(1)</script>\r\n&lt;b&gt;\u{202E}題</title>\
             <meta name=description content='{long}'>"
        ),
    );
    let preview = preview_of(&alice, &room, &pages.url("/page")).await["preview"].clone();
    assert_eq!(preview["title"], "<script>alert(1)</script> <b>題");
    assert_eq!(preview["description"], format!("{}…", "長".repeat(400)));
}

async fn a_page_is_fetched_once_a_day(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let pages = pages().await;
    let other = alice.open_group(&[&ming, &stack.person("阿美").await], "別處").await;
    preview_of(&alice, &room, &pages.url("/page")).await;
    pages.serve_page("/page", "<title>新的</title>");
    let again = preview_of(&ming, &other, &pages.url("/page#x")).await;
    assert_eq!(again["preview"], json!({ "url": pages.url("/page#x"), "title": "頁" }));
    for _ in 0..2 {
        alice.say(&room, &pages.url("/none")).await;
        failed(stack, 1).await;
        all_done(&alice, &room, &pages).await;
    }
    let asked: Vec<String> = pages.rest().await.into_iter().map(|request| request.asked).collect();
    assert_eq!(asked.iter().filter(|asked| *asked == "GET /page").count(), 1, "{asked:?}");
    assert_eq!(
        asked.iter().filter(|asked| *asked == "GET /none").count(),
        1,
        "failures are kept too: {asked:?}"
    );
    stack.clock().set(seconds_after(stack.clock().now(), 24 * 3_600 + 1));
    let later = Person::sign_in_again(&stack.anon(), &alice.name).await;
    let renewed = preview_of(&later, &room, &pages.url("/page")).await;
    assert_eq!(renewed["preview"]["title"], "新的");
}

async fn an_edited_message_has_the_preview_of_its_link(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let pages = pages().await;
    pages.serve_page("/other", "<title>另一頁</title>");
    let theirs = ming.socket().await;
    let said = preview_of(&alice, &room, &pages.url("/page")).await;
    let since = cursor(&ming).await;
    let same = alice.edit(&said, &format!("請看 {}", pages.url("/page"))).await.ok();
    assert_eq!(same["preview"], said["preview"], "its link is the same");
    all_done(&alice, &room, &pages).await;
    assert_eq!(sent_since(&ming, &since, &said).await, [Value::Null; 0]);
    let (_, first) = split_position(previewed(&theirs, &said).await);
    assert_eq!(first["preview"]["title"], "頁");
    let mut updates = theirs.listen("message_previewed");
    let other = alice.edit(&said, &pages.url("/other")).await.ok();
    assert!(other.get("preview").is_none(), "{other}");
    assert_eq!(previewed_again(&mut updates, &said).await["title"], "另一頁");
    let without = alice.edit(&said, "沒有連結").await.ok();
    assert!(without.get("preview").is_none(), "{without}");
    all_done(&alice, &room, &pages).await;
    let seen = ming.look(&said).await.unwrap();
    assert!(seen.get("preview").is_none(), "{seen}");
    assert_eq!(sent_since(&ming, &since, &said).await, [Value::Null], "as the message is by now");
    alice.edit(&said, &pages.url("/page")).await.ok();
    assert_eq!(previewed_again(&mut updates, &said).await["title"], "頁");
    assert!(alice.unsend(&said).await.ok().get("preview").is_none());
    assert!(ming.look(&said).await.unwrap().get("preview").is_none());
}

/// Waits for the next preview of a message.
async fn previewed_again(events: &mut EventStream, message: &Value) -> Value {
    loop {
        let event = events.next().await;
        if event["message_id"] == message["message_id"] {
            return event["preview"].clone();
        }
    }
}

async fn a_message_that_changed_meanwhile_gets_none(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let group = alice.open_group(&[&ming, &stack.person("阿美").await], "三人行").await;
    let pages = pages().await;
    alice.update_group(&group, &json!({ "disappear_after": 300 })).await.ok();
    let since = cursor(&ming).await;
    pages.hold(true);
    let link = pages.url("/page");
    let edited = alice.say(&group, &link).await;
    let unsent = alice.say(&group, &link).await;
    let gone = alice.say(&group, &link).await;
    let closed = alice.say(&room, &link).await;
    assert_eq!(pages.next().await.asked, "GET /page");
    alice.edit(&edited, "改了").await.is(200);
    alice.unsend(&unsent).await.is(200);
    stack.clock().set(seconds_after(stack.clock().now(), 301));
    alice.put(&format!("/friends/blocks/{}", ming.id)).await.is(200);
    pages.hold(false);
    all_done(&alice, &group, &pages).await;
    for message in [edited, unsent, gone, closed] {
        assert_eq!(sent_since(&ming, &since, &message).await, [Value::Null; 0], "{message}");
        let seen = alice.look(&message).await.unwrap_or_default();
        assert!(seen.get("preview").is_none(), "{seen}");
    }
}

async fn a_forwarded_message_gets_one_of_its_own(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let pages = pages().await;
    let other = ming.open_group(&[&alice, &stack.person("阿美").await], "別處").await;
    let said = preview_of(&alice, &room, &pages.url("/page")).await;
    let socket = ming.socket().await;
    let reference = json!({ "chatroom_id": room, "message_id": said["message_id"] });
    let forwarded = ming.send_message(&other, &json!({ "forwarded_from": reference })).await.ok();
    assert!(forwarded.get("preview").is_none(), "{forwarded}");
    assert_eq!(previewed(&socket, &forwarded).await["preview"], said["preview"]);
    assert_eq!(pages.rest().await.len(), 1);
}

async fn messages_of_programs_get_one(stack: &Stack) {
    let ([alice, ming, _], room) = stack.group().await;
    let (pages, socket) = (pages().await, ming.socket().await);
    let hook = webhook(&alice, &room).await;
    stack.anon().post_json(&text(&hook["url"]), &json!({ "text": pages.url("/page") })).await.is(200);
    let of_hook = socket.first("new_message").await["message"].clone();
    assert_eq!(previewed(&socket, &of_hook).await["preview"]["title"], "頁");
    let bot = bot(&alice, "helper").await;
    alice.post_json(&format!("/chatrooms/{room}/participants"), &json!({ "members_id": [bot] })).await.ok();
    let program = program(&alice, bot, &["messages:write"]).await;
    let message = json!({ "content": pages.url("/page") });
    let of_bot = program.post_json(&format!("/chatrooms/{room}/messages"), &message).await.ok();
    assert_eq!(previewed(&socket, &of_bot).await["preview"]["title"], "頁");
}

async fn what_a_message_has_beside_its_text_stays(stack: &Stack) {
    let (alice, ming, room) = stack.pair().await;
    let (pages, socket) = (pages().await, ming.socket().await);
    let link = pages.url("/page");
    let mention = json!({ "user_id": ming.id, "start": 0, "length": 1 });
    let message = json!({ "content": format!("明 {link}"), "mentions": [mention], "silent": true });
    let said = alice.send_message(&room, &message).await.ok();
    previewed(&socket, &said).await;
    let seen = alice.look(&said).await.unwrap();
    assert_eq!((&seen["mentions"], &seen["silent"]), (&said["mentions"], &json!(true)));
    let changes = json!({ "content": format!("換 {link}"), "mentions": [] });
    let edited = alice.patch(&path_of(&said), &changes).await.ok();
    assert_eq!((edited.get("mentions"), &edited["preview"]["title"]), (None, &json!("頁")));
}

async fn nobody_else_receives_it(stack: &Stack) {
    let ([alice, ming, carol], room) = stack.group().await;
    let stranger = stack.person("陌生人").await;
    let pages = pages().await;
    let since = cursor(&carol).await;
    let sockets = [stranger.socket().await, carol.socket().await, ming.socket().await];
    pages.hold(true);
    let said = alice.say(&room, &pages.url("/page")).await;
    assert_eq!(pages.next().await.asked, "GET /page");
    carol.leave_group(&room).await.is(204);
    ming.hide(&said).await.is(204);
    pages.hold(false);
    all_done(&alice, &room, &pages).await;
    // The last preview is the only one that Ming gets.
    let last = sockets[2].first("message_previewed").await;
    assert_ne!(last["message_id"], said["message_id"]);
    for socket in &sockets[..2] {
        assert_eq!(socket.received_of("message_previewed"), [Value::Null; 0]);
    }
    assert_eq!(sent_since(&carol, &since, &said).await, [Value::Null; 0]);
    assert_eq!(alice.look(&said).await.unwrap()["preview"]["title"], "頁");
}
