-- Which reports administrators have closed, and what they note of a report.
ALTER TABLE reports ADD COLUMN closed_at DATETIME(6) NULL;
ALTER TABLE reports ADD COLUMN closed_by BIGINT NULL;
ALTER TABLE reports ADD COLUMN admin_note TEXT NULL;
