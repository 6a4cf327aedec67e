-- What is asked of a source's events, and whether it is so.
CREATE TABLE quality_rules (
    source_id int NOT NULL REFERENCES sources,
    name text COLLATE "C" NOT NULL,
    check_kind smallint NOT NULL,
    field text COLLATE "C" NOT NULL,
    bound double precision NOT NULL,
    window_micros bigint NOT NULL,
    -- 0 no data, 1 ok, 2 firing; since when; and when it was last looked at
    state smallint NOT NULL DEFAULT 0,
    value double precision,
    since_micros bigint NOT NULL,
    evaluated_micros bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (source_id, name)
);

-- One value a minute.
CREATE TABLE quality_measurements (
    source_id int NOT NULL,
    rule text COLLATE "C" NOT NULL,
    at_micros bigint NOT NULL,
    value double precision NOT NULL,
    state smallint NOT NULL,
    PRIMARY KEY (source_id, rule, at_micros),
    FOREIGN KEY (source_id, rule) REFERENCES quality_rules ON DELETE CASCADE
);
CREATE INDEX quality_measurements_by_age ON quality_measurements (at_micros);
