use futures_util::task::noop_waker_ref;

use super::*;

fn send_queue(queue_bytes: usize, queue_frames: usize) -> SendQueue {
    SendQueue::new(&Config { queue_bytes, queue_frames, ..Config::default() })
}

/// Takes the first packet as a transport would write it.
fn next(send_queue: &SendQueue) -> Poll<Option<Vec<u8>>> {
    let ready = send_queue.poll_packets(&Context::from_waker(noop_waker_ref()));
    ready.map(|packets| {
        let mut first = Vec::new();
        let write = |slices: &[IoSlice<'_>]| {
            first.extend_from_slice(&slices[0]);
            Ok(first.len())
        };
        packets.then(|| send_queue.write(write).unwrap())?;
        Some(first)
    })
}

fn push(send_queue: &SendQueue, text: &str) -> bool {
    send_queue.push(Packet::text(text).into())
}

#[test]
fn gives_packets_back_in_order_and_ends_empty() {
    let send_queue = send_queue(1000, 10);
    assert!(next(&send_queue).is_pending());
    assert!(push(&send_queue, "4a") && push(&send_queue, "4b"));
    send_queue.finish();
    assert!(push(&send_queue, "4late"), "after the end packets are ignored, not refused");
    assert_eq!(next(&send_queue), Poll::Ready(Some(b"\x81\x024a".to_vec())));
    assert_eq!(next(&send_queue), Poll::Ready(Some(b"\x81\x024b".to_vec())));
    assert_eq!(next(&send_queue), Poll::Ready(None));
}

#[test]
fn refuses_above_its_bounds() {
    let narrow = send_queue(12, 10);
    assert!(push(&narrow, "4abcd") && !push(&narrow, "4abcd"));
    let short = send_queue(1000, 2);
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
    let short = send_queue(1000, 5);
    assert!(short.push(frame()) && !short.push(frame()));
    let count = std::iter::from_fn(|| match next(&short) {
        Poll::Ready(packet) => packet,
        Poll::Pending => None,
    });
    assert_eq!(count.count(), 3);
    let narrow = send_queue(frame().len(), 10);
    assert!(narrow.push(frame()) && !push(&narrow, "2"));
}

#[test]
fn a_replay_goes_beyond_the_bounds_and_leaves_room_for_what_follows() {
    let send_queue = send_queue(100, 2);
    send_queue.replay((0..50).map(|n| Frame::event("n", &[&n.to_string()])).collect());
    assert!(push(&send_queue, "2") && push(&send_queue, "2") && !push(&send_queue, "2"));
    while next(&send_queue).is_ready() {}
    assert!(
        push(&send_queue, "2") && push(&send_queue, "2") && !push(&send_queue, "2"),
        "the bounds are back"
    );
}

#[test]
fn forgets_everything_when_aborted() {
    let send_queue = send_queue(1000, 10);
    assert!(push(&send_queue, "2"));
    send_queue.abort();
    assert_eq!(next(&send_queue), Poll::Ready(None));
    assert!(!send_queue.stalled());
}

#[test]
fn knows_a_reader_that_does_not_come() {
    let send_queue = send_queue(1000, 10);
    assert!(!send_queue.stalled(), "nothing waits");
    assert!(push(&send_queue, "2") && push(&send_queue, "2"));
    assert!(send_queue.stalled() && send_queue.stalled());
    assert!(next(&send_queue).is_ready());
    assert!(!send_queue.stalled(), "the reader came");
    assert!(send_queue.stalled(), "and did not come again");
    assert!(send_queue.payload(1000).is_some() && !send_queue.stalled());
}

#[test]
fn is_busy_above_a_quarter_of_its_packets() {
    let send_queue = send_queue(usize::MAX, 40);
    for _ in 0..10 {
        assert!(push(&send_queue, "2") && !send_queue.busy());
    }
    assert!(push(&send_queue, "2") && send_queue.busy());
}

#[test]
fn is_busy_above_a_quarter_mebibyte() {
    let send_queue = send_queue(1024 * 1024, 1024);
    assert!(push(&send_queue, &"4".repeat(BUSY - 10)) && !send_queue.busy());
    assert!(push(&send_queue, "4overflow") && send_queue.busy());
}

