//! Events of rooms themselves, of their members, and of what these have set for them.

use domain::event::Event;
use domain::event_table::LogEntry;
use domain::id::{RoomId, UserId};
use domain::payload::{
    DisappearAfterChanged, MemberAdded, MemberLeft, RequestChanged, RoleChanged, RoomCreated,
    RoomSettingsChanged, RoomUpdated, ScheduledMessagesChanged,
};
use domain::room::Membership;
use persistence::Conn;
use persistence::error::Error as Stored;
use persistence::groups::{self, Look};
use persistence::members::{self, RoomMember};
use persistence::viewer::Viewer;
use persistence::{disappearing, message_requests, room_settings, room_views, scheduled_messages};

use super::{Builder, event, for_user};

impl Builder {
    /// Returns a member whom an entry is for, or about.
    pub(super) fn member(&self, conn: &mut Conn, room: RoomId, user: UserId) -> Result<RoomMember, Stored> {
        members::find(conn, Viewer { user, now: self.now }, room)
    }

    /// Makes the events of a room itself, of its members, and of what they have set for it.
    pub(super) fn room_events(&self, conn: &mut Conn, entry: LogEntry) -> Result<Vec<Event>, Stored> {
        Ok(match entry {
            LogEntry::RoomCreated { to, room } => {
                let member = self.member(conn, room, to)?;
                for_user(to, &RoomCreated { chatroom: &room_views::view(conn, &member)?.listed() })
            }
            LogEntry::RequestChanged { to, room } => {
                let member = self.member(conn, room, to)?;
                let request = message_requests::state(conn, &member)?;
                for_user(to, &RequestChanged { chatroom_id: room, request })
            }
            LogEntry::MemberLeft { to, member: Membership { room, user } } => {
                let removed_by = groups::removed_by(conn, Membership { room, user })?;
                let left = MemberLeft { chatroom_id: room, user_id: user, removed_by };
                event(&left, self.audience(to)).into_iter().collect()
            }
            LogEntry::RoomUpdated { room, .. } => {
                let Look { name: chatroom_name, avatar_url } = groups::look(conn, room)?;
                self.for_members(room, &RoomUpdated { chatroom_id: room, chatroom_name, avatar_url })
            }
            LogEntry::DisappearAfterChanged { room, .. } => {
                let disappear_after = disappearing::of_room(conn, room)?;
                self.for_members(room, &DisappearAfterChanged { chatroom_id: room, disappear_after })
            }
            LogEntry::MemberAdded { room, user } => {
                let member = self.member(conn, room, user)?;
                let participant = groups::participant(conn, &member, user)?;
                let receipt = member.receipt();
                self.for_members(room, &MemberAdded { chatroom_id: room, participant, receipt })
            }
            LogEntry::RoleChanged { room, user } => {
                let role = self.member(conn, room, user)?.role();
                self.for_members(room, &RoleChanged { chatroom_id: room, user_id: user, role })
            }
            LogEntry::RoomSettingsChanged { to, room } => {
                let member = self.member(conn, room, to)?;
                let settings = room_settings::shown(conn, &member)?;
                for_user(to, &RoomSettingsChanged { chatroom_id: room, settings })
            }
            LogEntry::ScheduledMessagesChanged { to, room } => {
                let member = self.member(conn, room, to)?;
                let scheduled = scheduled_messages::of_room(conn, &member)?;
                for_user(to, &ScheduledMessagesChanged { chatroom_id: room, scheduled })
            }
            _ => Vec::new(),
        })
    }
}
