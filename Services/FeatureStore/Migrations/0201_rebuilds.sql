-- An operator may order every view to be built anew.
ALTER TABLE view_materializations
    DROP CONSTRAINT view_materializations_reason_check,
    ADD CONSTRAINT view_materializations_reason_check CHECK (reason IN ('added', 'changed', 'store lost', 'asked for'));
