-- What is shown of a picture before the whole of it is loaded, and how long a film or sound lasts.
ALTER TABLE media ADD COLUMN thumbhash VARCHAR(64) NULL;
-- The extension of the files with the smaller copies.
ALTER TABLE media ADD COLUMN thumbnails VARCHAR(4) NULL;
ALTER TABLE media ADD COLUMN duration_ms BIGINT NULL;
