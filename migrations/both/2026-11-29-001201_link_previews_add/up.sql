-- What the pages behind links say of themselves, nothing where that could not be found, and how far in the event log the
-- previews have come.
CREATE TABLE link_previews (
    url_hash VARCHAR(43) NOT NULL PRIMARY KEY,
    fetched_at DATETIME(6) NOT NULL,
    title VARCHAR(255) NULL,
    description VARCHAR(512) NULL,
    site_name VARCHAR(128) NULL
);
CREATE INDEX link_previews_fetched_at ON link_previews (fetched_at);
CREATE TABLE link_preview_head (
    id INTEGER NOT NULL PRIMARY KEY,
    pos BIGINT NOT NULL
);
INSERT INTO link_preview_head (id, pos) SELECT 1, pos FROM log_head;
