use uuid::Uuid;

use super::*;
use crate::id::RoomId;

fn document(content: &str) -> Document {
    Document {
        id: MessageId(1),
        at: MessageSeq { room: RoomId(Uuid::from_u128(7)), seq: 1 },
        sender: UserId(1),
        kind: MessageKind::Text,
        timestamp: Time::parse("2026-11-29T12:00:00Z").unwrap(),
        content: Some(content.to_owned()),
        caption: None,
        file_name: None,
    }
}

fn search(query: &str) -> Search {
    let query = Query::parse(query).unwrap();
    Search {
        query,
        sender: None,
        kind: None,
        before: None,
        after: None,
        older_than: None,
        limit: Search::DEFAULT,
    }
}

/// The places of a query in a text, as start and length.
fn places_of(query: &str, text: &str) -> Option<Vec<(usize, usize)>> {
    let found = search(query).matches(&document(text))?;
    Some(found.into_iter().map(|place| (place.start, place.length)).collect())
}

#[test]
fn spellings_of_one_text_find_each_other() {
    for (query, text) in [
        ("台北", "臺北"),
        ("臺灣", "台湾"),
        ("头发", "頭髮"),
        ("裡面", "裏面"),
        ("CAFÉ", "cafe\u{301}"),
        ("ｒｕｓｔ", "Rust"),
        ("バス", "ﾊﾞｽ"),
        ("한국", "\u{1112}\u{1161}\u{11AB}\u{1100}\u{116E}\u{11A8}"),
        ("👨👩", "👨\u{200D}👩"),
        ("株式会社", "㍿"),
    ] {
        assert!(places_of(query, text).is_some(), "{query} in {text}");
        assert!(places_of(text, query).is_some(), "{text} in {query}");
    }
    for (query, text) in [("は", "ば"), ("王小明", "王小名"), ("cafe", "café"), ("臺", "抬")] {
        assert_eq!(places_of(query, text), None, "{query} in {text}");
    }
}

#[test]
fn places_are_in_code_points_of_the_text_as_it_was_sent() {
    assert_eq!(places_of("明天", "我們明天見，明天見"), Some(vec![(2, 2), (6, 2)]));
    assert_eq!(places_of("見", "😀cafe\u{301}見"), Some(vec![(6, 1)]));
    assert_eq!(places_of("é", "😀cafe\u{301}見"), Some(vec![(4, 2)]));
    assert_eq!(places_of("会社", "A㍿B"), Some(vec![(1, 1)]));
    assert_eq!(places_of("aa", "aaaaa"), Some(vec![(0, 2), (2, 2)]), "one after the other");
    assert_eq!(places_of("rust 語", "學 Rust 語言"), Some(vec![(2, 4), (7, 1)]));
    let many = places_of("哈", &"哈".repeat(Query::MATCHES_MAX + 1)).unwrap();
    assert_eq!(many.len(), Query::MATCHES_MAX);
}

#[test]
fn every_term_must_be_there() {
    assert!(places_of("車站 三點", "三點在車站見").is_some());
    assert_eq!(places_of("車站 四點", "三點在車站見"), None);
    let file = Document {
        kind: MessageKind::File,
        content: Some("/static/message/1.pdf".into()),
        caption: Some("這個月的報表".into()),
        file_name: Some("十一月.pdf".into()),
        ..document("")
    };
    let found = search("報表 pdf").matches(&file).unwrap();
    let fields: Vec<_> = found.iter().map(|place| (place.field, place.start)).collect();
    assert_eq!(fields, [(SearchedField::Caption, 4), (SearchedField::FileName, 4)]);
    assert_eq!(search("static").matches(&file), None, "an address is no text");
}

#[test]
fn a_query_is_held_to_both_edges() {
    assert!(Query::parse("字").is_ok());
    assert!(Query::parse(&"字".repeat(Query::MAX)).is_ok());
    assert_eq!(Query::parse(&"字".repeat(Query::MAX + 1)), Err(Invalid::TooLong(Query::MAX)));
    for empty in ["", " ", "\u{3000}\n", "\u{200B}"] {
        assert_eq!(Query::parse(empty), Err(Invalid::TooShort(1)), "{empty:?}");
    }
}

#[test]
fn the_filters_hold_at_their_edges() {
    let (document, asked) = (document("你好"), search("你好"));
    let (at, later) = (document.timestamp, document.timestamp.next());
    let finds = |search: Search| search.matches(&document).is_some();
    assert!(finds(Search { after: Some(at), before: Some(later), ..asked.clone() }));
    assert!(!finds(Search { after: Some(later), ..asked.clone() }));
    assert!(!finds(Search { before: Some(at), ..asked.clone() }));
    assert!(finds(Search { sender: Some(UserId(1)), kind: Some(MessageKind::Text), ..asked.clone() }));
    assert!(!finds(Search { sender: Some(UserId(2)), ..asked.clone() }));
    assert!(!finds(Search { kind: Some(MessageKind::Image), ..asked }));
}

#[test]
fn what_is_found_has_every_token_that_is_asked_for() {
    let texts = [
        "我們明天下午三點在 Starbucks 見，記得帶 iPhone15 充電器！",
        "a",
        "ab",
        "абв где",
        "한국어 공부",
        "東京タワー",
    ];
    for text in texts {
        let document = document(text);
        let has = document.tokens();
        let chars: Vec<char> = text.chars().collect();
        for start in 0..chars.len() {
            for end in start + 1..=chars.len().min(start + 12) {
                let part: String = chars[start..end].iter().collect();
                let Ok(query) = Query::parse(&part) else { continue };
                assert!(query.matches(&document).is_some(), "{part:?} in {text:?}");
                assert!(query.tokens().iter().all(|token| has.contains(token)), "{part:?} in {text:?}");
            }
        }
    }
}

#[test]
fn tokens_of_different_things_differ() {
    let user = |id| Token::of_sender(UserId(id));
    let room = Token::of_room(RoomId(Uuid::from_u128(u128::MAX >> 1)));
    let last = Query::parse("\u{10FFFF}\u{10FFFF}").unwrap().tokens();
    let day = Token::of_day(Time::parse("9999-12-31T23:59:59Z").unwrap());
    let ordered = [
        room,
        last[0],
        Token::of_kind(MessageKind::Video),
        user(1),
        user((1 << 53) - 1),
        Token::FIRST_DAY,
        day,
    ];
    assert!(ordered.is_sorted_by(|a, b| a < b), "{ordered:?}");
    assert!(day < Token::LAST_DAY && Token::FIRST_DAY < Token::of_day(Time::parse("0").unwrap()));
    assert_eq!(search("你").days(), None);
}
