-- migrate:up

-- The tables are those of SQLite (see ../sqlite/20261123000002_double_entry.sql, which says what they mean).
-- Tables and columns that the system before this one had keep its names; amounts are whole credits; `version`
-- counts the commits of a row. No rule of money stands here; the constraints are the second line of defence,
-- so that code that breaks a rule fails instead of moving money that is not there.

CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'restrict_violation';
END;
$$;

-- `credits` are those that can be spent. `seal` and `transfers_count` are those of the last transfer.
CREATE TABLE credit_balances (
    id text PRIMARY KEY,
    owner text NOT NULL UNIQUE,
    credits bigint NOT NULL CHECK (credits >= 0),
    credits_held bigint NOT NULL CHECK (credits_held >= 0),
    credits_owed bigint NOT NULL CHECK (credits_owed >= 0),
    transfers_count bigint NOT NULL CHECK (transfers_count >= 0),
    seal text NOT NULL CHECK (length(seal) = 64),
    created_at timestamptz NOT NULL,
    version bigint NOT NULL CHECK (version > 0)
) WITH (fillfactor = 70);

-- Every file of a quote stands in `files`, with what it costs and which hold uses it.
CREATE TABLE images_mvp_quotes (
    id text PRIMARY KEY,
    owner text NOT NULL,
    ops jsonb NOT NULL CHECK (jsonb_typeof(ops) = 'object'),
    files jsonb NOT NULL CHECK (jsonb_typeof(files) = 'array'),
    credits_total bigint NOT NULL CHECK (credits_total >= 0),
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    version bigint NOT NULL CHECK (version > 0)
);

-- Free checks of a device; `free_used` are spent, `open_uses` belong to open holds.
CREATE TABLE client_usage (
    client_id text PRIMARY KEY,
    free_used bigint NOT NULL CHECK (free_used >= 0),
    open_uses jsonb NOT NULL CHECK (jsonb_typeof(open_uses) = 'array'),
    first_seen timestamptz NOT NULL,
    version bigint NOT NULL CHECK (version > 0)
);

-- Trials of an e-mail address, of which only a keyed digest is kept.
CREATE TABLE trial_usages (
    email text PRIMARY KEY CHECK (strpos(email, '@') = 0),
    uses bigint NOT NULL CHECK (uses >= 0),
    open_uses jsonb NOT NULL CHECK (jsonb_typeof(open_uses) = 'array'),
    used_at timestamptz NOT NULL,
    version bigint NOT NULL CHECK (version > 0)
);

-- What a network, of which only a keyed digest is kept, or everybody together gets for nothing within a day.
CREATE TABLE daily_allowances (
    kind text NOT NULL CHECK (kind IN ('network', 'budget')),
    key text NOT NULL,
    spent bigint NOT NULL CHECK (spent >= 0),
    open_uses jsonb NOT NULL CHECK (jsonb_typeof(open_uses) = 'array'),
    created_at timestamptz NOT NULL,
    version bigint NOT NULL CHECK (version > 0),
    PRIMARY KEY (kind, key)
);

CREATE INDEX daily_allowances_by_age ON daily_allowances (created_at);

-- `amount` is what was set aside, lot by lot in `shares`; `allowances` names what it uses for nothing.
CREATE TABLE credit_holds (
    number bigint GENERATED ALWAYS AS IDENTITY,
    id text PRIMARY KEY,
    balance_id text NOT NULL REFERENCES credit_balances (id),
    request_id text NOT NULL,
    fingerprint text NOT NULL,
    ops jsonb NOT NULL CHECK (jsonb_typeof(ops) = 'object'),
    access text NOT NULL CHECK (access IN ('unmetered', 'trial', 'free_check', 'credits')),
    allowances jsonb NOT NULL
        CHECK (jsonb_typeof(allowances) = 'array' AND strpos(allowances::text, '@') = 0),
    amount bigint NOT NULL CHECK (amount >= 0),
    shares jsonb NOT NULL CHECK (jsonb_typeof(shares) = 'array'),
    free_checks_used bigint NOT NULL CHECK (free_checks_used >= 0),
    quote_id text REFERENCES images_mvp_quotes (id),
    quote_file_id text,
    state text NOT NULL CHECK (state IN ('held', 'captured', 'released', 'expired')),
    credits_captured bigint NOT NULL CHECK (credits_captured >= 0),
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    committed_at timestamptz,
    released_at timestamptz,
    version bigint NOT NULL CHECK (version > 0),
    UNIQUE (balance_id, request_id),
    CHECK ((quote_id IS NULL) = (quote_file_id IS NULL)),
    CHECK (access = 'credits' OR amount + credits_captured = 0),
    CHECK (credits_captured = 0 OR state = 'captured'),
    CHECK ((committed_at IS NOT NULL) = (state = 'captured')),
    CHECK ((released_at IS NOT NULL) = (state IN ('released', 'expired')))
);

