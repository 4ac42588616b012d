use std::cell::RefCell;

use super::*;

fn numbered(first: i64, items: &[char]) -> Vec<(i64, (i64, char))> {
    (first..).zip(items).map(|(position, item)| (position, (position, *item))).collect()
}

#[test]
fn passes_on_in_order_and_once() {
    let sequencer = Sequencer::after(10);
    let passed = RefCell::new(Vec::new());
    let admit = |first, items: &[char]| {
        sequencer.admit(numbered(first, items), |due| passed.borrow_mut().push(due));
    };
    admit(13, &['c', 'd']);
    assert!(sequencer.stuck() && passed.borrow().is_empty());
    admit(13, &['x']);
    admit(11, &['a', 'b']);
    assert_eq!(passed.take(), [[(11, 'a'), (12, 'b'), (13, 'c'), (14, 'd')]]);
    admit(11, &['x', 'x', 'x', 'x', 'e']);
    admit(9, &['x']);
    assert_eq!(passed.take(), [[(15, 'e')]], "what was passed on is not passed on again");
    assert!(!sequencer.stuck());
    assert_eq!(sequencer.head(), 15);
}

#[tokio::test]
async fn says_when_something_came_too_early() {
    let sequencer = Sequencer::after(0);
    sequencer.admit(numbered(2, &['b']), |_| {});
    sequencer.early().await;
    assert!(sequencer.stuck());
    sequencer.admit(numbered(1, &['a']), |_| {});
    assert!(!sequencer.stuck());
}

#[test]
fn keeps_the_order_between_threads() {
    let (sequencer, passed) = (Sequencer::after(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let (sequencer, passed) = (&sequencer, &passed);
            scope.spawn(move || {
                for position in (1 + thread..=4_000).step_by(4) {
                    sequencer.admit(vec![(position, position)], |due| passed.lock().extend(due));
                }
            });
        }
    });
    assert_eq!(passed.into_inner(), (1..=4_000).collect::<Vec<i64>>());
}
