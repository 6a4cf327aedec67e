-- Training sets: their bytes are files named by the digest.
CREATE TABLE training_sets (
    digest                   text PRIMARY KEY CHECK (digest ~ '^[0-9a-f]{64}$'),
    feature_service          text NOT NULL,
    label                    text NOT NULL,
    from_micros              bigint NOT NULL,
    to_micros                bigint NOT NULL,
    label_known_until_micros bigint NOT NULL,
    rows                     bigint NOT NULL,
    size_bytes               bigint NOT NULL,
    definitions_version      integer NOT NULL,
    source_positions         jsonb NOT NULL,
    columns                  jsonb NOT NULL,
    created_micros           bigint NOT NULL
);

CREATE INDEX training_sets_newest ON training_sets (created_micros DESC, digest);
