use super::*;
use crate::encode;

/// Packets as the official client (socket.io-client 4.8) and server write them.
const RECORDED: [&str; 22] = [
    "0",
    r#"0{"token":"eyJhbGciOiJIUzI1NiJ9.e30.x"}"#,
    r#"0{"sid":"wZX3oN0bSVIhsaknAAAI"}"#,
    r#"0{"sid":"wZX3oN0bSVIhsaknAAAI","pid":"YHcX2sdAF1z452-HAAAW"}"#,
    "0/admin,",
    r#"0/admin,{"token":"123"}"#,
    "1",
    "1/admin,",
    r#"2["hello"]"#,
    r#"2["hello",1,"2",{"3":["4"],"5":"6"}]"#,
    r#"212["send_message",{"chatroom_id":"0190f4a2-1111-7000-8000-000000000001","content":"你好，世界","client_msg_id":"c1"}]"#,
    r#"2/admin,["project:delete",123]"#,
    r#"2/admin,456["project:delete",123]"#,
    r#"2["set_user_id",7]"#,
    "3456[]",
    r#"3/admin,456["ok"]"#,
    r#"313[{"ok":true},null]"#,
    r#"4{"message":"Not authorized","data":{"code":"E001"}}"#,
    r#"4/admin,"Unable to connect""#,
    r#"51-["hello",{"_placeholder":true,"num":0}]"#,
    r#"52-/admin,456["up",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]"#,
    r#"61-/admin,456[{"_placeholder":true,"num":0}]"#,
];

#[test]
fn reads_and_writes_recorded_packets_unchanged() {
    for text in RECORDED {
        let decoded = packet(text).unwrap_or_else(|err| panic!("{text}: {err}"));
        let mut out = String::new();
        encode::packet(&mut out, &decoded);
        assert_eq!(out, text);
    }
}

#[test]
fn splits_an_event_into_its_name_and_raw_arguments() {
    let Packet { namespace: "/", kind: Kind::Event { id: Some(12), event } } =
        packet(r#"212["send_message", {"content":"你\n好"} , 1e3,"x"]"#).unwrap()
    else {
        panic!("not an event with an id");
    };
    assert!(matches!(event.name, Cow::Borrowed("send_message")));
    let args: Vec<_> = event.args.iter().map(|arg| arg.get()).collect();
    assert_eq!(args, [r#"{"content":"你\n好"}"#, "1e3", r#""x""#]);
}

#[test]
fn takes_a_namespace_without_its_comma() {
    assert!(matches!(
        packet("0/custom").unwrap(),
        Packet { namespace: "/custom", kind: Kind::Connect { auth: None } }
    ));
    assert!(matches!(packet("1/custom").unwrap(), Packet { namespace: "/custom", kind: Kind::Disconnect }));
}

#[test]
fn takes_numbers_and_escapes_as_event_names() {
    for (text, name) in
        [("2[1]", "1"), ("2[-2.5,0]", "-2.5"), (r#"2["\u4f60\"好"]"#, "你\"好"), (r#"2[""]"#, "")]
    {
        let Kind::Event { event, .. } = packet(text).unwrap().kind else { panic!("{text}") };
        assert_eq!(event.name, name);
    }
}

#[test]
fn keeps_the_whole_range_of_ids() {
    let Kind::Event { id, .. } = packet("218446744073709551615[1]").unwrap().kind else { panic!() };
    assert_eq!(id, Some(u64::MAX));
    assert_eq!(packet("218446744073709551616[1]").unwrap_err(), Error::Id);
    assert_eq!(packet(&format!("2{}[1]", "9".repeat(1_000_000))).unwrap_err(), Error::Id);
}

#[test]
fn counts_attachments_strictly() {
    let Kind::BinaryEvent { attachments, .. } = packet(r#"510-["x"]"#).unwrap().kind else { panic!() };
    assert_eq!(attachments, 10);
    let Kind::BinaryEvent { attachments, .. } = packet(r#"50-["x"]"#).unwrap().kind else { panic!() };
    assert_eq!(attachments, 0);
    for text in [
        r#"511-["x"]"#,
        r#"5-["x"]"#,
        r#"5["x"]"#,
        r#"51["x"]"#,
        r#"5+1-["x"]"#,
        r#"51e1-["x"]"#,
        r#"5001-["x"]"#,
        "61",
        "6",
    ] {
        assert_eq!(packet(text).unwrap_err(), Error::Attachments, "{text}");
    }
}

#[test]
fn refuses_reserved_names() {
    for name in RESERVED {
        assert_eq!(packet(&format!(r#"2["{name}"]"#)).unwrap_err(), Error::Reserved, "{name}");
    }
    assert_eq!(packet(r#"2["dis\u0063onnect"]"#).unwrap_err(), Error::Reserved);
    assert_eq!(packet(r#"51-["connect",{}]"#).unwrap_err(), Error::Reserved);
    assert!(packet(r#"2["toString"]"#).is_ok());
}

#[test]
fn refuses_payloads_of_the_wrong_kind() {
    let cases = [
        "0[]",
        "0null",
        r#"0"x""#,
        "0true",
        "0{",
        "0{}x",
        "1{}",
        "1[]",
        "2",
        "2[]",
        "2{}",
        r#"2"hello""#,
        "2[null]",
        "2[{}]",
        r#"2[["x"]]"#,
        "2[true]",
        r#"2["x""#,
        r#"2["x"]]"#,
        r#"2["x",]"#,
        "2[\"a\u{1}\"]",
        "31",
        "31{}",
        "31null",
        r#"31["x""#,
        "4",
        "41x",
        "4[]",
        "4null",
        "21.5[1]",
        "2-1[1]",
    ];
    for text in cases {
        assert!(matches!(packet(text), Err(Error::Payload | Error::Id)), "{text}");
    }
}

#[test]
fn refuses_ids_where_none_belongs_and_acknowledgements_without() {
    for text in ["05{}", "11", r#"41{"message":"x"}"#, "3[]", "3/admin,[]", "60-[]"] {
        assert_eq!(packet(text).unwrap_err(), Error::Id, "{text}");
    }
}

#[test]
fn refuses_unknown_types_and_endless_namespaces() {
    assert_eq!(packet("").unwrap_err(), Error::Empty);
    for text in ["7", "9[1]", "x", "你", " 2[1]"] {
        assert_eq!(packet(text).unwrap_err(), Error::Type, "{text}");
    }
    assert_eq!(packet(&format!("0/{},", "n".repeat(MAX_NAMESPACE))).unwrap_err(), Error::Namespace);
}

#[test]
fn survives_deep_nesting() {
    let deep = format!(r#"2["x",{}{}]"#, "[".repeat(200_000), "]".repeat(200_000));
    assert!(packet(&deep).is_ok());
}
