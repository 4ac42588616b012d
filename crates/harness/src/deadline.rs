//! How long anything may take before it counts as never happening.

use std::time::Duration;

/// Far longer than anything takes on a loaded machine; only a test that fails waits this long.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// Waits for `event`, or fails the test with what it waited for.
pub async fn within<T>(what: &str, event: impl Future<Output = T>) -> T {
    let limited = tokio::time::timeout(PATIENCE, event).await;
    limited
        .unwrap_or_else(|elapsed| panic!("{what}: nothing came within {} s: {elapsed}", PATIENCE.as_secs()))
}
