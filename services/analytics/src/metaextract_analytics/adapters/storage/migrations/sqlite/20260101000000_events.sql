-- migrate:up

CREATE TABLE events (
    event_id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    time_us INTEGER NOT NULL, -- microseconds since 1970-01-01T00:00:00Z
    source TEXT NOT NULL,
    attributes TEXT NOT NULL CHECK (json_valid(attributes)),
    traceparent TEXT NOT NULL
) STRICT;

-- Holds all that a report reads, so that it never touches the table.
CREATE INDEX events_by_time ON events (time_us, name);

-- migrate:down

DROP TABLE events;
