CREATE TABLE runs (
    run_id          text PRIMARY KEY,
    experiment      text NOT NULL,
    run_name        text NOT NULL,
    status          integer NOT NULL,
    started_micros  bigint NOT NULL,
    ended_micros    bigint NOT NULL DEFAULT 0,
    idempotency_key text
);

CREATE UNIQUE INDEX runs_by_idempotency_key ON runs (experiment, idempotency_key) WHERE idempotency_key IS NOT NULL;
CREATE INDEX runs_by_experiment ON runs (experiment, started_micros DESC, run_id);

CREATE TABLE run_parameters (
    run_id text NOT NULL REFERENCES runs (run_id),
    key    text NOT NULL,
    value  text NOT NULL,
    PRIMARY KEY (run_id, key)
);

CREATE TABLE run_tags (
    run_id text NOT NULL REFERENCES runs (run_id),
    key    text NOT NULL,
    value  text NOT NULL,
    PRIMARY KEY (run_id, key)
);

CREATE TABLE run_metrics (
    run_id           text NOT NULL REFERENCES runs (run_id),
    key              text NOT NULL,
    step             bigint NOT NULL,
    timestamp_micros bigint NOT NULL,
    value            double precision NOT NULL,
    PRIMARY KEY (run_id, key, step, timestamp_micros)
);
