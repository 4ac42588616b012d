-- What users report to the administrator, with what the message said by then.
CREATE TABLE reports (
    report_id BINARY(16) NOT NULL PRIMARY KEY,
    reporter_id BIGINT NOT NULL,
    reported_id BIGINT NOT NULL,
    chatroom_id BINARY(16) NULL,
    seq BIGINT NULL,
    reason VARCHAR(16) NOT NULL,
    note TEXT NULL,
    evidence TEXT NULL,
    created_at DATETIME(6) NOT NULL,
    CONSTRAINT reports_reporter FOREIGN KEY (reporter_id) REFERENCES users (user_id) ON DELETE CASCADE,
    CONSTRAINT reports_reported FOREIGN KEY (reported_id) REFERENCES users (user_id) ON DELETE CASCADE
);
CREATE INDEX reports_reporter_id ON reports (reporter_id);
CREATE INDEX reports_reported_id ON reports (reported_id);
CREATE INDEX reports_created_at ON reports (created_at);
