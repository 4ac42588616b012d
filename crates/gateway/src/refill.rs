//! Publishes what was committed and not published, from the log.

use std::sync::Arc;
use std::time::Duration;

use chat::context::Chat;
use chat::{accounts, log};
use tokio::time::{sleep, timeout};

use crate::live::Sockets;

/// How long publishing may take after the commit before the log is read.
const PATIENCE: Duration = Duration::from_millis(50);

/// How often the log is read when nothing seems to be missing.
const ROUND: Duration = Duration::from_secs(1);

/// How often it is read while nothing comes from other nodes.
const DISCONNECTED: Duration = Duration::from_millis(250);

/// Refills for as long as the server runs.
pub(crate) async fn watch(chat: Arc<Chat>, sockets: Arc<Sockets>) {
    let (sequencer, mut failed) = (sockets.sequencer(), false);
    loop {
        let disconnected = sockets.cluster().is_some_and(|cluster| !cluster.connected());
        let round = if disconnected { DISCONNECTED } else { ROUND };
        let early = timeout(round, sequencer.early()).await.is_ok();
        // Early items mostly wait for one that is about to arrive.
        sleep(PATIENCE).await;
        if early && !sequencer.stuck() {
            continue;
        }
        match look(&chat, &sockets).await {
            Ok(()) => failed = false,
            Err(error) => {
                // Once, when it begins.
                if !std::mem::replace(&mut failed, true) {
                    warn(&error);
                }
                sleep(ROUND).await;
            }
        }
    }
}

fn warn(error: &chat::error::Error) {
    tracing::warn!(%error, "the event log cannot be read; it is tried again");
}

async fn look(chat: &Chat, sockets: &Sockets) -> Result<(), chat::error::Error> {
    refill(chat, sockets).await?;
    if sockets.cluster().is_some() {
        for session in accounts::revoked_elsewhere(chat).await? {
            sockets.end(session);
        }
    }
    Ok(())
}

/// Sends what the log has and what was not published within the time that it may take.
async fn refill(chat: &Chat, sockets: &Sockets) -> Result<(), chat::error::Error> {
    let (sequencer, head) = (sockets.sequencer(), log::head(chat).await?.position);
    if sequencer.head() >= head {
        return Ok(());
    }
    sleep(PATIENCE).await;
    while sequencer.head() < head {
        let logged = log::after(chat, sequencer.head()).await?;
        if logged.is_empty() {
            break;
        }
        for logged in &logged {
            log::changed_elsewhere(chat, logged.entry);
        }
        sockets.admit(logged);
    }
    Ok(())
}
