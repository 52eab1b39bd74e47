-- migrate:up

-- Finds the newest events of one source.
CREATE INDEX events_by_source ON events (source, time_us);

-- migrate:down

DROP INDEX events_by_source;
