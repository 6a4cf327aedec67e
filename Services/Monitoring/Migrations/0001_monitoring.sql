-- One row per prediction id, whether its prediction or its label came first: the row lock on it is what makes both calls
-- idempotent and the join exact. Score and timestamps are repeated here so that a label never has to look into the partitions.
CREATE TABLE outcomes (
    prediction_id     text COLLATE "C" PRIMARY KEY,
    model_name        text COLLATE "C",
    model_version     integer,
    score             double precision,
    prediction_micros bigint,
    created_micros    bigint,
    label             double precision,
    label_micros      bigint,
    label_model       text COLLATE "C",
    -- When a label came before its prediction; NULL again once joined. No index holds a column that an ordinary label
    -- writes, so labels are heap-only updates.
    waiting_since     bigint
) WITH (fillfactor = 85);

CREATE INDEX outcomes_waiting ON outcomes (waiting_since) WHERE waiting_since IS NOT NULL;

-- The log, one partition per UTC day of the created timestamp.
CREATE TABLE predictions (
    created_micros    bigint NOT NULL,
    prediction_id     text COLLATE "C" NOT NULL,
    model_name        text COLLATE "C" NOT NULL,
    model_version     integer NOT NULL,
    score             double precision NOT NULL,
    label             text NOT NULL,
    prediction_micros bigint NOT NULL,
    entity_keys       jsonb NOT NULL,
    features          double precision[] NOT NULL,
    role              text NOT NULL,
    latency_seconds   double precision NOT NULL,
    trace_id          text NOT NULL,
    batch_id          bigint NOT NULL
) PARTITION BY RANGE (created_micros);

CREATE INDEX predictions_model ON predictions (model_name, created_micros, prediction_id);
CREATE INDEX predictions_batch ON predictions (batch_id);

-- Predictions whose truth is known, in the same partitions.
CREATE TABLE labelled_predictions (
    created_micros    bigint NOT NULL,
    prediction_id     text COLLATE "C" NOT NULL,
    model_name        text COLLATE "C" NOT NULL,
    model_version     integer NOT NULL,
    score             double precision NOT NULL,
    label             double precision NOT NULL,
    prediction_micros bigint NOT NULL,
    label_micros      bigint NOT NULL,
    batch_id          bigint NOT NULL
) PARTITION BY RANGE (created_micros);

CREATE INDEX labelled_predictions_model ON labelled_predictions (model_name, created_micros, prediction_id);
CREATE INDEX labelled_predictions_newest ON labelled_predictions (model_name, model_version, prediction_micros);
CREATE INDEX labelled_predictions_batch ON labelled_predictions (batch_id);

-- What one call added and the evaluation has not seen yet: the evaluation deletes a row in the transaction that counts it.
-- A deleted row cannot be skipped the way a position can, whatever order the calls commit in.
CREATE SEQUENCE batch_ids;

CREATE TABLE prediction_batches (
    batch_id             bigint NOT NULL,
    model_name           text COLLATE "C" NOT NULL,
    model_version        integer NOT NULL,
    predictions          bigint NOT NULL,
    first_created_micros bigint NOT NULL,
    last_created_micros  bigint NOT NULL,
    PRIMARY KEY (batch_id, model_name, model_version)
);

CREATE TABLE label_batches (
    batch_id             bigint NOT NULL,
    model_name           text COLLATE "C" NOT NULL,
    model_version        integer NOT NULL,
    labels_joined        bigint NOT NULL,
    first_created_micros bigint NOT NULL,
    last_created_micros  bigint NOT NULL,
    last_label_micros    bigint NOT NULL,
    PRIMARY KEY (batch_id, model_name, model_version)
);

-- Totals without the batches above; the sum of both is exact at any moment.
CREATE TABLE model_versions (
    model_name               text COLLATE "C" NOT NULL,
    model_version            integer NOT NULL,
    predictions              bigint NOT NULL DEFAULT 0,
    labels_joined            bigint NOT NULL DEFAULT 0,
    last_created_micros      bigint NOT NULL DEFAULT 0,
    last_label_micros        bigint NOT NULL DEFAULT 0,
    -- Newest prediction timestamp: closes windows.
    newest_prediction_micros bigint NOT NULL DEFAULT 0,
    -- When predictions were last counted here.
    arrived_micros           bigint NOT NULL DEFAULT 0,
    drift_dirty              boolean NOT NULL DEFAULT false,
    performance_dirty        boolean NOT NULL DEFAULT false,
    PRIMARY KEY (model_name, model_version)
);

-- Labels that wait for their prediction, by the model they named ('' for none).
CREATE TABLE waiting_labels (
    model_name text COLLATE "C" PRIMARY KEY,
    labels     bigint NOT NULL
);

-- The last champion the registry told of.
CREATE TABLE champions (
    model_name    text COLLATE "C" PRIMARY KEY,
    -- 0: the model has no champion.
    model_version integer NOT NULL,
    revision      bigint NOT NULL
);

