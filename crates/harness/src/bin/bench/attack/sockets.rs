//! Sockets of members that stop reading, or send without end.

use std::net::IpAddr;
use std::rc::Rc;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::join_all;
use harness::connection::{Connection, ConnectionOptions};
use serde_json::json;
use tokio::time::sleep;

use super::attackers::{Attack, Attackers};
use super::forms::all_go_on;
use crate::Failure;
use crate::seed::group;

/// Two hundred sockets in a room of 1,000 that stop reading, while eight members fill it.
pub(super) const STOP_READING: Attack =
    Attack { name: "stalled readers", network: 11, begin: |attackers| stop_reading(attackers).boxed_local() };

/// Fifty members of a room of 1,000 who type, as fast as they are answered.
pub(super) const TYPING: Attack =
    Attack { name: "typing", network: 12, begin: |attackers| typing(attackers).boxed_local() };

async fn connection(
    attackers: &Attackers,
    n: usize,
    receive_buffer: Option<u32>,
) -> Result<Connection, Failure> {
    let options = ConnectionOptions { receive_buffer, source: Some(IpAddr::from(attackers.source(n))) };
    Connection::open(attackers.address, &json!({ "token": attackers.token(n)? }), options).await
}

async fn stop_reading(attackers: Rc<Attackers>) -> Result<(), Failure> {
    let mut stalled = Vec::new();
    for n in 100..300 {
        let opened = connection(&attackers, n, Some(4096)).await;
        attackers.note(opened.is_ok());
        stalled.extend(opened.ok());
    }
    let text = "長".repeat(1_300);
    let room = group(1_000).to_string();
    let talkers = (300..308).map(async |n| {
        let mut talker = connection(&attackers, n, None).await?;
        for number in 0.. {
            let message = json!(["send_message", { "chatroom_id": room, "content": text }]);
            talker.send(format!("42{number}{message}")).await?;
            attackers.note(acknowledged(&mut talker).await?);
            // As often as a user may.
            sleep(Duration::from_millis(100)).await;
        }
        Ok(())
    });
    all_go_on(join_all(talkers).await)
}

async fn typing(attackers: Rc<Attackers>) -> Result<(), Failure> {
    let typing = json!(["typing", { "chatroom_id": group(1_000), "is_typing": true }]);
    let typists = (400..450).map(async |n| {
        let mut typist = connection(&attackers, n, None).await?;
        for number in 0.. {
            typist.send(format!("42{number}{typing}")).await?;
            attackers.note(acknowledged(&mut typist).await?);
        }
        Ok(())
    });
    all_go_on(join_all(typists).await)
}

/// Waits for an acknowledgement; returns whether what was asked was done.
async fn acknowledged(connection: &mut Connection) -> Result<bool, Failure> {
    loop {
        let packet = connection.receive(false).await?;
        if packet.starts_with("43") {
            return Ok(packet.contains(r#""ok":true"#));
        }
    }
}
