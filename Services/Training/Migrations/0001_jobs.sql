CREATE TABLE jobs (
    id                  uuid PRIMARY KEY,
    sequence            bigint GENERATED ALWAYS AS IDENTITY,
    kind                text NOT NULL,
    model_name          text NOT NULL,
    request             bytea NOT NULL,
    idempotency_key     text UNIQUE,
    -- Numbers of JobState in the contract.
    state               smallint NOT NULL,
    stage               text NOT NULL DEFAULT '',
    progress            double precision NOT NULL DEFAULT 0,
    error               text NOT NULL DEFAULT '',
    attempt             integer NOT NULL DEFAULT 0,
    cancel_requested    boolean NOT NULL DEFAULT false,
    -- Not taken before this instant: waits grow after failures.
    available_at        timestamptz NOT NULL DEFAULT now(),
    -- Whoever holds the token writes to the job; the database's clock decides when the lease has run out.
    lease_token         uuid,
    lease_until         timestamptz,
    created_at          timestamptz NOT NULL DEFAULT now(),
    started_at          timestamptz,
    ended_at            timestamptz,
    model_version       integer NOT NULL DEFAULT 0,
    model_digest        text NOT NULL DEFAULT '',
    training_set_digest text NOT NULL DEFAULT '',
    run_id              text NOT NULL DEFAULT '',
    metrics             jsonb NOT NULL DEFAULT '{}',
    -- Grows with every change of the row; watchers compare it.
    revision            bigint NOT NULL DEFAULT 1
);

CREATE INDEX jobs_to_do ON jobs (sequence) WHERE state IN (1, 2);
CREATE INDEX jobs_newest ON jobs (sequence DESC);
CREATE INDEX jobs_of_model ON jobs (model_name, sequence DESC);
