//! Ids as the columns hold them: sixteen bytes.

use domain::id::{
    DeliveryId, InviteId, MediaId, ReportId, RoomId, ScheduledId, SessionId, SubscriptionId, WebhookId,
};
use uuid::Uuid;

use crate::error::Error;

fn uuid(bytes: &[u8]) -> Result<Uuid, Error> {
    Uuid::from_slice(bytes).map_err(|error| Error::Other(error.into()))
}

/// Reads the id of a room.
pub(crate) fn room_id(bytes: &[u8]) -> Result<RoomId, Error> {
    uuid(bytes).map(RoomId)
}

/// Reads the id of a session.
pub(crate) fn session_id(bytes: &[u8]) -> Result<SessionId, Error> {
    uuid(bytes).map(SessionId)
}

/// Reads the id of an uploaded file.
pub(crate) fn media_id(bytes: &[u8]) -> Result<MediaId, Error> {
    uuid(bytes).map(MediaId)
}

/// Reads the id of an invite.
pub(crate) fn invite_id(bytes: &[u8]) -> Result<InviteId, Error> {
    uuid(bytes).map(InviteId)
}

/// Reads the id of a message that waits.
pub(crate) fn scheduled_id(bytes: &[u8]) -> Result<ScheduledId, Error> {
    uuid(bytes).map(ScheduledId)
}

/// Reads the id of a webhook.
pub(crate) fn webhook_id(bytes: &[u8]) -> Result<WebhookId, Error> {
    uuid(bytes).map(WebhookId)
}

/// Reads the id of a delivery.
pub(crate) fn delivery_id(bytes: &[u8]) -> Result<DeliveryId, Error> {
    uuid(bytes).map(DeliveryId)
}

/// Reads the id of a subscription.
pub(crate) fn subscription_id(bytes: &[u8]) -> Result<SubscriptionId, Error> {
    uuid(bytes).map(SubscriptionId)
}

/// Reads the id of a report.
pub(crate) fn report_id(bytes: &[u8]) -> Result<ReportId, Error> {
    uuid(bytes).map(ReportId)
}
