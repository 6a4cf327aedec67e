-- Uploads that go on over several requests, or read a file. How far one is moves in the transaction that makes its rows durable.
CREATE TABLE uploads (
    upload_id uuid PRIMARY KEY,
    source_id int NOT NULL REFERENCES sources,
    -- The client's name for it: making it again finds it.
    upload_key text COLLATE "C" NOT NULL,
    format smallint NOT NULL,
    delimiter smallint NOT NULL,
    null_text text NOT NULL,
    header smallint NOT NULL,
    -- Bytes; null: not known yet.
    length bigint,
    -- Bytes of whole records; of a Parquet file: rows.
    place bigint NOT NULL DEFAULT 0,
    line bigint NOT NULL DEFAULT 0,
    csv_delimiter smallint NOT NULL DEFAULT 0,
    csv_columns text[],
    received bigint NOT NULL DEFAULT 0,
    accepted bigint NOT NULL DEFAULT 0,
    duplicates bigint NOT NULL DEFAULT 0,
    dead_lettered bigint NOT NULL DEFAULT 0,
    -- 0 receiving, 1 completed, 2 cancelled, 3 failed
    state smallint NOT NULL DEFAULT 0,
    fault text NOT NULL DEFAULT '',
    created_micros bigint NOT NULL,
    updated_micros bigint NOT NULL,
    UNIQUE (source_id, upload_key),
    CONSTRAINT counters_reconcile CHECK (received = accepted + duplicates + dead_lettered)
);
CREATE INDEX uploads_by_source ON uploads (source_id, created_micros DESC, upload_id DESC);
CREATE INDEX uploads_receiving ON uploads (source_id, updated_micros) WHERE state = 0;
CREATE INDEX uploads_by_update ON uploads (updated_micros);
