-- Fails when it is run twice, and takes long enough for others to come meanwhile.
CREATE TABLE runs (at timestamptz NOT NULL);
SELECT pg_sleep(0.2);
