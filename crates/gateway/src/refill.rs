//! Publishes what was committed and not published, from the log.

use std::sync::Arc;
use std::time::Duration;

use chat::context::Chat;
use chat::{accounts, log};
use live::Live;
use tokio::time::{sleep, timeout};

/// How long publishing may take after the commit before the log is read.
const PATIENCE: Duration = Duration::from_millis(50);

/// How often the log is read when nothing seems to be missing.
const ROUND: Duration = Duration::from_secs(1);

/// How often it is read while nothing comes from other nodes.
const DISCONNECTED: Duration = Duration::from_millis(250);

/// Refills for as long as the server runs.
pub(crate) async fn watch(chat: Arc<Chat>, live: Arc<Live>) {
    let (sequencer, mut failed) = (live.sequencer(), false);
    loop {
        let disconnected = live.cluster().is_some_and(|cluster| !cluster.connected());
        let round = if disconnected { DISCONNECTED } else { ROUND };
        let early = timeout(round, sequencer.early()).await.is_ok();
        // Early items mostly wait for one that is about to arrive.
        sleep(PATIENCE).await;
        if early && !sequencer.stuck() {
            continue;
        }
        match look(&chat, &live).await {
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

async fn look(chat: &Chat, live: &Live) -> Result<(), chat::error::Error> {
    refill(chat, live).await?;
    match live.cluster() {
        Some(_) => accounts::end_revoked(chat).await,
        None => Ok(()),
    }
}

/// Sends what the log has and what was not published within the time that it may take.
async fn refill(chat: &Chat, live: &Live) -> Result<(), chat::error::Error> {
    let (sequencer, head) = (live.sequencer(), log::head(chat).await?.position);
    if sequencer.head() >= head {
        return Ok(());
    }
    sleep(PATIENCE).await;
    while sequencer.head() < head {
        let logged = log::after(chat, sequencer.head()).await?;
        if logged.is_empty() {
            break;
        }
        log::publish_here(chat, logged);
    }
    Ok(())
}
