-- Every change that a client must know of is one row here, in the order of the commits.

-- One row, which a transaction locks as the last thing before its commit: positions are dense and in the order of commits.
CREATE TABLE log_head (
    id INT NOT NULL PRIMARY KEY,
    epoch CHAR(8) NOT NULL,
    pos BIGINT NOT NULL,
    CONSTRAINT log_head_one CHECK (id = 1)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

INSERT INTO log_head (id, epoch, pos) VALUES (1, LEFT(REPLACE(UUID(), '-', ''), 8), 0);

-- `topic` is the room whose members, or the user whose devices get the event; `subject` is a `seq` or a user id.
CREATE TABLE changes (
    pos BIGINT NOT NULL PRIMARY KEY,
    topic BINARY(16) NOT NULL,
    kind VARCHAR(16) NOT NULL,
    chatroom_id BINARY(16) NULL,
    subject BIGINT NOT NULL,
    KEY changes_topic (topic, pos)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Older texts of edited messages.
CREATE TABLE message_versions (
    chatroom_id BINARY(16) NOT NULL,
    seq BIGINT NOT NULL,
    version BIGINT NOT NULL,
    content TEXT NULL,
    caption TEXT NULL,
    written_at DATETIME(6) NOT NULL,
    PRIMARY KEY (chatroom_id, seq, version),
    CONSTRAINT message_versions_message FOREIGN KEY (chatroom_id, seq)
        REFERENCES messages (chatroom_id, seq) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE reactions (
    chatroom_id BINARY(16) NOT NULL,
    seq BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    emoji VARCHAR(64) NOT NULL,
    created_at DATETIME(6) NOT NULL,
    PRIMARY KEY (chatroom_id, seq, user_id, emoji),
    KEY reactions_user_id (user_id),
    CONSTRAINT reactions_message FOREIGN KEY (chatroom_id, seq)
        REFERENCES messages (chatroom_id, seq) ON DELETE CASCADE,
    CONSTRAINT reactions_user FOREIGN KEY (user_id) REFERENCES users (user_id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Messages that a user has hidden.
CREATE TABLE hidden_messages (
    user_id BIGINT NOT NULL,
    chatroom_id BINARY(16) NOT NULL,
    seq BIGINT NOT NULL,
    PRIMARY KEY (user_id, chatroom_id, seq),
    KEY hidden_messages_message (chatroom_id, seq),
    CONSTRAINT hidden_messages_message FOREIGN KEY (chatroom_id, seq)
        REFERENCES messages (chatroom_id, seq) ON DELETE CASCADE,
    CONSTRAINT hidden_messages_user FOREIGN KEY (user_id) REFERENCES users (user_id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Socket.IO clients that can recover their connection: their `sid` and the rooms that they had joined.
CREATE TABLE recoveries (
    pid_hash BINARY(32) NOT NULL PRIMARY KEY,
    session_id BINARY(16) NOT NULL,
    sid VARCHAR(64) NOT NULL,
    chatroom_ids BLOB NOT NULL,
    used_at DATETIME(6) NOT NULL,
    KEY recoveries_session_id (session_id),
    KEY recoveries_used_at (used_at),
    CONSTRAINT recoveries_session FOREIGN KEY (session_id) REFERENCES sessions (session_id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Finds the sessions that other nodes have ended lately.
CREATE INDEX sessions_revoked_at ON sessions (revoked_at);
