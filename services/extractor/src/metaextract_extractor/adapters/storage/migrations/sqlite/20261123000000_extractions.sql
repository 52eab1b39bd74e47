-- migrate:up
CREATE TABLE extractions (
    name TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    request_id TEXT NOT NULL,
    state TEXT NOT NULL,
    create_time TEXT NOT NULL,
    end_time TEXT,
    expire_time TEXT,
    result TEXT,
    error TEXT,
    last_sequence INTEGER NOT NULL
);
CREATE UNIQUE INDEX extractions_by_request ON extractions (owner, request_id) WHERE request_id <> '';
CREATE INDEX extractions_by_expiry ON extractions (expire_time);

-- migrate:down
DROP TABLE extractions;
