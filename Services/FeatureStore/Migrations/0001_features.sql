-- Definitions: every applied document with the source schemas it was checked against.
CREATE TABLE definition_versions (
    version     integer PRIMARY KEY,
    yaml        text NOT NULL,
    file_name   text NOT NULL,
    schemas     jsonb NOT NULL,
    applied_at  timestamptz NOT NULL
);

-- The newest schema of each source as Ingestion declared it: kept, so that reads and restarts do not need Ingestion.
CREATE TABLE source_schemas (
    source      text PRIMARY KEY,
    schema      jsonb NOT NULL,
    updated_at  timestamptz NOT NULL
);

-- The Redis server that the online values are in. The same id is a key there; when it is missing, the values are lost.
CREATE TABLE online_store (
    single      boolean PRIMARY KEY DEFAULT true CHECK (single),
    store_id    uuid NOT NULL,
    since       timestamptz NOT NULL
);

-- One row each time a view's online values are built from the beginning; the current one of a view is not retired.
-- The generation is part of the Redis key, so a rebuild never meets what an older one left.
CREATE TABLE view_materializations (
    generation                  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    feature_view                text NOT NULL,
    fingerprint                 text NOT NULL,
    source                      text NOT NULL,
    reason                      text NOT NULL CHECK (reason IN ('added', 'changed', 'store lost')),
    position                    bigint NOT NULL DEFAULT 0,
    target_position             bigint NOT NULL,
    entities                    bigint NOT NULL DEFAULT 0,
    last_event_timestamp_micros bigint NOT NULL DEFAULT 0,
    lag_seconds                 double precision NOT NULL DEFAULT 0,
    created_at                  timestamptz NOT NULL,
    ready_at                    timestamptz,
    retired_at                  timestamptz,
    cleaned_at                  timestamptz
);

CREATE UNIQUE INDEX one_current_materialization ON view_materializations (feature_view) WHERE retired_at IS NULL;

CREATE TABLE source_progress (
    source                      text PRIMARY KEY,
    head_position               bigint NOT NULL,
    offline_position            bigint NOT NULL,
    offline_rows                bigint NOT NULL,
    online_position             bigint NOT NULL,
    last_event_timestamp_micros bigint NOT NULL,
    last_materialized_micros    bigint NOT NULL,
    error                       text NOT NULL
);
