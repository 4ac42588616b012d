ALTER TABLE chatrooms DROP COLUMN blocked;
DROP TABLE blocks;