#[test]
fn a_payload_holds_sixteen_packets_at_most() {
    let send_queue = send_queue(1000, 100);
    assert_eq!(send_queue.payload(1000), None);
    (0..20).for_each(|n| assert!(push(&send_queue, &format!("4{n}"))));
    let first = send_queue.payload(1000).unwrap();
    assert_eq!(first.split('\u{1e}').count(), 16);
    assert_eq!(send_queue.payload(1000).unwrap(), "416\u{1e}417\u{1e}418\u{1e}419");
    assert_eq!(send_queue.payload(1000), None);
}

#[test]
fn a_payload_is_no_longer_than_it_may_be_unless_one_packet_is() {
    let send_queue = send_queue(1000, 100);
    assert!(push(&send_queue, "4abc") && push(&send_queue, "4def") && push(&send_queue, "4ghi"));
    assert_eq!(send_queue.payload(9).unwrap(), "4abc\u{1e}4def");
    assert_eq!(send_queue.payload(3).unwrap(), "4ghi");
    assert!(send_queue.push(Packet::binary(&[1, 2, 3, 4]).into()) && push(&send_queue, "4x"));
    assert_eq!(send_queue.payload(9).unwrap(), "bAQIDBA==");
    assert_eq!(send_queue.payload(9).unwrap(), "4x");
}

#[test]
fn a_write_goes_on_where_the_last_one_stopped() {
    let send_queue = send_queue(1000, 100);
    assert!(push(&send_queue, "4abc") && push(&send_queue, "4def"));
    let mut sent = Vec::new();
    for _ in 0..4 {
        let write = |slices: &[IoSlice<'_>]| {
            let all: Vec<u8> = slices.iter().flat_map(|slice| slice.iter().copied()).collect();
            sent.extend_from_slice(&all[..3]);
            Ok(3)
        };
        send_queue.write(write).unwrap();
        assert_eq!(send_queue.is_partial(), sent.len() % 6 != 0);
    }
    assert_eq!(sent, b"\x81\x044abc\x81\x044def");
    assert!(next(&send_queue).is_pending());
}

#[test]
fn a_write_that_fails_takes_nothing() {
    let send_queue = send_queue(1000, 100);
    assert!(push(&send_queue, "4abc"));
    assert!(send_queue.write(|_| Err(io::ErrorKind::WouldBlock.into())).is_err());
    assert!(send_queue.write(|_| Ok(0)).is_err());
    assert_eq!(next(&send_queue), Poll::Ready(Some(b"\x81\x044abc".to_vec())));
}

fn frame(n: i64) -> Frame {
    Frame::event("n", &[&n.to_string()])
}

#[test]
fn returns_unknown_frames_in_their_order() {
    let (buffer, config) = (ReplayBuffer::default(), Config::default());
    assert!(!buffer.is_holding() && !buffer.knows(None) && !buffer.knows(Some(i64::MIN + 1)));
    buffer.hold();
    for position in [Some(4), None, Some(5), Some(6)] {
        assert!(buffer.push(position, &frame(position.unwrap_or_default()), &config));
    }
    buffer.know(5);
    let frames: Vec<_> = buffer.release().into_iter().map(|frame| frame.len()).collect();
    assert_eq!(frames.len(), 2, "the one without a position, and the sixth");
    assert!(buffer.knows(Some(5)) && !buffer.knows(Some(6)) && !buffer.is_holding());
    buffer.know(3);
    assert!(buffer.knows(Some(5)), "what is known stays known");
}

#[test]
fn holds_until_the_last_release() {
    let (buffer, config) = (ReplayBuffer::default(), Config::default());
    buffer.hold();
    buffer.hold();
    assert!(buffer.push(None, &frame(1), &config));
    assert!(buffer.release().is_empty() && buffer.is_holding());
    assert_eq!(buffer.release().len(), 1);
    assert!(buffer.release().is_empty(), "what was given back is gone");
}

#[test]
fn holds_no_more_than_a_queue_would() {
    let (buffer, config) = (ReplayBuffer::default(), Config { queue_frames: 2, ..Config::default() });
    buffer.hold();
    assert!(buffer.push(None, &frame(1), &config) && buffer.push(None, &frame(2), &config));
    assert!(!buffer.push(None, &frame(3), &config));
    let narrow = Config { queue_bytes: frame(1).len(), ..Config::default() };
    let buffer = ReplayBuffer::default();
    assert!(buffer.push(None, &frame(1), &narrow) && !buffer.push(None, &frame(2), &narrow));
}
