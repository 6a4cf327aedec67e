-- A mismatch holds back the promotion of every model that reads the feature, until somebody says what it was and what became of it.
ALTER TABLE parity_mismatches
    ADD COLUMN resolved_micros bigint NOT NULL DEFAULT 0,
    ADD COLUMN resolution      text NOT NULL DEFAULT '',
    ADD COLUMN resolved_by     text NOT NULL DEFAULT '';

CREATE INDEX unresolved_parity_mismatches ON parity_mismatches (feature_view, feature) WHERE resolved_micros = 0;
