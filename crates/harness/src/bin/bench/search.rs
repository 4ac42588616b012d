//! Searches over a million messages, each compared with a plain scan of all texts.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use domain::id::RoomId;
use domain::search::{Query, folded};
use memchr::memmem::Finder;
use persistence::db::Db;
use serde_json::Value;

use crate::Failure;
use crate::corpus::Random;
use crate::ledger::Faults;
use crate::meter::float;
use crate::report::{Figures, per, rounded};
use crate::run::Stage;
use crate::seed::{self, Person, group, pair_room};

/// How many queries there are.
const QUERIES: usize = 200;
/// How many pages of a query are compared.
const PAGES: usize = 5;
/// The seeds of the texts and of the queries.
const SEEDS: (u64, u64) = (20_261_129, 1_129);

/// A message by its room and its number there.
type Place = (RoomId, i64);

/// Returns the rooms of the messages, in their order, and their texts; all but each tenth are in rooms of the first person.
fn messages(count: usize) -> impl Iterator<Item = (RoomId, String)> {
    let mut random = Random::new(SEEDS.0);
    (0..count).map(move |_| {
        let room = match random.below(10) {
            0..=5 => group(1_000),
            6..=7 => group(100),
            8 => pair_room(0),
            _ => pair_room(1 + random.place(40)),
        };
        (room, random.message())
    })
}

/// Writes the messages and indexes them.
pub(crate) async fn prepare(db: &Db, people: &[Person], count: usize) -> Result<(), Failure> {
    let began = Instant::now();
    let mut new = Vec::with_capacity(count);
    for (number, (room, text)) in messages(count).enumerate() {
        let pair = (0..41).find(|k| pair_room(*k) == room).unwrap_or_default();
        let sender = people.get(2 * pair + number % 2).ok_or("there are fewer --users than senders")?;
        new.push(seed::says(room, sender.id, &text)?);
    }
    seed::write(db, new).await?;
    let (written, began) = (began.elapsed(), Instant::now());
    while db.transaction(|conn| persistence::search::index(conn, 1_024)).await? > 0 {}
    let rate = float(u64::try_from(count)?) / began.elapsed().as_secs_f64();
    println!("{count} messages written in {:.0} s, and indexed at {rate:.0} a second", written.as_secs_f64());
    Ok(())
}

/// Searches and compares.
pub(crate) async fn compare(stage: &Stage<'_>, count: usize) -> Result<Figures, Failure> {
    let texts = readable(count);
    let (mut times, mut misses, mut found, mut pages) = (Vec::new(), 0, 0, 0);
    let http = harness::http::client().build()?;
    let before = stage.parties.cpu();
    for query in queries(&texts) {
        let expected = scan(&texts, &query);
        let (mut cursor, mut seen) = (None, Vec::new());
        for page in 0..PAGES {
            let (answer, time) = ask(stage, &http, &query, cursor).await?;
            if page == 0 {
                times.push(time);
            }
            pages += 1;
            seen.extend(places(&answer)?);
            cursor = answer.get("next_cursor").and_then(Value::as_i64);
            if cursor.is_none() {
                break;
            }
        }
        let wanted = if cursor.is_some() { expected.get(..seen.len()) } else { Some(expected.as_slice()) };
        if wanted != Some(&seen) {
            eprintln!("{query:?}: {} found of {}", seen.len(), expected.len());
            misses += 1;
        }
        found += u64::from(!expected.is_empty());
    }
    times.sort_unstable();
    let cpu = stage.parties.cpu() - before;
    let ms = |part: usize| times.get(times.len() * part / 100).map_or(0.0, |time| time.as_secs_f64() * 1e3);
    let (server, database) = (per(cpu.server, float(pages)), per(cpu.database, float(pages)));
    let line = format!(
        "{found} of {QUERIES} queries find some of {} messages | p50 {:.1} p95 {:.1} max {:.1} ms | server {server:.0} us/page, \
         database {database:.0} us/page | {misses} differ from a scan",
        texts.len(),
        ms(50),
        ms(95),
        times.last().map_or(0.0, |time| time.as_secs_f64() * 1e3),
    );
    let fields = serde_json::json!({
        "queries": QUERIES, "messages": count, "p50_ms": rounded(ms(50)), "p95_ms": rounded(ms(95)), "misses": misses,
        "server_us_per_page": rounded(server), "database_us_per_page": rounded(database),
    });
    Ok(Figures { line, fields, faults: Faults { lost: misses, ..Faults::default() } })
}

/// Returns the texts that the first person may read, folded, the newest first.
fn readable(count: usize) -> Vec<(Place, String)> {
    let mut seqs: HashMap<RoomId, i64> = HashMap::new();
    let placed = messages(count).map(|(room, text)| {
        let seq = seqs.entry(room).or_default();
        *seq += 1;
        ((room, *seq), folded(&text))
    });
    let rooms = [group(1_000), group(100), pair_room(0)];
    let mut texts: Vec<_> = placed.filter(|((room, _), _)| rooms.contains(room)).collect();
    texts.reverse();
    texts
}

/// Returns parts of texts, and each tenth time two parts of different texts in one, which few have.
fn queries(texts: &[(Place, String)]) -> Vec<String> {
    let mut random = Random::new(SEEDS.1);
    let mut queries = Vec::with_capacity(QUERIES);
    while queries.len() < QUERIES {
        let part = |random: &mut Random| {
            let text = texts.get(random.place(texts.len()));
            text.map(|(_, text)| random.part(text)).unwrap_or_default()
        };
        let mut query = part(&mut random);
        if queries.len() % 10 == 9 {
            query = query.chars().take(6).chain(part(&mut random).chars().take(6)).collect();
        }
        if Query::parse(&query).is_ok() {
            queries.push(query);
        }
    }
    queries
}

/// Finds the messages that have all terms by reading all texts.
fn scan(texts: &[(Place, String)], query: &str) -> Vec<Place> {
    let query = folded(query);
    let terms: Vec<Finder<'_>> = query.split_whitespace().map(Finder::new).collect();
    let has_all = |text: &str| terms.iter().all(|term| term.find(text.as_bytes()).is_some());
    texts.iter().filter(|(_, text)| has_all(text)).map(|(place, _)| *place).collect()
}

async fn ask(
    stage: &Stage<'_>,
    http: &reqwest::Client,
    query: &str,
    cursor: Option<i64>,
) -> Result<(Value, Duration), Failure> {
    let reader = stage.people.first().ok_or("nobody is there to search")?;
    let request = http.get(format!("http://{}/search", stage.address)).bearer_auth(&reader.token);
    let request = request.query(&[("q", query)]).query(&cursor.map(|cursor| ("cursor", cursor)).as_slice());
    let asked = Instant::now();
    let answer = request.send().await?.error_for_status()?.bytes().await?;
    let time = asked.elapsed();
    Ok((serde_json::from_slice(&answer)?, time))
}

fn places(answer: &Value) -> Result<Vec<Place>, Failure> {
    let place = |item: &Value| {
        let room = item.pointer("/message/chatroom_id")?.as_str()?.parse().ok()?;
        Some((room, item.pointer("/message/seq")?.as_i64()?))
    };
    let items = answer.get("items").and_then(Value::as_array).ok_or("an answer has no items")?;
    Ok(items.iter().map(place).collect::<Option<_>>().ok_or("an item is no message")?)
}
