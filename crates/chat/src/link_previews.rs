//! Previews of links: pages that messages link to are fetched, and say what they are.
//!
//! The previews follow the event log, one server at a time. A preview is a hint: a page is fetched once, and what was under
//! way when a server stops gets none.

use std::collections::HashMap;
use std::time::Duration;

use auth::secret::fingerprint;
use domain::event_table::LogEntry;
use domain::link_preview::{LinkPreview, first_link};
use domain::message::MessageSeq;
use futures_util::{StreamExt as _, stream};
use outbound::Client;
use persistence::error::Error as Stored;
use persistence::{link_previews, log, revisions};
use tokio::task::spawn_blocking;

use crate::context::Chat;
use crate::error::Error;
use crate::log::{publish, record};
use crate::measurements::Counts;

mod page;

/// How many entries of the log are taken at once.
const PAGE: i64 = 500;

/// How many entries of the log may wait; of those before them none gets a preview.
const WAITING_MAX: i64 = 10_000;

/// After this long a message that has no preview gets none any more: previews were off, or too many wait.
const LATE: Duration = Duration::from_mins(10);

/// How many pages are fetched at once.
const AT_ONCE: usize = 16;

/// How long it is kept what a page says, or that it says nothing.
const KEPT: Duration = Duration::from_hours(24);

/// A message and the first link of its text.
struct LinkedMessage {
    at: MessageSeq,
    /// The link as it is in the text.
    link: String,
    /// Its address, as browsers write it.
    url: String,
}

/// Makes previews for what has been written since the last time, if links have any; returns whether there may be more.
pub async fn make_new(chat: &Chat) -> Result<bool, Error> {
    let Some(client) = &chat.previews else { return Ok(false) };
    let since = chat.now().before(LATE);
    let read = chat.db.read(move |conn| {
        let (position, head) = (link_previews::position(conn)?, log::head(conn)?.position);
        if position >= head {
            return Ok(None);
        }
        let rows = log::after(conn, position.max(head - WAITING_MAX), PAGE)?;
        let Some(last) = rows.last() else { return Ok(None) };
        let mut changed: Vec<MessageSeq> = rows.iter().filter_map(|row| written(row.entry)).collect();
        changed.sort_unstable();
        changed.dedup();
        Ok::<_, Stored>(Some((position, last.position, link_previews::texts(conn, &changed, since)?)))
    });
    let Some((from, to, texts)) = read.await? else { return Ok(false) };
    // Another server that has moved the position makes them.
    if chat.db.transaction(move |conn| link_previews::advance(conn, from, to)).await? {
        let pages = by_page(chat, client, texts);
        let preview = |(page, linked)| preview(chat, client, page, linked);
        stream::iter(pages).for_each_concurrent(AT_ONCE, preview).await;
    }
    Ok(true)
}

/// Returns the message whose text an entry is about.
fn written(entry: LogEntry) -> Option<MessageSeq> {
    match entry {
        LogEntry::MessageSent { .. } | LogEntry::MessageEdited { .. } => entry.message(),
        _ => None,
    }
}

/// Returns the messages that have links by the page that the first one leads to; parts of a page are one page.
fn by_page(
    chat: &Chat,
    client: &Client,
    texts: Vec<(MessageSeq, String)>,
) -> HashMap<String, Vec<LinkedMessage>> {
    let mut pages: HashMap<String, Vec<LinkedMessage>> = HashMap::new();
    for (at, text) in texts {
        let Some(link) = first_link(&text) else { continue };
        let Ok(mut url) = client.check(link) else {
            chat.counts.link_previews_failed.add();
            continue;
        };
        let message = LinkedMessage { at, link: link.to_owned(), url: url.to_string() };
        url.set_fragment(None);
        if message.url.len() <= LinkPreview::URL_MAX {
            pages.entry(url.into()).or_default().push(message);
        }
    }
    pages
}

/// Gives messages the preview of the page that they link to.
async fn preview(chat: &Chat, client: &Client, page: String, linked: Vec<LinkedMessage>) {
    if let Err(error) = try_preview(chat, client, page, linked).await {
        tracing::warn!(%error, "messages stay without the preview of their link");
    }
}

async fn try_preview(
    chat: &Chat,
    client: &Client,
    page: String,
    linked: Vec<LinkedMessage>,
) -> Result<(), Error> {
    let Some(found) = find_or_fetch(chat, client, page).await? else { return Ok(()) };
    for LinkedMessage { at, link, url } in linked {
        attach(chat, at, link, LinkPreview { url, ..found.clone() }).await?;
    }
    Ok(())
}

/// Returns what a page says, as it was kept or fetched now.
async fn find_or_fetch(chat: &Chat, client: &Client, page: String) -> Result<Option<LinkPreview>, Error> {
    let (hash, now) = (fingerprint(&[&page]), chat.now());
    let (url, key) = (page.clone(), hash.clone());
    let find = move |conn: &mut _| link_previews::find(conn, (&url, &key), now.before(KEPT));
    if let Some(kept) = chat.db.read(find).await? {
        return Ok(kept);
    }
    let fetched = fetch(chat, client, page).await;
    let kept = fetched.clone();
    chat.db.transaction(move |conn| link_previews::put(conn, &hash, kept.as_ref(), now)).await?;
    Ok(fetched)
}

async fn fetch(chat: &Chat, client: &Client, url: String) -> Option<LinkPreview> {
    let page = client.page(&url).await;
    let page = page.inspect_err(|error| tracing::debug!(%error, "a page was not fetched")).ok();
    // Reading half a megabyte of HTML would hold up what shares this thread.
    let read = page.map(|page| spawn_blocking(move || page::preview(url, &page)));
    let preview = match read {
        Some(read) => read.await.ok().flatten(),
        None => None,
    };
    let Counts { link_previews_made: made, link_previews_failed: failed, .. } = &chat.counts;
    let outcome = if preview.is_some() { made } else { failed };
    outcome.add();
    preview
}

/// Gives a message a preview, if it still links to the page.
async fn attach(chat: &Chat, at: MessageSeq, link: String, preview: LinkPreview) -> Result<(), Error> {
    let now = chat.now();
    let attached = chat.db.transaction(move |conn| {
        let locked = match revisions::lock_at(conn, at) {
            // Its room is no more.
            Err(Stored::NotFound) => return Ok(Vec::new()),
            locked => locked?,
        };
        let changed = link_previews::attach(conn, &locked, (&link, &preview), now)?;
        let entry = LogEntry::MessagePreviewed { room: at.room, seq: at.seq };
        record(conn, changed.then_some(entry).as_slice())
    });
    publish(chat, attached.await?, None).await;
    Ok(())
}

/// Forgets pages that were fetched too long ago.
pub async fn prune(chat: &Chat) -> Result<(), Error> {
    let before = chat.now().before(KEPT);
    chat.db.transaction(move |conn| Ok(link_previews::remove_before(conn, before)?)).await
}
