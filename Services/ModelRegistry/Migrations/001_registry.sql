CREATE TABLE models (
    name              text PRIMARY KEY,
    latest_version    integer NOT NULL DEFAULT 0,
    version_count     integer NOT NULL DEFAULT 0,
    challenger_share  double precision NOT NULL DEFAULT 0 CHECK (challenger_share BETWEEN 0 AND 1),
    shadow_challenger boolean NOT NULL DEFAULT false,
    -- Grows with every change of the model; the row's lock orders the changes.
    revision          bigint NOT NULL DEFAULT 0,
    updated_micros    bigint NOT NULL
);

CREATE TABLE model_versions (
    model_name     text NOT NULL REFERENCES models (name),
    version        integer NOT NULL CHECK (version > 0),
    digest         text NOT NULL,
    run_id         text NOT NULL,
    description    text NOT NULL,
    tags           jsonb NOT NULL,
    metrics        jsonb NOT NULL,
    lineage        jsonb NOT NULL,
    created_micros bigint NOT NULL,
    PRIMARY KEY (model_name, version),
    UNIQUE (model_name, digest)
);

CREATE TABLE model_version_files (
    model_name text NOT NULL,
    version    integer NOT NULL,
    path       text NOT NULL,
    position   integer NOT NULL,
    size       bigint NOT NULL CHECK (size >= 0),
    sha256     text NOT NULL,
    PRIMARY KEY (model_name, version, path),
    FOREIGN KEY (model_name, version) REFERENCES model_versions (model_name, version)
);

CREATE INDEX model_version_files_by_content ON model_version_files (sha256);

CREATE TABLE aliases (
    model_name text NOT NULL,
    alias      text NOT NULL,
    version    integer NOT NULL,
    PRIMARY KEY (model_name, alias),
    FOREIGN KEY (model_name, version) REFERENCES model_versions (model_name, version)
);

-- Kept for ever. 0 is "no version".
CREATE TABLE alias_changes (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    model_name     text NOT NULL REFERENCES models (name),
    alias          text NOT NULL,
    from_version   integer NOT NULL,
    to_version     integer NOT NULL,
    reason         text NOT NULL CHECK (reason <> ''),
    actor          text NOT NULL,
    changed_micros bigint NOT NULL
);

CREATE INDEX alias_changes_by_model ON alias_changes (model_name, id DESC);

-- Kept for ever: everything that changed what is served, and every version that appeared.
CREATE TABLE audit_log (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at_micros  bigint NOT NULL,
    action     text NOT NULL,
    model_name text NOT NULL,
    reason     text NOT NULL,
    actor      text NOT NULL,
    detail     jsonb NOT NULL
);

CREATE INDEX audit_log_by_model ON audit_log (model_name, id DESC);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END $$;

CREATE TRIGGER alias_changes_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON alias_changes
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
