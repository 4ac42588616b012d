use super::*;
use crate::message::MessageKind;
use crate::receipt::ReadStatus;
use crate::user::Author;

#[test]
fn what_is_put_together_is_what_the_types_write() {
    let user = Author {
        id: UserId(7),
        username: "小明".to_owned(),
        user_name: "小明".to_owned(),
        nickname: None,
        picture_url: None,
        is_bot: false,
    };
    let message = Message {
        id: MessageId(1),
        room: RoomId::generate(),
        seq: 1,
        sender: UserId(7),
        user,
        content: "你好 }".to_owned(),
        caption: None,
        kind: MessageKind::Text,
        media_url: None,
        media: None,
        read_status: ReadStatus::Unread,
        read_by_count: 0,
        timestamp: Time::new(chrono::DateTime::UNIX_EPOCH),
        client_msg_id: None,
        reply_to: None,
        reactions: Vec::new(),
        edited_at: None,
        deleted: false,
        expires_at: None,
        system: None,
        extras: None,
    };
    let text = serde_json::to_string(&message).unwrap();
    let typed = NewMessage { message: &message, unread_count: 3 };
    assert_eq!(NewMessage::pieces(&text, "3").concat(), serde_json::to_string(&typed).unwrap());
    for own in [true, false] {
        let typed = ReceivedMessage { message: &message, is_sent_by_viewer: own, img: "" };
        assert_eq!(ReceivedMessage::pieces(&text, own).concat(), serde_json::to_string(&typed).unwrap());
    }
}
