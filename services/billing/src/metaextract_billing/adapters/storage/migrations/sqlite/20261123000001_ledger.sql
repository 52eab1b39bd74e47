-- migrate:up

-- Times are microseconds since 1970-01-01 UTC; amounts are whole credits. The constraints are the
-- rules: code that breaks one fails instead of moving money that is not there.

CREATE TABLE accounts (
    account TEXT PRIMARY KEY,
    available INTEGER NOT NULL CHECK (available >= 0),
    held INTEGER NOT NULL CHECK (held >= 0)
) STRICT;

CREATE TABLE devices (
    device TEXT PRIMARY KEY,
    free_checks_used INTEGER NOT NULL CHECK (free_checks_used >= 0)
) STRICT;

CREATE TABLE holds (
    name TEXT PRIMARY KEY,
    account TEXT NOT NULL,
    request_id TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    device TEXT,
    embedding INTEGER NOT NULL CHECK (embedding IN (0, 1)),
    ocr INTEGER NOT NULL CHECK (ocr IN (0, 1)),
    forensics INTEGER NOT NULL CHECK (forensics IN (0, 1)),
    create_time_us INTEGER NOT NULL,
    expire_time_us INTEGER NOT NULL,
    access TEXT NOT NULL CHECK (access IN ('unmetered', 'free_check', 'credits')),
    credits_held INTEGER NOT NULL,
    free_checks_used INTEGER NOT NULL CHECK (free_checks_used >= 0),
    state TEXT NOT NULL CHECK (state IN ('held', 'captured', 'released', 'expired')),
    credits_captured INTEGER NOT NULL DEFAULT 0,
    resolve_time_us INTEGER,
    UNIQUE (account, request_id),
    CHECK ((access = 'credits') = (credits_held > 0)),
    CHECK ((access = 'free_check') = (free_checks_used > 0)),
    CHECK (credits_captured BETWEEN 0 AND credits_held),
    CHECK (credits_captured = 0 OR state = 'captured'),
    CHECK ((state = 'held') = (resolve_time_us IS NULL))
) STRICT;

CREATE INDEX holds_open_by_expiry ON holds (expire_time_us) WHERE state = 'held';

CREATE TRIGGER holds_resolve_once BEFORE UPDATE ON holds WHEN OLD.state <> 'held'
BEGIN
    SELECT RAISE(ABORT, 'a resolved hold never changes');
END;

CREATE TABLE quotes (
    name TEXT PRIMARY KEY,
    account TEXT NOT NULL,
    embedding INTEGER NOT NULL CHECK (embedding IN (0, 1)),
    ocr INTEGER NOT NULL CHECK (ocr IN (0, 1)),
    forensics INTEGER NOT NULL CHECK (forensics IN (0, 1)),
    create_time_us INTEGER NOT NULL,
    expire_time_us INTEGER NOT NULL
) STRICT;

-- `hold` is the hold that uses the price up.
CREATE TABLE quote_files (
    quote TEXT NOT NULL REFERENCES quotes (name),
    id TEXT NOT NULL,
    position INTEGER NOT NULL,
    base INTEGER NOT NULL,
    embedding INTEGER NOT NULL,
    ocr INTEGER NOT NULL,
    forensics INTEGER NOT NULL,
    size INTEGER NOT NULL,
    size_bucket TEXT NOT NULL,
    hold TEXT UNIQUE REFERENCES holds (name) DEFERRABLE INITIALLY DEFERRED,
    PRIMARY KEY (quote, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE grants (
    account TEXT NOT NULL,
    request_id TEXT NOT NULL,
    credits INTEGER NOT NULL CHECK (credits > 0),
    available INTEGER NOT NULL,
    PRIMARY KEY (account, request_id)
) STRICT, WITHOUT ROWID;

-- One row for each movement, signed. What was granted is available, held or captured: in every row,
-- so in every sum of rows.
CREATE TABLE ledger_entries (
    id INTEGER PRIMARY KEY,
    account TEXT NOT NULL REFERENCES accounts (account),
    kind TEXT NOT NULL CHECK (kind IN ('granted', 'held', 'captured', 'released', 'expired')),
    hold TEXT REFERENCES holds (name) DEFERRABLE INITIALLY DEFERRED,
    request_id TEXT NOT NULL,
    granted INTEGER NOT NULL CHECK (granted >= 0),
    available INTEGER NOT NULL,
    held INTEGER NOT NULL,
    captured INTEGER NOT NULL CHECK (captured >= 0),
    create_time_us INTEGER NOT NULL,
    CHECK (available + held + captured = granted),
    CHECK ((kind = 'granted') = (hold IS NULL))
) STRICT;

CREATE UNIQUE INDEX ledger_entries_one_grant ON ledger_entries (account, request_id) WHERE kind = 'granted';
CREATE UNIQUE INDEX ledger_entries_one_hold ON ledger_entries (hold) WHERE kind = 'held';
CREATE UNIQUE INDEX ledger_entries_one_resolution ON ledger_entries (hold)
    WHERE kind IN ('captured', 'released', 'expired');

CREATE TRIGGER ledger_entries_never_change BEFORE UPDATE ON ledger_entries
BEGIN
    SELECT RAISE(ABORT, 'ledger entries are append-only');
END;

CREATE TRIGGER ledger_entries_never_vanish BEFORE DELETE ON ledger_entries
BEGIN
    SELECT RAISE(ABORT, 'ledger entries are append-only');
END;

-- migrate:down

-- Nothing: money is never dropped. A mistake is mended by the next migration.
