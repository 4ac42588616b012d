//! Connections that do nothing: what one costs.

use std::time::{Duration, Instant};

use tokio::task::{JoinSet, LocalSet};

use crate::Failure;
use crate::client::{Client, Received};
use crate::ledger::Faults;
use crate::report::Quiet;
use crate::run::Stage;

/// How long the server gets to come to rest after the last connection.
const REST: Duration = Duration::from_secs(3);

/// Opens connections, keeps them for as long as a scenario is measured, and returns what they cost.
pub(crate) async fn sit(stage: &Stage<'_>, connections: usize) -> Result<Quiet, Failure> {
    let (began, before) = (Instant::now(), stage.parties.cpu());
    let base_kb = stage.parties.server.memory_kb();
    let base_files = stage.parties.server.open_files();
    let clients = stage.connect(connections).await?;
    let connecting = stage.parties.cpu() - before;
    let connecting_secs = began.elapsed().as_secs_f64();
    let (crowd, mut sitters) = (LocalSet::new(), JoinSet::new());
    for client in clients {
        sitters.spawn_local_on(listen(client), &crowd);
    }
    let measure = async {
        tokio::time::sleep(REST).await;
        let full_kb = stage.parties.server.memory_kb();
        let files = stage.parties.server.open_files().saturating_sub(base_files);
        let before = stage.parties.cpu();
        tokio::time::sleep(stage.secs).await;
        (full_kb, files, stage.parties.cpu() - before)
    };
    let (full_kb, files, sitting) = crowd.run_until(measure).await;
    let mut closed = 0;
    while sitters.try_join_next().is_some() {
        closed += 1;
    }
    let (secs, faults) = (stage.secs.as_secs_f64(), Faults { closed, ..Faults::default() });
    Ok(Quiet { connections, connecting_secs, connecting, base_kb, full_kb, files, secs, sitting, faults })
}

/// Answers keep-alives until the connection closes.
async fn listen(mut client: Client) {
    while client.receive().await != Received::Closed {}
}
