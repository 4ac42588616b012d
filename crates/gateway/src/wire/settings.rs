//! Requests about settings.

use deserr::Deserr;
use domain::invalid::Invalid;
use domain::settings::{Finders, PresenceViewers, SettingsChanges, Writers};
use schemars::JsonSchema;

use super::fields::{Flag, fields, text};
use super::input::requests;
use crate::problem::Problem;

/// What to change of one's settings; what is absent or null stays.
#[derive(Deserr, JsonSchema)]
#[deserr(error = Problem)]
pub(crate) struct UpdateSettings {
    /// Who finds the user by the exact e-mail address.
    #[deserr(default)]
    find_me_by_email: Option<Finders>,
    /// Who finds the user by the exact username.
    #[deserr(default)]
    find_me_by_username: Option<Finders>,
    /// Who sees whether the user is there; who shows it to nobody sees nobody's.
    #[deserr(default)]
    presence: Option<PresenceViewers>,
    /// Who may write to the user first.
    #[deserr(default)]
    message_requests: Option<Writers>,
    /// Whether what is pushed to the user's devices says what a message says.
    #[deserr(default)]
    push_preview: Option<Flag>,
    /// Whether how far one has read is shown in one-to-one rooms; who does not show it does not see it of others.
    #[deserr(default)]
    #[schemars(with = "Option<bool>")]
    read_receipts: Option<Flag>,
}

impl From<UpdateSettings> for SettingsChanges {
    fn from(update: UpdateSettings) -> Self {
        let UpdateSettings { find_me_by_email, find_me_by_username, presence, message_requests, .. } = update;
        let push_preview = update.push_preview.map(|flag| flag.0);
        let read_receipts = update.read_receipts.map(|flag| flag.0);
        Self {
            find_me_by_email,
            find_me_by_username,
            presence,
            message_requests,
            push_preview,
            read_receipts,
        }
    }
}

fields! {
    Finders: |value, place| text(value, place, |text| {
        Finders::parse(text).ok_or(Invalid::NotOneOf(Finders::VALUES))
    }),
    PresenceViewers: |value, place| text(value, place, |text| {
        PresenceViewers::parse(text).ok_or(Invalid::NotOneOf(PresenceViewers::VALUES))
    }),
    Writers: |value, place| text(value, place, |text| {
        Writers::parse(text).ok_or(Invalid::NotOneOf(Writers::VALUES))
    }),
}

requests!(UpdateSettings);
