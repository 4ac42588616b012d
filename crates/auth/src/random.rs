//! Random bytes of the system.

use ring::rand::{SecureRandom, SystemRandom};

use crate::error::Error;

/// Returns `N` random bytes.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], Error> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).map_err(|_unspecified| Error::System("no randomness"))?;
    Ok(bytes)
}