CREATE INDEX credit_holds_open_by_expiry ON credit_holds (expires_at, id) WHERE state = 'held';
CREATE INDEX credit_holds_open_of_balance ON credit_holds (balance_id) WHERE state = 'held';

CREATE TRIGGER credit_holds_resolve_once BEFORE UPDATE ON credit_holds FOR EACH ROW
WHEN (OLD.state <> 'held')
EXECUTE FUNCTION refuse('a resolved hold never changes');

CREATE TRIGGER credit_holds_never_vanish BEFORE DELETE ON credit_holds FOR EACH ROW
EXECUTE FUNCTION refuse('holds are kept');

-- Lots. The parts always sum to the whole; `owed` is no part of it. A lot that came from another account
-- names the one it came from.
CREATE TABLE credit_grants (
    number bigint GENERATED ALWAYS AS IDENTITY,
    id text PRIMARY KEY,
    balance_id text NOT NULL REFERENCES credit_balances (id),
    amount bigint NOT NULL CHECK (amount > 0),
    remaining bigint NOT NULL CHECK (remaining >= 0),
    held bigint NOT NULL CHECK (held >= 0),
    consumed bigint NOT NULL CHECK (consumed >= 0),
    expired bigint NOT NULL CHECK (expired >= 0),
    reversed bigint NOT NULL CHECK (reversed >= 0),
    settled bigint NOT NULL CHECK (settled >= 0),
    disputed bigint NOT NULL CHECK (disputed >= 0),
    transferred bigint NOT NULL CHECK (transferred >= 0),
    owed bigint NOT NULL CHECK (owed >= 0),
    priority bigint NOT NULL,
    promotional boolean NOT NULL,
    frozen boolean NOT NULL,
    description text NOT NULL,
    pack text,
    dodo_payment_id text,
    request_id text,
    origin_id text REFERENCES credit_grants (id),
    created_at timestamptz NOT NULL,
    expires_at timestamptz,
    CHECK (remaining + held + consumed + expired + reversed + settled + disputed + transferred = amount)
);

CREATE UNIQUE INDEX credit_grants_one_of_payment ON credit_grants (dodo_payment_id)
    WHERE dodo_payment_id IS NOT NULL AND origin_id IS NULL;
CREATE UNIQUE INDEX credit_grants_one_of_request ON credit_grants (balance_id, request_id)
    WHERE request_id IS NOT NULL;
CREATE INDEX credit_grants_of_payment ON credit_grants (dodo_payment_id) WHERE dodo_payment_id IS NOT NULL;
CREATE INDEX credit_grants_of_balance ON credit_grants (balance_id);
CREATE INDEX credit_grants_left_by_expiry ON credit_grants (expires_at)
    WHERE expires_at IS NOT NULL AND remaining > 0;

CREATE TRIGGER credit_grants_keep_their_amount BEFORE UPDATE ON credit_grants FOR EACH ROW
WHEN (NEW.amount <> OLD.amount OR NEW.balance_id <> OLD.balance_id
    OR NEW.dodo_payment_id IS DISTINCT FROM OLD.dodo_payment_id)
EXECUTE FUNCTION refuse('a lot never changes its amount, its account or its payment');

CREATE TRIGGER credit_grants_never_vanish BEFORE DELETE ON credit_grants FOR EACH ROW
EXECUTE FUNCTION refuse('lots are kept');

