//! Watches the stream of changes: what was committed and not announced is told out of the log.

use std::sync::Arc;
use std::time::Duration;

use chat::context::Chat;
use chat::{accounts, changes};
use tokio::time::{sleep, timeout};

use crate::live::{Order, Sockets};

/// How long an announcement may take after the commit before the log is asked.
const PATIENCE: Duration = Duration::from_millis(50);

/// How often the log is asked when nothing seems to be missing.
const ROUND: Duration = Duration::from_secs(1);

/// How often it is asked while the other nodes cannot be heard.
const DEAF: Duration = Duration::from_millis(250);

/// Looks after the stream for as long as the server runs.
pub(crate) async fn watch(chat: Arc<Chat>, sockets: Arc<Sockets>) {
    let (order, mut complained) = (sockets.order(), false);
    loop {
        let deaf = sockets.cluster().is_some_and(|cluster| !cluster.connected());
        let early = timeout(if deaf { DEAF } else { ROUND }, order.early()).await.is_ok();
        // What came early mostly waits for what is just about to come.
        sleep(PATIENCE).await;
        if early && !order.stuck() {
            continue;
        }
        match look(&chat, &sockets).await {
            Ok(()) => complained = false,
            Err(error) => {
                // Once: whoever looks at the log sees when it began.
                if !std::mem::replace(&mut complained, true) {
                    complain(&error);
                }
                sleep(ROUND).await;
            }
        }
    }
}

fn complain(error: &chat::error::Error) {
    tracing::warn!(%error, "the stream of changes cannot be read; it is tried again");
}

async fn look(chat: &Chat, sockets: &Sockets) -> Result<(), chat::error::Error> {
    refill(chat, sockets.order()).await?;
    if sockets.cluster().is_some() {
        for session in accounts::revoked_elsewhere(chat).await? {
            sockets.end(session);
        }
    }
    Ok(())
}

/// Tells everything that the log has and that was not told within the time that an announcement may take.
async fn refill<T>(chat: &Chat, order: &Order<T>) -> Result<(), chat::error::Error> {
    let head = changes::head(chat).await?.pos;
    if order.head() >= head {
        return Ok(());
    }
    sleep(PATIENCE).await;
    while order.head() < head && changes::tell_again(chat, order.head()).await? > 0 {}
    Ok(())
}
