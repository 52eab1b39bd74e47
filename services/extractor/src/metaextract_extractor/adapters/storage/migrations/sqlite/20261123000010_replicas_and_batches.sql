-- migrate:up

-- Replicas that live, each until the time that it said last. The file is of one process, but the rules are those
-- of PostgreSQL.
CREATE TABLE replicas (
    replica TEXT PRIMARY KEY,
    expire_time TEXT NOT NULL
);

-- Batches: how many extractions have joined each, and when it was cancelled.
CREATE TABLE batches (
    name TEXT PRIMARY KEY,
    extractions_count INTEGER NOT NULL,
    cancel_time TEXT
);

ALTER TABLE extractions ADD COLUMN replica TEXT NOT NULL DEFAULT '';
ALTER TABLE extractions ADD COLUMN batch TEXT NOT NULL DEFAULT '';
ALTER TABLE extractions ADD COLUMN size_bytes INTEGER;

-- Results are bytes from now on: compressed JSON, or plain JSON that begins with a brace.
UPDATE extractions SET result = CAST(result AS BLOB) WHERE result IS NOT NULL;

CREATE INDEX extractions_under_way ON extractions (replica) WHERE end_time IS NULL;
CREATE INDEX extractions_by_batch ON extractions (batch, create_time, name) WHERE batch <> '';

CREATE TRIGGER extractions_join AFTER INSERT ON extractions WHEN NEW.batch <> '' BEGIN
    INSERT INTO batches (name, extractions_count) VALUES (NEW.batch, 1)
        ON CONFLICT (name) DO UPDATE SET extractions_count = extractions_count + 1;
END;

-- migrate:down
DROP TRIGGER extractions_join;
DROP INDEX extractions_by_batch;
DROP INDEX extractions_under_way;
ALTER TABLE extractions DROP COLUMN size_bytes;
ALTER TABLE extractions DROP COLUMN batch;
ALTER TABLE extractions DROP COLUMN replica;
DROP TABLE batches;
DROP TABLE replicas;
