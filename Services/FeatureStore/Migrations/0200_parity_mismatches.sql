-- Served values that the point-in-time join of the same events does not give: each is a defect to look into. The newest are kept.
CREATE TABLE parity_mismatches (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    found_micros    bigint NOT NULL,
    feature_view    text NOT NULL,
    feature         text NOT NULL,
    entity_key      jsonb NOT NULL,
    as_of_micros    bigint NOT NULL,
    position        bigint NOT NULL,
    online          text NOT NULL,
    offline         text NOT NULL
);
