-- migrate:up

-- Tables and columns that the system before this one had keep its names. Times are ISO 8601 in UTC with six
-- digits of a second, so that they sort as text; amounts are whole credits. `version` counts the commits of a
-- row. No rule of money stands here; the constraints are the second line of defence, so that code that breaks
-- a rule fails instead of moving money that is not there.

-- `credits` are those that can be spent. `seal` and `transfers_count` are those of the last transfer.
CREATE TABLE credit_balances (
    id TEXT PRIMARY KEY,
    owner TEXT NOT NULL UNIQUE,
    credits INTEGER NOT NULL CHECK (credits >= 0),
    credits_held INTEGER NOT NULL CHECK (credits_held >= 0),
    credits_owed INTEGER NOT NULL CHECK (credits_owed >= 0),
    transfers_count INTEGER NOT NULL CHECK (transfers_count >= 0),
    seal TEXT NOT NULL CHECK (length(seal) = 64),
    created_at TEXT NOT NULL,
    version INTEGER NOT NULL CHECK (version > 0)
) STRICT;

-- Every file of a quote stands in `files`, with what it costs and which hold uses it.
CREATE TABLE images_mvp_quotes (
    id TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    ops TEXT NOT NULL CHECK (json_type(ops) = 'object'),
    files TEXT NOT NULL CHECK (json_type(files) = 'array'),
    credits_total INTEGER NOT NULL CHECK (credits_total >= 0),
    created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    version INTEGER NOT NULL CHECK (version > 0)
) STRICT;

-- Free checks of a device; `free_used` are spent, `open_uses` belong to open holds.
CREATE TABLE client_usage (
    client_id TEXT PRIMARY KEY,
    free_used INTEGER NOT NULL CHECK (free_used >= 0),
    open_uses TEXT NOT NULL CHECK (json_type(open_uses) = 'array'),
    first_seen TEXT NOT NULL,
    version INTEGER NOT NULL CHECK (version > 0)
) STRICT;

-- Trials of an e-mail address, of which only a keyed digest is kept.
CREATE TABLE trial_usages (
    email TEXT PRIMARY KEY CHECK (instr(email, '@') = 0),
    uses INTEGER NOT NULL CHECK (uses >= 0),
    open_uses TEXT NOT NULL CHECK (json_type(open_uses) = 'array'),
    used_at TEXT NOT NULL,
    version INTEGER NOT NULL CHECK (version > 0)
) STRICT;

