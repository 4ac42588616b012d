ALTER TABLE media DROP COLUMN duration_ms;
ALTER TABLE media DROP COLUMN thumbnails;
ALTER TABLE media DROP COLUMN thumbhash;
