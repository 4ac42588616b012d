DROP TABLE room_settings;
