-- migrate:up

-- A process decides from what it remembers, and proves by versions that nobody was quicker. Versions prove
-- nothing to one whose database lost commits, such as a backup that was put in its place: there the same
-- version may be another one. So a transfer must be sealed onto the one before it, or its commit is overtaken.
CREATE TRIGGER credit_transactions_are_sealed_on BEFORE INSERT ON credit_transactions
WHEN NEW.previous_seal <> coalesce(
    (SELECT seal FROM credit_transactions WHERE balance_id = NEW.balance_id AND number = NEW.number - 1),
    '0000000000000000000000000000000000000000000000000000000000000000'
)
BEGIN
    SELECT RAISE(ABORT, 'overtaken');
END;

CREATE TRIGGER credit_balances_never_vanish BEFORE DELETE ON credit_balances
BEGIN
    SELECT RAISE(ABORT, 'balances are kept');
END;

-- migrate:down

-- Nothing: money is never dropped. A mistake is mended by the next migration.
