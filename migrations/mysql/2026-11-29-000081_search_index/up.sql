-- The index of messages: for each block of positions of the log and each token the offsets, two bytes each, of the
-- messages that have it. It is made of the messages up to `pos`, also of those before this migration.
CREATE TABLE search_postings (
    block BIGINT NOT NULL,
    token BIGINT NOT NULL,
    offsets MEDIUMBLOB NOT NULL,
    PRIMARY KEY (block, token)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE search_head (
    id INT NOT NULL PRIMARY KEY,
    pos BIGINT NOT NULL,
    CONSTRAINT search_head_one CHECK (id = 1)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
INSERT INTO search_head (id, pos) VALUES (1, 0);
