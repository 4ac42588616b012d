//! What lies between a WebSocket and a session on different workers: a channel each way, both short, so that whoever
//! does not read is noticed as soon as without them.

use bytes::{Bytes, BytesMut};
use futures_util::{FutureExt as _, Stream, StreamExt as _};
use tokio::sync::mpsc;

use crate::{
    websocket::{Reader, Received},
    wire::Outflow,
};

/// How many chunks may be on their way to a client.
pub(crate) const CHUNKS: usize = 2;

/// How many messages may be on their way from a client.
pub(crate) const MESSAGES: usize = 2;

/// The size up to which packets that are ready together travel as one chunk.
const CHUNK: usize = 64 * 1024;

/// Passes on what a session has to send, until it ends or nobody takes it any more.
pub(crate) async fn send(mut outflow: Outflow, chunks: mpsc::Sender<Bytes>) {
    loop {
        let packet = tokio::select! {
            packet = outflow.next() => packet,
            () = chunks.closed() => None,
        };
        let Some(packet) = packet else { return };
        if chunks.send(chunk(packet, &mut outflow)).await.is_err() {
            return;
        }
    }
}

/// Joins the packet with those that are ready as well.
fn chunk(packet: Bytes, outflow: &mut Outflow) -> Bytes {
    let mut joined = BytesMut::new();
    while joined.len().max(packet.len()) < CHUNK {
        let Some(Some(next)) = outflow.next().now_or_never() else { break };
        if joined.is_empty() {
            joined.extend_from_slice(&packet);
        }
        joined.extend_from_slice(&next);
    }
    if joined.is_empty() { packet } else { joined.freeze() }
}

/// Passes on what a client says, until it is gone or nobody listens any more.
pub(crate) async fn receive(mut reader: Reader, messages: mpsc::Sender<Received>) {
    while let Some(message) = reader.next().await {
        if messages.send(message).await.is_err() {
            return;
        }
    }
}

/// What comes out of a channel.
pub(crate) fn stream<T>(mut receiver: mpsc::Receiver<T>) -> impl Stream<Item = T> + Unpin {
    futures_util::stream::poll_fn(move |cx| receiver.poll_recv(cx))
}