-- Transfers: `amount` out of `debit` into `credit`, so that every row and every sum of rows is zero in total.
CREATE TABLE credit_transactions (
    balance_id text NOT NULL REFERENCES credit_balances (id),
    number bigint NOT NULL CHECK (number > 0),
    type text NOT NULL,
    debit text NOT NULL,
    credit text NOT NULL CHECK (credit <> debit),
    amount bigint NOT NULL CHECK (amount > 0),
    grant_id text REFERENCES credit_grants (id),
    hold_id text REFERENCES credit_holds (id),
    dodo_payment_id text,
    created_at timestamptz NOT NULL,
    previous_seal text NOT NULL CHECK (length(previous_seal) = 64),
    seal text NOT NULL CHECK (length(seal) = 64),
    PRIMARY KEY (balance_id, number)
);

CREATE TRIGGER credit_transactions_never_change BEFORE UPDATE ON credit_transactions FOR EACH ROW
EXECUTE FUNCTION refuse('transfers are append-only');

CREATE TRIGGER credit_transactions_never_vanish BEFORE DELETE ON credit_transactions FOR EACH ROW
EXECUTE FUNCTION refuse('transfers are append-only');

CREATE TRIGGER credit_transactions_never_empty BEFORE TRUNCATE ON credit_transactions FOR EACH STATEMENT
EXECUTE FUNCTION refuse('transfers are append-only');

CREATE TABLE answers (
    owner text NOT NULL,
    request_id text NOT NULL,
    fingerprint text NOT NULL,
    value bigint NOT NULL,
    version bigint NOT NULL CHECK (version = 1),
    PRIMARY KEY (owner, request_id)
);

-- `dodo_payment_id` is the payment that granted the credits.
CREATE TABLE orders (
    id text PRIMARY KEY,
    owner text NOT NULL,
    pack text NOT NULL,
    credits bigint NOT NULL CHECK (credits > 0),
    price_cents bigint NOT NULL CHECK (price_cents >= 0),
    currency text NOT NULL,
    checkout_session text,
    checkout_url text,
    dodo_payment_id text UNIQUE,
    product text NOT NULL,
    checkout_at timestamptz,
    created_at timestamptz NOT NULL,
    version bigint NOT NULL CHECK (version > 0)
);

CREATE TABLE payments (
    dodo_payment_id text PRIMARY KEY,
    succeeded boolean NOT NULL,
    order_id text,
    dodo_subscription_id text,
    amount_cents bigint NOT NULL CHECK (amount_cents >= 0),
    currency text NOT NULL,
    refunds jsonb NOT NULL CHECK (jsonb_typeof(refunds) = 'array'),
    disputes jsonb NOT NULL CHECK (jsonb_typeof(disputes) = 'array'),
    credits_granted bigint NOT NULL CHECK (credits_granted >= 0),
    credits_reversed bigint NOT NULL CHECK (credits_reversed BETWEEN 0 AND credits_granted),
    parked text,
    products jsonb NOT NULL CHECK (jsonb_typeof(products) = 'array'),
    created_at timestamptz NOT NULL,
    version bigint NOT NULL CHECK (version > 0)
);

CREATE TABLE subscriptions (
    dodo_subscription_id text PRIMARY KEY,
    owner text,
    dodo_customer_id text,
    tier text NOT NULL,
    status text NOT NULL,
    status_at timestamptz,
    current_period_start timestamptz,
    current_period_end timestamptz,
    created_at timestamptz NOT NULL,
    version bigint NOT NULL CHECK (version > 0)
);

CREATE TABLE processed_webhooks (
    id text PRIMARY KEY,
    event_type text NOT NULL,
    processed_at timestamptz NOT NULL,
    version bigint NOT NULL CHECK (version > 0)
);

-- Events that were committed and not yet delivered. `traceparent` is that of the work that caused it.
CREATE TABLE outbox (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id text NOT NULL UNIQUE,
    name text NOT NULL,
    attributes jsonb NOT NULL CHECK (jsonb_typeof(attributes) = 'object'),
    traceparent text NOT NULL,
    created_at timestamptz NOT NULL
);

-- Written by readiness probes: that the store can be written is known by writing to it.
CREATE TABLE store_checks (
    id bigint PRIMARY KEY CHECK (id = 1),
    checks_count bigint NOT NULL
);

INSERT INTO store_checks (id, checks_count) VALUES (1, 0);

-- migrate:down

-- Nothing: money is never dropped. A mistake is mended by the next migration.
