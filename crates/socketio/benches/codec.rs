//! What packets cost, beside `serde_json` alone on the same JSON.
#![expect(clippy::unwrap_used, reason = "a benchmark fails by panicking")]

use std::hint::black_box;

use bytes::Bytes;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use serde::{Serialize, de::IgnoredAny};
use serde_json::Value;
use socketio::{
    decode::{self, Assembler, Limits},
    encode::{self, Address},
    engine,
    packet::ROOT,
    payload::{self, Builder, Part},
};

/// A message, about 200 bytes as JSON.
#[derive(Serialize)]
struct Message {
    id: u64,
    chatroom_id: &'static str,
    sender: &'static str,
    content: &'static str,
    created_at: &'static str,
}

const MESSAGE: Message = Message {
    id: 1_234_567,
    chatroom_id: "0190f4a2-1111-7000-8000-000000000001",
    sender: "alice",
    content: "你好，世界。明天下午三點見",
    created_at: "2026-11-22T08:00:00.123456Z",
};

const ACK: &str = r#"3456[{"ok":true,"message_id":1234567,"seq":42}]"#;

fn message() -> String {
    serde_json::to_string(&MESSAGE).unwrap()
}

fn event() -> String {
    format!(r#"42["receive_message",{}]"#, message())
}

fn binary_event() -> String {
    format!(r#"51-["upload",{},{{"_placeholder":true,"num":0}}]"#, message())
}

fn burst() -> String {
    let mut body = Builder::default();
    (0..50).for_each(|_| body.text(&event()).unwrap());
    body.finish()
}

fn json(text: &str) -> &str {
    text.find('[').and_then(|start| text.get(start..)).unwrap()
}

fn read(text: &str) {
    let Ok(engine::Packet::Message(text)) = engine::Packet::decode(text) else { return };
    black_box(decode::packet(text).unwrap());
}

/// Reading: our packet with raw arguments, the JSON checked and thrown away, the JSON as a tree.
fn reading(c: &mut Criterion, name: &str, text: &str) {
    let mut group = c.benchmark_group(format!("decode {name}"));
    group.throughput(Throughput::Bytes(text.len() as u64));
    group.bench_function("packet", |b| b.iter(|| read(black_box(text))));
    group.bench_function("serde_json, checked", |b| {
        b.iter(|| serde_json::from_str::<IgnoredAny>(json(black_box(text))).unwrap());
    });
    group.bench_function("serde_json, tree", |b| {
        b.iter(|| serde_json::from_str::<Value>(json(black_box(text))).unwrap());
    });
    group.finish();
}

fn decode_one(c: &mut Criterion) {
    reading(c, "event", &event());
    reading(c, "ack", &format!("4{ACK}"));
}

fn decode_burst(c: &mut Criterion) {
    let body = burst();
    let mut group = c.benchmark_group("decode burst of 50");
    group.throughput(Throughput::Bytes(body.len() as u64));
    group.bench_function("packet", |b| {
        b.iter(|| {
            for part in payload::decode(black_box(&body)) {
                let Ok(Part::Text(engine::Packet::Message(text))) = part else { return };
                black_box(decode::packet(text).unwrap());
            }
        });
    });
    group.bench_function("serde_json, checked", |b| {
        let texts = || black_box(&body).split(payload::SEPARATOR);
        b.iter(|| texts().all(|text| serde_json::from_str::<IgnoredAny>(json(text)).is_ok()));
    });
    group.bench_function("serde_json, tree", |b| {
        let texts = || black_box(&body).split(payload::SEPARATOR);
        b.iter(|| texts().for_each(|text| drop(serde_json::from_str::<Value>(json(text)).unwrap())));
    });
    group.finish();
}

fn decode_binary(c: &mut Criterion) {
    let (text, frame) = (binary_event(), Bytes::from(vec![7; 1024]));
    let mut group = c.benchmark_group("decode binary event");
    group.throughput(Throughput::Bytes((text.len() + frame.len()) as u64));
    group.bench_function("packet", |b| {
        let mut assembler = Assembler::new(Limits::default());
        b.iter(|| {
            assert!(assembler.text(black_box(&text)).unwrap().is_none());
            assembler.binary(frame.clone()).unwrap().unwrap()
        });
    });
    let mut body = Builder::default();
    body.text(&format!("4{text}")).unwrap();
    body.binary(&frame);
    let body = body.finish();
    group.bench_function("packet in a payload", |b| {
        let mut assembler = Assembler::new(Limits::default());
        b.iter(|| {
            for part in payload::decode(black_box(&body)) {
                match part.unwrap() {
                    Part::Text(engine::Packet::Message(text)) => {
                        assert!(assembler.text(text).unwrap().is_none());
                    }
                    Part::Text(_) => return,
                    Part::Binary(frame) => drop(black_box(assembler.binary(frame).unwrap().unwrap())),
                }
            }
        });
    });
    group.bench_function("serde_json, checked", |b| {
        b.iter(|| serde_json::from_str::<IgnoredAny>(json(black_box(&text))).unwrap());
    });
    group.bench_function("serde_json, tree", |b| {
        b.iter(|| serde_json::from_str::<Value>(json(black_box(&text))).unwrap());
    });
    group.finish();
}

/// Writing an event: from JSON that is there already, from the value, and the same by `serde_json` alone.
fn encode_one(c: &mut Criterion) {
    let prepared = message();
    let mut group = c.benchmark_group("encode event");
    group.throughput(Throughput::Bytes(event().len() as u64));
    group.bench_function("packet, from JSON", |b| {
        b.iter(|| {
            let mut out = String::with_capacity(prepared.len() + 32);
            out.push(engine::MESSAGE);
            encode::event(&mut out, ROOT, None, "receive_message", &[black_box(&prepared)]);
            out
        });
    });
    group.bench_function("packet, from the value", |b| {
        b.iter(|| {
            let json = serde_json::to_string(black_box(&MESSAGE)).unwrap();
            let mut out = String::with_capacity(json.len() + 32);
            out.push(engine::MESSAGE);
            encode::event(&mut out, ROOT, None, "receive_message", &[&json]);
            out
        });
    });
    group.bench_function("serde_json, from the value", |b| {
        b.iter(|| serde_json::to_string(&("receive_message", black_box(&MESSAGE))).unwrap());
    });
    group.finish();
    c.bench_function("encode ack/packet, from JSON", |b| {
        b.iter(|| {
            let mut out = String::with_capacity(64);
            out.push(engine::MESSAGE);
            encode::ack(&mut out, ROOT, black_box(456), black_box(json(ACK)));
            out
        });
    });
}

fn encode_many(c: &mut Criterion) {
    let (text, event, frame) = (event(), binary_event(), vec![7; 1024]);
    let mut group = c.benchmark_group("encode burst of 50");
    group.throughput(Throughput::Bytes(burst().len() as u64));
    group.bench_function("payload, from packets", |b| {
        b.iter(|| {
            let mut body = Builder::with_capacity(51 * text.len());
            (0..50).for_each(|_| body.text(black_box(&text)).unwrap());
            body.finish()
        });
    });
    group.finish();
    let mut group = c.benchmark_group("encode binary event");
    group.throughput(Throughput::Bytes((event.len() + frame.len()) as u64));
    let prepared = message();
    group.bench_function("packet, from JSON, in a payload", |b| {
        b.iter(|| {
            let mut out = String::with_capacity(prepared.len() + 96);
            out.push(engine::MESSAGE);
            let mut place = String::with_capacity(32);
            encode::placeholder(&mut place, 0);
            let to = Address { namespace: ROOT, id: None };
            encode::binary_event(&mut out, 1, to, "upload", &[black_box(&prepared), ",", &place]);
            let mut body = Builder::with_capacity(2048);
            body.text(&out).unwrap();
            body.binary(black_box(&frame));
            body.finish()
        });
    });
    group.finish();
}

criterion_group!(codec, decode_one, decode_burst, decode_binary, encode_one, encode_many);
criterion_main!(codec);
