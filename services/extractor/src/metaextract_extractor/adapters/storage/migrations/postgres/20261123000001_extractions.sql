-- migrate:up

-- Replicas that live, each until the time that it said last. One row for each, and not a time in every extraction:
-- a sign of life a second writes one row, whatever is under way.
CREATE TABLE extractor.replicas (
    replica text PRIMARY KEY,
    expire_time timestamptz NOT NULL
) WITH (fillfactor = 50);

-- Batches: how many extractions have joined each, and when it was cancelled.
CREATE TABLE extractor.batches (
    name text PRIMARY KEY,
    extractions_count bigint NOT NULL,
    cancel_time timestamptz
) WITH (fillfactor = 50);

-- `result` is compressed JSON, which is why the database does not try to compress it again. It lies apart from the
-- row (TOAST), so that counting and listing read none of it.
CREATE TABLE extractor.extractions (
    name text PRIMARY KEY,
    owner text NOT NULL,
    request_id text NOT NULL,
    state text NOT NULL,
    create_time timestamptz NOT NULL,
    end_time timestamptz,
    expire_time timestamptz,
    error text,
    last_sequence bigint NOT NULL,
    replica text NOT NULL,
    batch text NOT NULL,
    size_bytes bigint,
    result bytea
) WITH (
    fillfactor = 70,
    -- Every row dies within hours: its room must be found again after a fiftieth of the table, not a fifth.
    autovacuum_vacuum_scale_factor = 0.02,
    autovacuum_vacuum_insert_scale_factor = 0.1,
    toast.autovacuum_vacuum_scale_factor = 0.02
);
ALTER TABLE extractor.extractions ALTER COLUMN result SET STORAGE EXTERNAL;

CREATE UNIQUE INDEX extractions_by_request ON extractor.extractions (owner, request_id) WHERE request_id <> '';
CREATE INDEX extractions_by_expiry ON extractor.extractions (expire_time) WHERE expire_time IS NOT NULL;
CREATE INDEX extractions_under_way ON extractor.extractions (replica) WHERE end_time IS NULL;
CREATE INDEX extractions_by_batch ON extractor.extractions (batch, create_time, name) WHERE batch <> '';

-- migrate:down
DROP TABLE extractor.extractions, extractor.batches, extractor.replicas;