-- What a network, of which only a keyed digest is kept, or everybody together gets for nothing within a day.
CREATE TABLE daily_allowances (
    kind TEXT NOT NULL CHECK (kind IN ('network', 'budget')),
    key TEXT NOT NULL,
    spent INTEGER NOT NULL CHECK (spent >= 0),
    open_uses TEXT NOT NULL CHECK (json_type(open_uses) = 'array'),
    created_at TEXT NOT NULL,
    version INTEGER NOT NULL CHECK (version > 0),
    PRIMARY KEY (kind, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX daily_allowances_by_age ON daily_allowances (created_at);

-- `amount` is what was set aside, lot by lot in `shares`; `allowances` names what it uses for nothing.
CREATE TABLE credit_holds (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    balance_id TEXT NOT NULL REFERENCES credit_balances (id),
    request_id TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    ops TEXT NOT NULL CHECK (json_type(ops) = 'object'),
    access TEXT NOT NULL CHECK (access IN ('unmetered', 'trial', 'free_check', 'credits')),
    allowances TEXT NOT NULL CHECK (json_type(allowances) = 'array' AND instr(allowances, '@') = 0),
    amount INTEGER NOT NULL CHECK (amount >= 0),
    shares TEXT NOT NULL CHECK (json_type(shares) = 'array'),
    free_checks_used INTEGER NOT NULL CHECK (free_checks_used >= 0),
    quote_id TEXT REFERENCES images_mvp_quotes (id),
    quote_file_id TEXT,
    state TEXT NOT NULL CHECK (state IN ('held', 'captured', 'released', 'expired')),
    credits_captured INTEGER NOT NULL CHECK (credits_captured >= 0),
    created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    committed_at TEXT,
    released_at TEXT,
    version INTEGER NOT NULL CHECK (version > 0),
    UNIQUE (balance_id, request_id),
    CHECK ((quote_id IS NULL) = (quote_file_id IS NULL)),
    CHECK (access = 'credits' OR amount + credits_captured = 0),
    CHECK (credits_captured = 0 OR state = 'captured'),
    CHECK ((committed_at IS NOT NULL) = (state = 'captured')),
    CHECK ((released_at IS NOT NULL) = (state IN ('released', 'expired')))
) STRICT;

CREATE INDEX credit_holds_open_by_expiry ON credit_holds (expires_at, id) WHERE state = 'held';
CREATE INDEX credit_holds_open_of_balance ON credit_holds (balance_id) WHERE state = 'held';

CREATE TRIGGER credit_holds_resolve_once BEFORE UPDATE ON credit_holds WHEN OLD.state <> 'held'
BEGIN
    SELECT RAISE(ABORT, 'a resolved hold never changes');
END;

CREATE TRIGGER credit_holds_never_vanish BEFORE DELETE ON credit_holds
BEGIN
    SELECT RAISE(ABORT, 'holds are kept');
END;

-- Lots. The parts always sum to the whole; `owed` is no part of it. A lot that came from another account
-- names the one it came from.
CREATE TABLE credit_grants (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    balance_id TEXT NOT NULL REFERENCES credit_balances (id),
    amount INTEGER NOT NULL CHECK (amount > 0),
    remaining INTEGER NOT NULL CHECK (remaining >= 0),
    held INTEGER NOT NULL CHECK (held >= 0),
    consumed INTEGER NOT NULL CHECK (consumed >= 0),
    expired INTEGER NOT NULL CHECK (expired >= 0),
    reversed INTEGER NOT NULL CHECK (reversed >= 0),
    settled INTEGER NOT NULL CHECK (settled >= 0),
    disputed INTEGER NOT NULL CHECK (disputed >= 0),
    transferred INTEGER NOT NULL CHECK (transferred >= 0),
    owed INTEGER NOT NULL CHECK (owed >= 0),
    priority INTEGER NOT NULL,
    promotional INTEGER NOT NULL CHECK (promotional IN (0, 1)),
    frozen INTEGER NOT NULL CHECK (frozen IN (0, 1)),
    description TEXT NOT NULL,
    pack TEXT,
    dodo_payment_id TEXT,
    request_id TEXT,
    origin_id TEXT REFERENCES credit_grants (id),
    created_at TEXT NOT NULL,
    expires_at TEXT,
    CHECK (remaining + held + consumed + expired + reversed + settled + disputed + transferred = amount)
) STRICT;

CREATE UNIQUE INDEX credit_grants_one_of_payment ON credit_grants (dodo_payment_id)
    WHERE dodo_payment_id IS NOT NULL AND origin_id IS NULL;
CREATE UNIQUE INDEX credit_grants_one_of_request ON credit_grants (balance_id, request_id)
    WHERE request_id IS NOT NULL;
CREATE INDEX credit_grants_of_payment ON credit_grants (dodo_payment_id) WHERE dodo_payment_id IS NOT NULL;
CREATE INDEX credit_grants_of_balance ON credit_grants (balance_id);
CREATE INDEX credit_grants_left_by_expiry ON credit_grants (expires_at)
    WHERE expires_at IS NOT NULL AND remaining > 0;

CREATE TRIGGER credit_grants_keep_their_amount BEFORE UPDATE ON credit_grants
WHEN NEW.amount <> OLD.amount OR NEW.balance_id <> OLD.balance_id
    OR NEW.dodo_payment_id IS NOT OLD.dodo_payment_id
BEGIN
    SELECT RAISE(ABORT, 'a lot never changes its amount, its account or its payment');
END;

CREATE TRIGGER credit_grants_never_vanish BEFORE DELETE ON credit_grants
BEGIN
    SELECT RAISE(ABORT, 'lots are kept');
END;

-- Transfers: `amount` out of `debit` into `credit`, so that every row and every sum of rows is zero in total.
CREATE TABLE credit_transactions (
    balance_id TEXT NOT NULL REFERENCES credit_balances (id),
    number INTEGER NOT NULL CHECK (number > 0),
    type TEXT NOT NULL,
    debit TEXT NOT NULL,
    credit TEXT NOT NULL CHECK (credit <> debit),
    amount INTEGER NOT NULL CHECK (amount > 0),
    grant_id TEXT REFERENCES credit_grants (id),
    hold_id TEXT REFERENCES credit_holds (id),
    dodo_payment_id TEXT,
    created_at TEXT NOT NULL,
    previous_seal TEXT NOT NULL CHECK (length(previous_seal) = 64),
    seal TEXT NOT NULL CHECK (length(seal) = 64),
    PRIMARY KEY (balance_id, number)
) STRICT, WITHOUT ROWID;

-- INSERT OR REPLACE would fire no other trigger.
CREATE TRIGGER credit_transactions_follow_each_other BEFORE INSERT ON credit_transactions
WHEN NEW.number <> 1 + coalesce(
    (SELECT max(number) FROM credit_transactions WHERE balance_id = NEW.balance_id), 0
)
BEGIN
    SELECT RAISE(ABORT, 'transfers follow each other');
END;

CREATE TRIGGER credit_transactions_never_change BEFORE UPDATE ON credit_transactions
BEGIN
    SELECT RAISE(ABORT, 'transfers are append-only');
END;

CREATE TRIGGER credit_transactions_never_vanish BEFORE DELETE ON credit_transactions
BEGIN
    SELECT RAISE(ABORT, 'transfers are append-only');
END;

CREATE TABLE answers (
    owner TEXT NOT NULL,
    request_id TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    value INTEGER NOT NULL,
    version INTEGER NOT NULL CHECK (version = 1),
    PRIMARY KEY (owner, request_id)
) STRICT, WITHOUT ROWID;

-- `dodo_payment_id` is the payment that granted the credits.
CREATE TABLE orders (
    id TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    pack TEXT NOT NULL,
    credits INTEGER NOT NULL CHECK (credits > 0),
    price_cents INTEGER NOT NULL CHECK (price_cents >= 0),
    currency TEXT NOT NULL,
    checkout_session TEXT,
    checkout_url TEXT,
    dodo_payment_id TEXT UNIQUE,
    product TEXT NOT NULL,
    checkout_at TEXT,
    created_at TEXT NOT NULL,
    version INTEGER NOT NULL CHECK (version > 0)
) STRICT;

CREATE TABLE payments (
    dodo_payment_id TEXT PRIMARY KEY,
    succeeded INTEGER NOT NULL CHECK (succeeded IN (0, 1)),
    order_id TEXT,
    dodo_subscription_id TEXT,
    amount_cents INTEGER NOT NULL CHECK (amount_cents >= 0),
    currency TEXT NOT NULL,
    refunds TEXT NOT NULL CHECK (json_type(refunds) = 'array'),
    disputes TEXT NOT NULL CHECK (json_type(disputes) = 'array'),
    credits_granted INTEGER NOT NULL CHECK (credits_granted >= 0),
    credits_reversed INTEGER NOT NULL CHECK (credits_reversed BETWEEN 0 AND credits_granted),
    parked TEXT,
    products TEXT NOT NULL CHECK (json_type(products) = 'array'),
    created_at TEXT NOT NULL,
    version INTEGER NOT NULL CHECK (version > 0)
) STRICT;

CREATE TABLE subscriptions (
    dodo_subscription_id TEXT PRIMARY KEY,
    owner TEXT,
    dodo_customer_id TEXT,
    tier TEXT NOT NULL,
    status TEXT NOT NULL,
    status_at TEXT,
    current_period_start TEXT,
    current_period_end TEXT,
    created_at TEXT NOT NULL,
    version INTEGER NOT NULL CHECK (version > 0)
) STRICT;

CREATE TABLE processed_webhooks (
    id TEXT PRIMARY KEY,
    event_type TEXT NOT NULL,
    processed_at TEXT NOT NULL,
    version INTEGER NOT NULL CHECK (version > 0)
) STRICT;

-- Events that were committed and not yet delivered. `traceparent` is that of the work that caused it.
CREATE TABLE outbox (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    attributes TEXT NOT NULL CHECK (json_type(attributes) = 'object'),
    traceparent TEXT NOT NULL,
    created_at TEXT NOT NULL
) STRICT;

-- Written by readiness probes: that the store can be written is known by writing to it.
CREATE TABLE store_checks (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    checks_count INTEGER NOT NULL
) STRICT;

INSERT INTO store_checks (id, checks_count) VALUES (1, 0);

-- What the tables of the first migration say is carried over once, by the program, because transfers are
-- sealed (see adapters/storage/carrying_over.py). They stay as they are, for reading: a program of the old
-- version that still runs moves nothing any more that was carried over.
CREATE TABLE carried_over (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    carried_at TEXT NOT NULL
) STRICT;

CREATE TRIGGER accounts_moved_insert BEFORE INSERT ON accounts
BEGIN
    SELECT RAISE(ABORT, 'moved to credit_balances');
END;

CREATE TRIGGER accounts_moved_update BEFORE UPDATE ON accounts
BEGIN
    SELECT RAISE(ABORT, 'moved to credit_balances');
END;

CREATE TRIGGER devices_moved_insert BEFORE INSERT ON devices
BEGIN
    SELECT RAISE(ABORT, 'moved to client_usage');
END;

CREATE TRIGGER devices_moved_update BEFORE UPDATE ON devices
BEGIN
    SELECT RAISE(ABORT, 'moved to client_usage');
END;

CREATE TRIGGER holds_moved_insert BEFORE INSERT ON holds
BEGIN
    SELECT RAISE(ABORT, 'moved to credit_holds');
END;

CREATE TRIGGER holds_moved_update BEFORE UPDATE ON holds
BEGIN
    SELECT RAISE(ABORT, 'moved to credit_holds');
END;

CREATE TRIGGER quotes_moved_insert BEFORE INSERT ON quotes
BEGIN
    SELECT RAISE(ABORT, 'moved to images_mvp_quotes');
END;

-- migrate:down

-- Nothing: money is never dropped. A mistake is mended by the next migration.
