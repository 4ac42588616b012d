DROP TABLE id_blocks;
DROP TABLE sessions;
DROP TABLE messages;
DROP TABLE media;
DROP TABLE participants;
DROP TABLE chatrooms;
DROP TABLE friends;
DROP TABLE users;
