-- How far a source has read a table of another database: moved in the transaction that makes the rows durable.
CREATE TABLE table_pulls (
    source_id int PRIMARY KEY REFERENCES sources,
    -- Of the last row read, as text; null: none was read yet.
    watermark text,
    row_key text,
    received bigint NOT NULL DEFAULT 0,
    accepted bigint NOT NULL DEFAULT 0,
    duplicates bigint NOT NULL DEFAULT 0,
    dead_lettered bigint NOT NULL DEFAULT 0,
    -- Why the last round failed; empty: it did not.
    fault text NOT NULL DEFAULT '',
    updated_micros bigint NOT NULL,
    CONSTRAINT counters_reconcile CHECK (received = accepted + duplicates + dead_lettered)
);
