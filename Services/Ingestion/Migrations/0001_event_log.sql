CREATE TABLE sources (
    source_id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text COLLATE "C" NOT NULL UNIQUE,
    version int NOT NULL
);

CREATE TABLE source_versions (
    source_id int NOT NULL REFERENCES sources,
    version int NOT NULL,
    definition json NOT NULL,
    created_micros bigint NOT NULL,
    PRIMARY KEY (source_id, version)
);

-- One row a source. A writer updates it in its last statement, so its lock, held until the commit, puts the commits of a
-- source in position order: whoever sees position n sees all positions below n. A rollback gives the numbers back.
-- head_position is also the number of accepted events.
CREATE TABLE source_heads (
    source_id int PRIMARY KEY REFERENCES sources,
    head_position bigint NOT NULL DEFAULT 0,
    received bigint NOT NULL DEFAULT 0,
    duplicates bigint NOT NULL DEFAULT 0,
    dead_lettered bigint NOT NULL DEFAULT 0,
    refused bigint NOT NULL DEFAULT 0,
    last_event_micros bigint NOT NULL DEFAULT 0,
    last_created_micros bigint NOT NULL DEFAULT 0,
    CONSTRAINT counters_reconcile CHECK (received = head_position + duplicates + dead_lettered + refused)
) WITH (fillfactor = 10, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);

-- Which events have which positions: position = first_position + seq.
CREATE TABLE event_batches (
    source_id int NOT NULL,
    last_position bigint NOT NULL,
    first_position bigint NOT NULL,
    batch bigint NOT NULL,
    schema_version int NOT NULL,
    payload_bytes bigint NOT NULL,
    created_micros bigint NOT NULL,
    trace_parent text COLLATE "C" NOT NULL,
    PRIMARY KEY (source_id, last_position)
);

-- Blocks of 1,000 batch numbers; the day (since 1970-01-01) is put above their lowest 40 bits.
CREATE SEQUENCE batch_blocks MAXVALUE 1000000000;

-- Append-only, one partition a day: events_20260131 holds the batches [day << 40, (day + 1) << 40).
CREATE TABLE events (
    batch bigint NOT NULL,
    event_micros bigint NOT NULL,
    seq int NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    payload json NOT NULL,
    PRIMARY KEY (batch, seq)
) PARTITION BY RANGE (batch);

-- Every event id of the log. Apart from the log because a unique index cannot span the days.
CREATE TABLE event_ids (
    source_id int NOT NULL,
    day int NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    PRIMARY KEY (source_id, event_id)
);

CREATE TABLE dead_letters (
    dead_letter_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source_id int NOT NULL REFERENCES sources,
    -- SHA-256 of what was sent: sending a bad row again is a duplicate, as it is for a good one.
    digest bytea NOT NULL,
    row_number bigint NOT NULL,
    -- As far as it is known; and, with event_micros, what came beside the payload.
    event_id text NOT NULL,
    sent_id text NOT NULL,
    event_micros bigint NOT NULL,
    field text NOT NULL,
    reason text NOT NULL,
    payload bytea NOT NULL,
    original bytea NOT NULL,
    created_micros bigint NOT NULL,
    -- 0 waiting, 1 replayed, 2 discarded
    state smallint NOT NULL DEFAULT 0,
    UNIQUE (source_id, digest)
);
CREATE INDEX dead_letters_by_source ON dead_letters (source_id, state, dead_letter_id);

-- For people; services read the tables.
CREATE VIEW event_log AS
SELECT s.name AS source, b.first_position + e.seq AS position, e.event_id,
       to_timestamp(e.event_micros / 1e6) AS event_timestamp, to_timestamp(b.created_micros / 1e6) AS created_timestamp,
       e.payload, b.schema_version, b.trace_parent
FROM event_batches b JOIN sources s USING (source_id) JOIN events e USING (batch);
