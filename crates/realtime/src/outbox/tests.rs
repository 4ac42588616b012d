use futures_util::task::noop_waker_ref;

use super::*;

fn outbox(queue_bytes: usize, queue_frames: usize) -> Outbox {
    Outbox::new(&Config { queue_bytes, queue_frames, ..Config::default() })
}

fn next(outbox: &Outbox) -> Poll<Option<Vec<u8>>> {
    outbox
        .poll(&Context::from_waker(noop_waker_ref()))
        .map(|packet| packet.map(|packet| packet.into_bytes().to_vec()))
}

fn push(outbox: &Outbox, text: &str) -> bool {
    outbox.push_packet(Packet::text(text))
}

#[test]
fn gives_packets_back_in_order_and_ends_empty() {
    let outbox = outbox(1000, 10);
    assert!(next(&outbox).is_pending());
    assert!(push(&outbox, "4a") && push(&outbox, "4b"));
    outbox.finish();
    assert!(push(&outbox, "4late"), "after the end packets are ignored, not refused");
    assert_eq!(next(&outbox), Poll::Ready(Some(b"\x81\x024a".to_vec())));
    assert_eq!(next(&outbox), Poll::Ready(Some(b"\x81\x024b".to_vec())));
    assert_eq!(next(&outbox), Poll::Ready(None));
}

#[test]
fn refuses_above_its_bounds() {
    let narrow = outbox(12, 10);
    assert!(push(&narrow, "4abcd") && !push(&narrow, "4abcd"));
    let short = outbox(1000, 2);
    assert!(push(&short, "2") && push(&short, "2") && !push(&short, "2"));
    assert_eq!(next(&short).map(|packet| packet.is_some()), Poll::Ready(true));
    assert!(push(&short, "2"), "what was taken makes room");
}

#[test]
fn takes_a_frame_with_all_its_attachments_or_not_at_all() {
    let frame = || {
        let places = r#"{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}"#;
        Frame::binary_event_in("/", "x", &[places], &[b"a".as_slice().into(), b"b".as_slice().into()])
    };
    let short = outbox(1000, 5);
    assert!(short.push(frame()) && !short.push(frame()));
    let count = std::iter::from_fn(|| match next(&short) {
        Poll::Ready(packet) => packet,
        Poll::Pending => None,
    });
    assert_eq!(count.count(), 3);
    let narrow = outbox(frame().len(), 10);
    assert!(narrow.push(frame()) && !push(&narrow, "2"));
}

#[test]
fn a_replay_goes_beyond_the_bounds_and_leaves_room_for_what_follows() {
    let outbox = outbox(100, 2);
    outbox.replay((0..50).map(|n| Frame::event("n", &[&n.to_string()])).collect());
    assert!(push(&outbox, "2") && push(&outbox, "2") && !push(&outbox, "2"));
    while next(&outbox).is_ready() {}
    assert!(push(&outbox, "2") && push(&outbox, "2") && !push(&outbox, "2"), "the bounds are back");
}

#[test]
fn forgets_everything_when_aborted() {
    let outbox = outbox(1000, 10);
    assert!(push(&outbox, "2"));
    outbox.abort();
    assert_eq!(next(&outbox), Poll::Ready(None));
    assert!(!outbox.stuck());
}

#[test]
fn knows_a_reader_that_does_not_come() {
    let outbox = outbox(1000, 10);
    assert!(!outbox.stuck(), "nothing waits");
    assert!(push(&outbox, "2") && push(&outbox, "2"));
    assert!(outbox.stuck() && outbox.stuck());
    assert!(next(&outbox).is_ready());
    assert!(!outbox.stuck(), "the reader came");
    assert!(outbox.stuck(), "and did not come again");
    assert!(outbox.payload(1000).is_some() && !outbox.stuck());
}

#[test]
fn is_busy_above_a_quarter_mebibyte() {
    let outbox = outbox(1024 * 1024, 1024);
    assert!(push(&outbox, &"4".repeat(BUSY - 10)) && !outbox.busy());
    assert!(push(&outbox, "4overflow") && outbox.busy());
}

#[test]
fn a_payload_holds_sixteen_packets_at_most() {
    let outbox = outbox(1000, 100);
    assert_eq!(outbox.payload(1000), None);
    (0..20).for_each(|n| assert!(push(&outbox, &format!("4{n}"))));
    let first = outbox.payload(1000).unwrap();
    assert_eq!(first.split('\u{1e}').count(), 16);
    assert_eq!(outbox.payload(1000).unwrap(), "416\u{1e}417\u{1e}418\u{1e}419");
    assert_eq!(outbox.payload(1000), None);
}

#[test]
fn a_payload_is_no_longer_than_it_may_be_unless_one_packet_is() {
    let outbox = outbox(1000, 100);
    assert!(push(&outbox, "4abc") && push(&outbox, "4def") && push(&outbox, "4ghi"));
    assert_eq!(outbox.payload(9).unwrap(), "4abc\u{1e}4def");
    assert_eq!(outbox.payload(3).unwrap(), "4ghi");
    assert!(outbox.push_packet(Packet::binary(&[1, 2, 3, 4])) && push(&outbox, "4x"));
    assert_eq!(outbox.payload(9).unwrap(), "bAQIDBA==");
    assert_eq!(outbox.payload(9).unwrap(), "4x");
}
