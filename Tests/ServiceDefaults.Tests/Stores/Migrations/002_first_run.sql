INSERT INTO runs VALUES (now());
