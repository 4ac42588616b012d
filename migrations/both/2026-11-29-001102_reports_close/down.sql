ALTER TABLE reports DROP COLUMN admin_note;
ALTER TABLE reports DROP COLUMN closed_by;
ALTER TABLE reports DROP COLUMN closed_at;