CREATE TABLE baselines (
    model_name     text COLLATE "C" NOT NULL,
    model_version  integer NOT NULL,
    state          text NOT NULL CHECK (state IN ('present', 'absent', 'invalid')),
    baseline       jsonb,
    signature      jsonb,
    error          text NOT NULL DEFAULT '',
    fetched_micros bigint NOT NULL,
    PRIMARY KEY (model_name, model_version)
);

CREATE TABLE drift_windows (
    model_name     text COLLATE "C" NOT NULL,
    model_version  integer NOT NULL,
    window_start   bigint NOT NULL,
    window_end     bigint NOT NULL,
    sample         bigint NOT NULL,
    -- Records whose number of features is not the signature's; their score counts all the same.
    malformed      bigint NOT NULL,
    -- Bins of the baseline's columns one after the other, each followed by its count of missing values.
    counts         bigint[] NOT NULL,
    changed_micros bigint NOT NULL,
    dirty          boolean NOT NULL,
    closed         boolean NOT NULL,
    PRIMARY KEY (model_name, model_version, window_start, window_end)
);

CREATE INDEX drift_windows_dirty ON drift_windows (model_name) WHERE dirty;

-- A window that starts and ends at -1 stands for the newest predictions (live_drift has their bounds).
CREATE TABLE drift_scores (
    model_name             text COLLATE "C" NOT NULL,
    model_version          integer NOT NULL,
    window_start           bigint NOT NULL,
    window_end             bigint NOT NULL,
    ordinal                integer NOT NULL,
    name                   text NOT NULL,
    psi                    double precision NOT NULL,
    missing_psi            double precision NOT NULL,
    missing_share          double precision NOT NULL,
    baseline_missing_share double precision NOT NULL,
    expected_psi           double precision NOT NULL,
    watch_threshold        double precision NOT NULL,
    drift_threshold        double precision NOT NULL,
    level                  text NOT NULL,
    PRIMARY KEY (model_name, model_version, window_start, window_end, ordinal)
);

CREATE TABLE live_drift (
    model_name    text COLLATE "C" NOT NULL,
    model_version integer NOT NULL,
    sample        bigint NOT NULL,
    window_start  bigint NOT NULL,
    window_end    bigint NOT NULL,
    PRIMARY KEY (model_name, model_version)
);

-- A window that starts and ends at -1 stands for the newest labelled predictions.
CREATE TABLE performance_windows (
    model_name              text COLLATE "C" NOT NULL,
    model_version           integer NOT NULL,
    window_start            bigint NOT NULL,
    window_end              bigint NOT NULL,
    sample                  bigint NOT NULL DEFAULT 0,
    auc                     double precision NOT NULL DEFAULT 'NaN',
    auc_low                 double precision NOT NULL DEFAULT 'NaN',
    auc_high                double precision NOT NULL DEFAULT 'NaN',
    log_loss                double precision NOT NULL DEFAULT 'NaN',
    positive_share          double precision NOT NULL DEFAULT 'NaN',
    mean_score              double precision NOT NULL DEFAULT 'NaN',
    mean_absolute_error     double precision NOT NULL DEFAULT 'NaN',
    root_mean_squared_error double precision NOT NULL DEFAULT 'NaN',
    changed_micros          bigint NOT NULL,
    dirty                   boolean NOT NULL,
    closed                  boolean NOT NULL,
    PRIMARY KEY (model_name, model_version, window_start, window_end)
);

CREATE INDEX performance_windows_dirty ON performance_windows (model_name) WHERE dirty;

CREATE TABLE alerts (
    alert_id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    model_name    text COLLATE "C" NOT NULL,
    model_version integer NOT NULL,
    kind          text NOT NULL CHECK (kind IN ('drift', 'performance')),
    window_start  bigint NOT NULL,
    window_end    bigint NOT NULL,
    reason        text NOT NULL,
    value         double precision NOT NULL,
    threshold     double precision NOT NULL,
    raised_micros bigint NOT NULL,
    UNIQUE (model_name, model_version, kind, window_start, window_end)
);

CREATE INDEX alerts_model ON alerts (model_name, alert_id);

CREATE TABLE retrain_policies (
    model_name     text COLLATE "C" PRIMARY KEY,
    -- The contract's RetrainPolicy as protobuf JSON.
    policy         jsonb NOT NULL,
    updated_micros bigint NOT NULL
);

CREATE TABLE retrain_requests (
    request_id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    model_name       text COLLATE "C" NOT NULL,
    alert_id         bigint NOT NULL UNIQUE REFERENCES alerts,
    state            text NOT NULL CHECK (state IN ('pending', 'submitted', 'suppressed', 'failed')),
    reason           text NOT NULL,
    detail           text NOT NULL,
    -- The contract's SubmitJobRequest as protobuf JSON, fixed when the request was made.
    job_request      jsonb NOT NULL,
    job_id           text NOT NULL DEFAULT '',
    created_micros   bigint NOT NULL,
    submitted_micros bigint NOT NULL DEFAULT 0
);

CREATE INDEX retrain_requests_pending ON retrain_requests (request_id) WHERE state = 'pending';
CREATE INDEX retrain_requests_model ON retrain_requests (model_name, request_id);
