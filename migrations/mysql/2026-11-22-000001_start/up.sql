-- The seed's five tables under their names, extended; and sessions, media, id_blocks.
-- Names compare by bytes: two spellings are one name if their keys, folded by the server, are equal.

CREATE TABLE users (
    user_id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    username VARCHAR(32) NOT NULL,
    username_key VARCHAR(64) NOT NULL,
    email VARCHAR(254) NULL,
    email_key VARCHAR(254) NULL,
    hashed_password VARCHAR(256) NOT NULL,
    nickname VARCHAR(32) NULL,
    avatar_url VARCHAR(512) NULL,
    status VARCHAR(256) NULL,
    discoverable BOOLEAN NOT NULL DEFAULT TRUE,
    created_at DATETIME(6) NOT NULL,
    updated_at DATETIME(6) NOT NULL,
    last_seen_at DATETIME(6) NULL,
    deleted_at DATETIME(6) NULL,
    UNIQUE KEY users_username_key (username_key),
    UNIQUE KEY users_email_key (email_key)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE friends (
    user_id BIGINT NOT NULL,
    friend_id BIGINT NOT NULL,
    user_lo BIGINT NOT NULL,
    user_hi BIGINT NOT NULL,
    status VARCHAR(32) NOT NULL,
    created_at DATETIME(6) NOT NULL,
    updated_at DATETIME(6) NOT NULL,
    PRIMARY KEY (user_id, friend_id),
    UNIQUE KEY friends_pair (user_lo, user_hi),
    KEY friends_friend_id (friend_id),
    CONSTRAINT friends_status CHECK (status IN ('pending', 'accepted', 'rejected', 'deleted')),
    CONSTRAINT friends_user FOREIGN KEY (user_id) REFERENCES users (user_id) ON DELETE CASCADE,
    CONSTRAINT friends_friend FOREIGN KEY (friend_id) REFERENCES users (user_id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE chatrooms (
    chatroom_id BINARY(16) NOT NULL PRIMARY KEY,
    chatroom_name VARCHAR(32) NULL,
    kind VARCHAR(16) NOT NULL,
    dm_key VARCHAR(48) NULL,
    last_seq BIGINT NOT NULL DEFAULT 0,
    last_message_at DATETIME(6) NULL,
    created_by BIGINT NULL,
    created_at DATETIME(6) NOT NULL,
    UNIQUE KEY chatrooms_dm_key (dm_key),
    CONSTRAINT chatrooms_kind CHECK (kind IN ('direct', 'group')),
    CONSTRAINT chatrooms_created_by FOREIGN KEY (created_by) REFERENCES users (user_id) ON DELETE SET NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE participants (
    chatroom_id BINARY(16) NOT NULL,
    user_id BIGINT NOT NULL,
    role VARCHAR(16) NOT NULL,
    request_state VARCHAR(16) NULL,
    joined_at DATETIME(6) NOT NULL,
    left_at DATETIME(6) NULL,
    muted_until DATETIME(6) NULL,
    last_delivered_seq BIGINT NOT NULL DEFAULT 0,
    last_read_seq BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (chatroom_id, user_id),
    KEY participants_user_id (user_id),
    CONSTRAINT participants_role CHECK (role IN ('owner', 'member')),
    CONSTRAINT participants_chatroom FOREIGN KEY (chatroom_id) REFERENCES chatrooms (chatroom_id) ON DELETE CASCADE,
    CONSTRAINT participants_user FOREIGN KEY (user_id) REFERENCES users (user_id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE media (
    media_id BINARY(16) NOT NULL PRIMARY KEY,
    owner_id BIGINT NOT NULL,
    purpose VARCHAR(16) NOT NULL,
    stored_name VARCHAR(128) NOT NULL,
    file_name VARCHAR(255) NOT NULL,
    content_type VARCHAR(128) NOT NULL,
    size BIGINT NOT NULL,
    width INT NULL,
    height INT NULL,
    created_at DATETIME(6) NOT NULL,
    KEY media_owner_id (owner_id),
    CONSTRAINT media_owner FOREIGN KEY (owner_id) REFERENCES users (user_id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Clustered by (room, seq): a page of history is one range read.
CREATE TABLE messages (
    message_id BIGINT NOT NULL,
    chatroom_id BINARY(16) NOT NULL,
    seq BIGINT NOT NULL,
    sender_id BIGINT NOT NULL,
    content TEXT NULL,
    caption TEXT NULL,
    message_type VARCHAR(16) NOT NULL DEFAULT 'text',
    kind VARCHAR(32) NULL,
    media_url VARCHAR(512) NULL,
    media_id BINARY(16) NULL,
    client_key VARCHAR(80) NULL,
    reply_to BIGINT NULL,
    timestamp DATETIME(6) NOT NULL,
    edited_at DATETIME(6) NULL,
    deleted_at DATETIME(6) NULL,
    PRIMARY KEY (chatroom_id, seq),
    UNIQUE KEY messages_message_id (message_id),
    UNIQUE KEY messages_client_key (sender_id, client_key),
    KEY messages_media_id (media_id),
    CONSTRAINT messages_type CHECK (message_type IN ('text', 'image', 'audio', 'file', 'video')),
    CONSTRAINT messages_chatroom FOREIGN KEY (chatroom_id) REFERENCES chatrooms (chatroom_id) ON DELETE CASCADE,
    CONSTRAINT messages_sender FOREIGN KEY (sender_id) REFERENCES users (user_id) ON DELETE CASCADE,
    CONSTRAINT messages_media FOREIGN KEY (media_id) REFERENCES media (media_id) ON DELETE SET NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE sessions (
    session_id BINARY(16) NOT NULL PRIMARY KEY,
    user_id BIGINT NOT NULL,
    secret_hash BINARY(32) NOT NULL,
    previous_hash BINARY(32) NULL,
    user_agent VARCHAR(256) NULL,
    created_at DATETIME(6) NOT NULL,
    rotated_at DATETIME(6) NOT NULL,
    expires_at DATETIME(6) NOT NULL,
    revoked_at DATETIME(6) NULL,
    UNIQUE KEY sessions_secret_hash (secret_hash),
    KEY sessions_previous_hash (previous_hash),
    KEY sessions_user_id (user_id),
    CONSTRAINT sessions_user FOREIGN KEY (user_id) REFERENCES users (user_id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Message ids are handed out to servers in blocks, so that a batch knows its ids before it is written.
CREATE TABLE id_blocks (
    name VARCHAR(32) NOT NULL PRIMARY KEY,
    next_id BIGINT NOT NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

INSERT INTO id_blocks (name, next_id) VALUES ('messages', 1);
