//! From `publish` on one node to the call of another node's handler, over a real Redis on this machine.
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot run may fail")]

use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use bytes::Bytes;
use cluster::{ClusterEvent, Config, Node, NodeId, Shard};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use domain::id::RoomId;
use testdb::AnyRedis;

const PATIENCE: Duration = Duration::from_mins(1);
const BURST: u64 = 5000;

fn start(config: &Config) -> (Node, Receiver<ClusterEvent>) {
    let (sender, received) = channel();
    let config = Config { node: NodeId::random(), ..config.clone() };
    (Node::start(config, Arc::new(move |event| drop(sender.send(event)))).unwrap(), received)
}

fn wait(received: &Receiver<ClusterEvent>, wanted: impl Fn(&ClusterEvent) -> bool) {
    while !wanted(&received.recv_timeout(PATIENCE).unwrap()) {}
}

fn measure(criterion: &mut Criterion) {
    let redis = AnyRedis::find();
    let config = Config { prefix: NodeId::random().to_string(), ..Config::new(redis.url()) };
    let ((from, _), (to, received)) = (start(&config), start(&config));
    let room = RoomId::generate();
    to.subscriber.subscribe(room);
    wait(&received, |event| {
        *event == ClusterEvent::Subscribed(Shard::of(room)) || *event == ClusterEvent::Connected
    });
    while !from.status().connected {
        std::thread::yield_now();
    }
    let payload = Bytes::from(vec![b'x'; 300]);
    let is_message = |event: &ClusterEvent| matches!(event, ClusterEvent::Message { .. });

    let mut group = criterion.benchmark_group("publish to received");
    group.bench_function("one at a time", |bencher| {
        bencher.iter(|| {
            from.publisher.publish(&[Shard::of(room)], payload.clone());
            wait(&received, is_message);
        });
    });
    group.throughput(Throughput::Elements(BURST)).sample_size(20);
    group.bench_function("bursts of 5000", |bencher| {
        bencher.iter_custom(|times| {
            let begun = Instant::now();
            for _ in 0..times {
                for _ in 0..BURST {
                    from.publisher.publish(&[Shard::of(room)], payload.clone());
                }
                for _ in 0..BURST {
                    wait(&received, is_message);
                }
            }
            begun.elapsed()
        });
    });
    group.finish();
}

criterion_group!(benches, measure);
criterion_main!(benches);
