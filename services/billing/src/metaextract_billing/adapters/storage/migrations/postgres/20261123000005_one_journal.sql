-- migrate:up

-- A process decides from what it remembers, and proves by versions that nobody was quicker. Versions prove
-- nothing to one whose database lost commits, such as a standby that took over: there the same version may be
-- another one. So a transfer must be sealed onto the one before it, or its commit is overtaken.
SET lock_timeout = '2s';

CREATE FUNCTION transfer_follows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.previous_seal <> coalesce(
        (
            SELECT seal FROM credit_transactions
            WHERE balance_id = NEW.balance_id AND number = NEW.number - 1
        ),
        repeat('0', 64)
    ) THEN
        RAISE EXCEPTION 'overtaken' USING ERRCODE = 'OV001';
    END IF;
    RETURN NEW;
END;
$$;

CREATE TRIGGER credit_transactions_are_sealed_on BEFORE INSERT ON credit_transactions FOR EACH ROW
EXECUTE FUNCTION transfer_follows();

CREATE TRIGGER credit_balances_never_vanish BEFORE DELETE ON credit_balances FOR EACH ROW
EXECUTE FUNCTION refuse('balances are kept');

-- migrate:down

-- Nothing: money is never dropped. A mistake is mended by the next migration.
