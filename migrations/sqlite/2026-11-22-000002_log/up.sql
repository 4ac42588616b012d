-- Every change that a client must know of is one row here, in the order of the commits.

-- One row, which a transaction locks as the last thing before its commit: positions are dense and in the order of commits.
CREATE TABLE log_head (
    id INTEGER NOT NULL PRIMARY KEY,
    epoch TEXT NOT NULL,
    pos BIGINT NOT NULL,
    CONSTRAINT log_head_one CHECK (id = 1)
);

INSERT INTO log_head (id, epoch, pos) VALUES (1, lower(hex(randomblob(4))), 0);

-- `topic` is the room whose members, or the user whose devices get the event; `subject` is a `seq` or a user id.
CREATE TABLE changes (
    pos INTEGER NOT NULL PRIMARY KEY,
    topic BLOB NOT NULL,
    kind TEXT NOT NULL,
    chatroom_id BLOB NULL,
    subject BIGINT NOT NULL
);
CREATE INDEX changes_topic ON changes (topic, pos);

-- Older texts of edited messages.
CREATE TABLE message_versions (
    chatroom_id BLOB NOT NULL,
    seq BIGINT NOT NULL,
    version BIGINT NOT NULL,
    content TEXT NULL,
    caption TEXT NULL,
    written_at TIMESTAMP NOT NULL,
    PRIMARY KEY (chatroom_id, seq, version),
    CONSTRAINT message_versions_message FOREIGN KEY (chatroom_id, seq)
        REFERENCES messages (chatroom_id, seq) ON DELETE CASCADE
) WITHOUT ROWID;

CREATE TABLE reactions (
    chatroom_id BLOB NOT NULL,
    seq BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    emoji TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    PRIMARY KEY (chatroom_id, seq, user_id, emoji),
    CONSTRAINT reactions_message FOREIGN KEY (chatroom_id, seq)
        REFERENCES messages (chatroom_id, seq) ON DELETE CASCADE,
    CONSTRAINT reactions_user FOREIGN KEY (user_id) REFERENCES users (user_id) ON DELETE CASCADE
) WITHOUT ROWID;
CREATE INDEX reactions_user_id ON reactions (user_id);

-- Messages that a user has hidden.
CREATE TABLE hidden_messages (
    user_id BIGINT NOT NULL,
    chatroom_id BLOB NOT NULL,
    seq BIGINT NOT NULL,
    PRIMARY KEY (user_id, chatroom_id, seq),
    CONSTRAINT hidden_messages_message FOREIGN KEY (chatroom_id, seq)
        REFERENCES messages (chatroom_id, seq) ON DELETE CASCADE,
    CONSTRAINT hidden_messages_user FOREIGN KEY (user_id) REFERENCES users (user_id) ON DELETE CASCADE
) WITHOUT ROWID;
CREATE INDEX hidden_messages_message ON hidden_messages (chatroom_id, seq);

-- Socket.IO clients that can recover their connection: their `sid` and the rooms that they had joined.
CREATE TABLE recoveries (
    pid_hash BLOB NOT NULL PRIMARY KEY,
    session_id BLOB NOT NULL,
    sid TEXT NOT NULL,
    chatroom_ids BLOB NOT NULL,
    used_at TIMESTAMP NOT NULL,
    CONSTRAINT recoveries_session FOREIGN KEY (session_id) REFERENCES sessions (session_id) ON DELETE CASCADE
);
CREATE INDEX recoveries_session_id ON recoveries (session_id);
CREATE INDEX recoveries_used_at ON recoveries (used_at);

-- Finds the sessions that other nodes have ended lately.
CREATE INDEX sessions_revoked_at ON sessions (revoked_at);
