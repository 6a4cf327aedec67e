-- Dead letters are looked for by field, and by the event they would have been.
CREATE INDEX dead_letters_by_field ON dead_letters (source_id, state, field, dead_letter_id);
CREATE INDEX dead_letters_by_event ON dead_letters (source_id, state, event_id, dead_letter_id);
