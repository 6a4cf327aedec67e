-- When the events of the source count as known, as it was when the build began: a build under another meaning is not continued.
-- Empty: from before it was written down.
ALTER TABLE view_materializations ADD COLUMN availability text NOT NULL DEFAULT '';
