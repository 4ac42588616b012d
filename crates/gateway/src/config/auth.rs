//! The settings of how secrets are handled and who may come in.

use auth::throttle;
use serde::{Deserialize, Serialize};

use super::error::{Error, range};

/// How secrets are handled, and who may come in.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Auth {
    /// How long an access token lasts, in minutes.
    pub access_token_minutes: u64,
    /// How long a sign-in lasts when it is not used, in days.
    pub session_days: u64,
    /// How long a sign-in lasts at most, in days.
    pub session_max_days: u64,
    /// The cost of bcrypt, 4 to 31.
    pub bcrypt_cost: u32,
    /// A secret kept outside the database, without which its password hashes are useless.
    pub pepper: Option<String>,
    /// Who may make an account.
    pub registration: Registration,
    /// What makes an account where registration is by invite.
    pub invite_code: Option<String>,
    /// How many wrong passwords for one account are free before pauses begin.
    pub login_failures: u32,
    /// How many wrong passwords and invite codes of one address are free before pauses begin.
    pub address_failures: u32,
    /// How many accounts one address may make in an hour.
    pub registrations_per_hour: u32,
}

/// Who may make an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Registration {
    /// Everybody.
    Open,
    /// Who has the invite code.
    Invite,
    /// Nobody.
    Closed,
}

impl Default for Auth {
    fn default() -> Self {
        let throttle = throttle::Config::default();
        Self {
            access_token_minutes: 120,
            session_days: 30,
            session_max_days: 180,
            bcrypt_cost: 12,
            pepper: None,
            registration: Registration::Open,
            invite_code: None,
            login_failures: throttle.login_failures,
            address_failures: throttle.address_failures,
            registrations_per_hour: throttle.registrations,
        }
    }
}

/// The shortest invite code, in bytes.
const INVITE_MIN: usize = 8;

/// More than anybody needs who wants no limit.
const ATTEMPTS_MAX: u64 = 1_000_000;

impl Auth {
    pub(super) fn check(&self) -> Result<(), Error> {
        range("auth.access_token_minutes", self.access_token_minutes, 1, 525_600)?;
        range("auth.session_days", self.session_days, 1, 3_650)?;
        range("auth.session_max_days", self.session_max_days, 1, 3_650)?;
        range("auth.login_failures", self.login_failures.into(), 1, ATTEMPTS_MAX)?;
        range("auth.address_failures", self.address_failures.into(), 1, ATTEMPTS_MAX)?;
        range("auth.registrations_per_hour", self.registrations_per_hour.into(), 1, ATTEMPTS_MAX)?;
        let code = self.invite_code.as_deref().unwrap_or_default().trim();
        if self.registration == Registration::Invite && code.len() < INVITE_MIN {
            return Err(Error::Value(format!(
                "REGISTRATION is `invite`; set INVITE_CODE to a code of at least {INVITE_MIN} characters, as made by `openssl rand -hex 8`"
            )));
        }
        Ok(())
    }
}
