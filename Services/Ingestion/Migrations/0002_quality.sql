-- What the events of a batch look like, written with the batch: exact, and without a row that writers would queue for.
-- statistics is FieldStatistics' encoding, by the fields of the batch's schema version.
ALTER TABLE event_batches
    ADD COLUMN mean_event_micros bigint,
    ADD COLUMN min_event_micros bigint,
    ADD COLUMN statistics bytea NOT NULL DEFAULT '';

-- The batches summed up by hour. They outlive the log's retention.
CREATE TABLE quality_hours (
    source_id int NOT NULL REFERENCES sources,
    start_micros bigint NOT NULL,
    events bigint NOT NULL,
    lag_micros_sum double precision NOT NULL,
    max_lag_micros bigint NOT NULL,
    PRIMARY KEY (source_id, start_micros)
);

CREATE TABLE quality_fields (
    source_id int NOT NULL REFERENCES sources,
    start_micros bigint NOT NULL,
    field text COLLATE "C" NOT NULL,
    nulls bigint NOT NULL,
    minimum double precision,
    maximum double precision,
    PRIMARY KEY (source_id, start_micros, field)
);

-- Up to which position the batches are summed up.
CREATE TABLE quality_progress (
    source_id int PRIMARY KEY REFERENCES sources,
    position bigint NOT NULL
);
