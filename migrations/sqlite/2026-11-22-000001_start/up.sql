-- The seed's five tables under their names, extended; and sessions, media, id_blocks.
-- Names compare by bytes: two spellings are one name if their keys, folded by the server, are equal.

CREATE TABLE users (
    user_id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    username TEXT NOT NULL,
    username_key TEXT NOT NULL,
    email TEXT NULL,
    email_key TEXT NULL,
    hashed_password TEXT NOT NULL,
    nickname TEXT NULL,
    avatar_url TEXT NULL,
    status TEXT NULL,
    discoverable BOOLEAN NOT NULL DEFAULT TRUE,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    last_seen_at TIMESTAMP NULL,
    deleted_at TIMESTAMP NULL
);
CREATE UNIQUE INDEX users_username_key ON users (username_key);
CREATE UNIQUE INDEX users_email_key ON users (email_key);

CREATE TABLE friends (
    user_id BIGINT NOT NULL,
    friend_id BIGINT NOT NULL,
    user_lo BIGINT NOT NULL,
    user_hi BIGINT NOT NULL,
    status TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    PRIMARY KEY (user_id, friend_id),
    CONSTRAINT friends_status CHECK (status IN ('pending', 'accepted', 'rejected', 'deleted')),
    CONSTRAINT friends_user FOREIGN KEY (user_id) REFERENCES users (user_id) ON DELETE CASCADE,
    CONSTRAINT friends_friend FOREIGN KEY (friend_id) REFERENCES users (user_id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX friends_pair ON friends (user_lo, user_hi);
CREATE INDEX friends_friend_id ON friends (friend_id);

CREATE TABLE chatrooms (
    chatroom_id BLOB NOT NULL PRIMARY KEY,
    chatroom_name TEXT NULL,
    kind TEXT NOT NULL,
    dm_key TEXT NULL,
    last_seq BIGINT NOT NULL DEFAULT 0,
    last_message_at TIMESTAMP NULL,
    created_by BIGINT NULL,
    created_at TIMESTAMP NOT NULL,
    CONSTRAINT chatrooms_kind CHECK (kind IN ('direct', 'group')),
    CONSTRAINT chatrooms_created_by FOREIGN KEY (created_by) REFERENCES users (user_id) ON DELETE SET NULL
);
CREATE UNIQUE INDEX chatrooms_dm_key ON chatrooms (dm_key);

CREATE TABLE participants (
    chatroom_id BLOB NOT NULL,
    user_id BIGINT NOT NULL,
    role TEXT NOT NULL,
    request_state TEXT NULL,
    joined_at TIMESTAMP NOT NULL,
    left_at TIMESTAMP NULL,
    muted_until TIMESTAMP NULL,
    last_delivered_seq BIGINT NOT NULL DEFAULT 0,
    last_read_seq BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (chatroom_id, user_id),
    CONSTRAINT participants_role CHECK (role IN ('owner', 'member')),
    CONSTRAINT participants_chatroom FOREIGN KEY (chatroom_id) REFERENCES chatrooms (chatroom_id) ON DELETE CASCADE,
    CONSTRAINT participants_user FOREIGN KEY (user_id) REFERENCES users (user_id) ON DELETE CASCADE
);
CREATE INDEX participants_user_id ON participants (user_id);

CREATE TABLE media (
    media_id BLOB NOT NULL PRIMARY KEY,
    owner_id BIGINT NOT NULL,
    purpose TEXT NOT NULL,
    stored_name TEXT NOT NULL,
    file_name TEXT NOT NULL,
    content_type TEXT NOT NULL,
    size BIGINT NOT NULL,
    width INTEGER NULL,
    height INTEGER NULL,
    created_at TIMESTAMP NOT NULL,
    CONSTRAINT media_owner FOREIGN KEY (owner_id) REFERENCES users (user_id) ON DELETE CASCADE
);
CREATE INDEX media_owner_id ON media (owner_id);

-- Clustered by (room, seq): a page of history is one range read.
CREATE TABLE messages (
    message_id BIGINT NOT NULL,
    chatroom_id BLOB NOT NULL,
    seq BIGINT NOT NULL,
    sender_id BIGINT NOT NULL,
    content TEXT NULL,
    caption TEXT NULL,
    message_type TEXT NOT NULL DEFAULT 'text',
    kind TEXT NULL,
    media_url TEXT NULL,
    media_id BLOB NULL,
    client_key TEXT NULL,
    reply_to BIGINT NULL,
    timestamp TIMESTAMP NOT NULL,
    edited_at TIMESTAMP NULL,
    deleted_at TIMESTAMP NULL,
    PRIMARY KEY (chatroom_id, seq),
    CONSTRAINT messages_type CHECK (message_type IN ('text', 'image', 'audio', 'file', 'video')),
    CONSTRAINT messages_chatroom FOREIGN KEY (chatroom_id) REFERENCES chatrooms (chatroom_id) ON DELETE CASCADE,
    CONSTRAINT messages_sender FOREIGN KEY (sender_id) REFERENCES users (user_id) ON DELETE CASCADE,
    CONSTRAINT messages_media FOREIGN KEY (media_id) REFERENCES media (media_id) ON DELETE SET NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX messages_message_id ON messages (message_id);
CREATE UNIQUE INDEX messages_client_key ON messages (sender_id, client_key);
CREATE INDEX messages_media_id ON messages (media_id);

CREATE TABLE sessions (
    session_id BLOB NOT NULL PRIMARY KEY,
    user_id BIGINT NOT NULL,
    secret_hash BLOB NOT NULL,
    previous_hash BLOB NULL,
    user_agent TEXT NULL,
    created_at TIMESTAMP NOT NULL,
    rotated_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL,
    revoked_at TIMESTAMP NULL,
    CONSTRAINT sessions_user FOREIGN KEY (user_id) REFERENCES users (user_id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX sessions_secret_hash ON sessions (secret_hash);
CREATE INDEX sessions_previous_hash ON sessions (previous_hash);
CREATE INDEX sessions_user_id ON sessions (user_id);

-- Message ids are handed out to servers in blocks, so that a batch knows its ids before it is written.
CREATE TABLE id_blocks (
    name TEXT NOT NULL PRIMARY KEY,
    next_id BIGINT NOT NULL
);

INSERT INTO id_blocks (name, next_id) VALUES ('messages', 1);
