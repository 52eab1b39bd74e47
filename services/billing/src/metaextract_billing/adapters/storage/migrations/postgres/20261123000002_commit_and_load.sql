-- migrate:up

-- A commit, and everything that is looked at together, is one call and so one round trip. Neither function
-- knows a rule of money: one compares versions and writes rows, the other finds rows. The JSON is that of
-- adapters/storage/rows.py and adapters/storage/reading.py. A program of the version before may still call
-- them after a migration, so they are never changed: another shape gets another number.

-- Adds and changes rows, all or none. A row that another commit changed first raises SQLSTATE OV001
-- (overtaken); one that another commit added first, a unique violation.
CREATE FUNCTION billing_commit_1(added jsonb, changed jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v record;
BEGIN
    IF changed ? 'credit_balances' THEN
        FOR v IN SELECT *
            FROM jsonb_populate_recordset(NULL::credit_balances, changed -> 'credit_balances')
        LOOP
            UPDATE credit_balances SET
                owner = v.owner, credits = v.credits, credits_held = v.credits_held,
                credits_owed = v.credits_owed, transfers_count = v.transfers_count, seal = v.seal,
                created_at = v.created_at, version = v.version
            WHERE id = v.id AND version = v.version - 1;
            IF NOT FOUND THEN
                RAISE EXCEPTION 'overtaken' USING ERRCODE = 'OV001';
            END IF;
        END LOOP;
    END IF;
    IF changed ? 'images_mvp_quotes' THEN
        FOR v IN SELECT *
            FROM jsonb_populate_recordset(NULL::images_mvp_quotes, changed -> 'images_mvp_quotes')
        LOOP
            UPDATE images_mvp_quotes SET
                owner = v.owner, ops = v.ops, files = v.files, credits_total = v.credits_total,
                created_at = v.created_at, expires_at = v.expires_at, version = v.version
            WHERE id = v.id AND version = v.version - 1;
            IF NOT FOUND THEN
                RAISE EXCEPTION 'overtaken' USING ERRCODE = 'OV001';
            END IF;
        END LOOP;
    END IF;
    IF changed ? 'client_usage' THEN
        FOR v IN SELECT *
            FROM jsonb_populate_recordset(NULL::client_usage, changed -> 'client_usage')
        LOOP
            UPDATE client_usage SET
                free_used = v.free_used, open_uses = v.open_uses, first_seen = v.first_seen,
                version = v.version
            WHERE client_id = v.client_id AND version = v.version - 1;
            IF NOT FOUND THEN
                RAISE EXCEPTION 'overtaken' USING ERRCODE = 'OV001';
            END IF;
        END LOOP;
    END IF;
    IF changed ? 'trial_usages' THEN
        FOR v IN SELECT *
            FROM jsonb_populate_recordset(NULL::trial_usages, changed -> 'trial_usages')
        LOOP
            UPDATE trial_usages SET
                uses = v.uses, open_uses = v.open_uses, used_at = v.used_at, version = v.version
            WHERE email = v.email AND version = v.version - 1;
            IF NOT FOUND THEN
                RAISE EXCEPTION 'overtaken' USING ERRCODE = 'OV001';
            END IF;
        END LOOP;
    END IF;
    IF changed ? 'daily_allowances' THEN
        FOR v IN SELECT *
            FROM jsonb_populate_recordset(NULL::daily_allowances, changed -> 'daily_allowances')
        LOOP
            UPDATE daily_allowances SET
                spent = v.spent, open_uses = v.open_uses, created_at = v.created_at, version = v.version
            WHERE kind = v.kind AND key = v.key AND version = v.version - 1;
            IF NOT FOUND THEN
                RAISE EXCEPTION 'overtaken' USING ERRCODE = 'OV001';
            END IF;
        END LOOP;
    END IF;
    IF changed ? 'credit_holds' THEN
        FOR v IN SELECT *
            FROM jsonb_populate_recordset(NULL::credit_holds, changed -> 'credit_holds')
        LOOP
            UPDATE credit_holds SET
                request_id = v.request_id, fingerprint = v.fingerprint, ops = v.ops, access = v.access,
                allowances = v.allowances, amount = v.amount, shares = v.shares,
                free_checks_used = v.free_checks_used, quote_id = v.quote_id,
                quote_file_id = v.quote_file_id, state = v.state, credits_captured = v.credits_captured,
                created_at = v.created_at, expires_at = v.expires_at, committed_at = v.committed_at,
                released_at = v.released_at, version = v.version
            WHERE id = v.id AND version = v.version - 1;
            IF NOT FOUND THEN
                RAISE EXCEPTION 'overtaken' USING ERRCODE = 'OV001';
            END IF;
        END LOOP;
    END IF;
    IF changed ? 'credit_grants' THEN
        FOR v IN SELECT *
            FROM jsonb_populate_recordset(NULL::credit_grants, changed -> 'credit_grants')
        LOOP
            UPDATE credit_grants SET
                balance_id = v.balance_id, amount = v.amount, remaining = v.remaining, held = v.held,
                consumed = v.consumed, expired = v.expired, reversed = v.reversed, settled = v.settled,
                disputed = v.disputed, transferred = v.transferred, owed = v.owed, priority = v.priority,
                promotional = v.promotional, frozen = v.frozen, description = v.description, pack = v.pack,
                dodo_payment_id = v.dodo_payment_id, request_id = v.request_id, origin_id = v.origin_id,
                created_at = v.created_at, expires_at = v.expires_at
            WHERE id = v.id;
            IF NOT FOUND THEN
                RAISE EXCEPTION 'overtaken' USING ERRCODE = 'OV001';
            END IF;
        END LOOP;
    END IF;
    IF changed ? 'orders' THEN
        FOR v IN SELECT *
            FROM jsonb_populate_recordset(NULL::orders, changed -> 'orders')
        LOOP
            UPDATE orders SET
                owner = v.owner, pack = v.pack, credits = v.credits, price_cents = v.price_cents,
                currency = v.currency, checkout_session = v.checkout_session,
                checkout_url = v.checkout_url, dodo_payment_id = v.dodo_payment_id, product = v.product,
                checkout_at = v.checkout_at, created_at = v.created_at, version = v.version
            WHERE id = v.id AND version = v.version - 1;
            IF NOT FOUND THEN
                RAISE EXCEPTION 'overtaken' USING ERRCODE = 'OV001';
            END IF;
        END LOOP;
    END IF;
    IF changed ? 'payments' THEN
        FOR v IN SELECT *
            FROM jsonb_populate_recordset(NULL::payments, changed -> 'payments')
        LOOP
            UPDATE payments SET
                succeeded = v.succeeded, order_id = v.order_id,
                dodo_subscription_id = v.dodo_subscription_id, amount_cents = v.amount_cents,
                currency = v.currency, refunds = v.refunds, disputes = v.disputes,
                credits_granted = v.credits_granted, credits_reversed = v.credits_reversed,
                parked = v.parked, products = v.products, created_at = v.created_at, version = v.version
            WHERE dodo_payment_id = v.dodo_payment_id AND version = v.version - 1;
            IF NOT FOUND THEN
                RAISE EXCEPTION 'overtaken' USING ERRCODE = 'OV001';
            END IF;
        END LOOP;
    END IF;
    IF changed ? 'subscriptions' THEN
        FOR v IN SELECT *
            FROM jsonb_populate_recordset(NULL::subscriptions, changed -> 'subscriptions')
        LOOP
            UPDATE subscriptions SET
                owner = v.owner, dodo_customer_id = v.dodo_customer_id, tier = v.tier, status = v.status,
                status_at = v.status_at, current_period_start = v.current_period_start,
                current_period_end = v.current_period_end, created_at = v.created_at, version = v.version
            WHERE dodo_subscription_id = v.dodo_subscription_id AND version = v.version - 1;
            IF NOT FOUND THEN
                RAISE EXCEPTION 'overtaken' USING ERRCODE = 'OV001';
            END IF;
        END LOOP;
    END IF;
    IF changed ? 'processed_webhooks' THEN
        FOR v IN SELECT *
            FROM jsonb_populate_recordset(NULL::processed_webhooks, changed -> 'processed_webhooks')
        LOOP
            UPDATE processed_webhooks SET
                event_type = v.event_type, processed_at = v.processed_at, version = v.version
            WHERE id = v.id AND version = v.version - 1;
            IF NOT FOUND THEN
                RAISE EXCEPTION 'overtaken' USING ERRCODE = 'OV001';
            END IF;
        END LOOP;
    END IF;
    IF added ? 'credit_balances' THEN
        INSERT INTO credit_balances (
            id, owner, credits, credits_held, credits_owed, transfers_count, seal, created_at, version
        )
        SELECT
            r.id, r.owner, r.credits, r.credits_held, r.credits_owed, r.transfers_count, r.seal,
            r.created_at, r.version
        FROM jsonb_populate_recordset(NULL::credit_balances, added -> 'credit_balances') AS r;
    END IF;
    IF added ? 'images_mvp_quotes' THEN
        INSERT INTO images_mvp_quotes (
            id, owner, ops, files, credits_total, created_at, expires_at, version
        )
        SELECT
            r.id, r.owner, r.ops, r.files, r.credits_total, r.created_at, r.expires_at, r.version
        FROM jsonb_populate_recordset(NULL::images_mvp_quotes, added -> 'images_mvp_quotes') AS r;
    END IF;
    IF added ? 'client_usage' THEN
        INSERT INTO client_usage (
            client_id, free_used, open_uses, first_seen, version
        )
        SELECT
            r.client_id, r.free_used, r.open_uses, r.first_seen, r.version
        FROM jsonb_populate_recordset(NULL::client_usage, added -> 'client_usage') AS r;
    END IF;
    IF added ? 'trial_usages' THEN
        INSERT INTO trial_usages (
            email, uses, open_uses, used_at, version
        )
        SELECT
            r.email, r.uses, r.open_uses, r.used_at, r.version
        FROM jsonb_populate_recordset(NULL::trial_usages, added -> 'trial_usages') AS r;
    END IF;
    IF added ? 'daily_allowances' THEN
        INSERT INTO daily_allowances (
            kind, key, spent, open_uses, created_at, version
        )
        SELECT
            r.kind, r.key, r.spent, r.open_uses, r.created_at, r.version
        FROM jsonb_populate_recordset(NULL::daily_allowances, added -> 'daily_allowances') AS r;
    END IF;
    IF added ? 'credit_holds' THEN
        INSERT INTO credit_holds (
            id, balance_id, request_id, fingerprint, ops, access, allowances, amount, shares,
            free_checks_used, quote_id, quote_file_id, state, credits_captured, created_at, expires_at,
            committed_at, released_at, version
        )
        SELECT
            r.id, (SELECT b.id FROM credit_balances AS b WHERE b.owner = e.value ->> 'owner'),
            r.request_id, r.fingerprint, r.ops, r.access, r.allowances, r.amount, r.shares,
            r.free_checks_used, r.quote_id, r.quote_file_id, r.state, r.credits_captured, r.created_at,
            r.expires_at, r.committed_at, r.released_at, r.version
        FROM jsonb_array_elements(added -> 'credit_holds') AS e,
            jsonb_populate_record(NULL::credit_holds, e.value) AS r;
    END IF;
    IF added ? 'credit_grants' THEN
        INSERT INTO credit_grants (
            id, balance_id, amount, remaining, held, consumed, expired, reversed, settled, disputed,
            transferred, owed, priority, promotional, frozen, description, pack, dodo_payment_id,
            request_id, origin_id, created_at, expires_at
        )
        SELECT
            r.id, r.balance_id, r.amount, r.remaining, r.held, r.consumed, r.expired, r.reversed,
            r.settled, r.disputed, r.transferred, r.owed, r.priority, r.promotional, r.frozen,
            r.description, r.pack, r.dodo_payment_id, r.request_id, r.origin_id, r.created_at, r.expires_at
        FROM jsonb_populate_recordset(NULL::credit_grants, added -> 'credit_grants') AS r;
    END IF;
    IF added ? 'credit_transactions' THEN
        INSERT INTO credit_transactions (
            balance_id, number, type, debit, credit, amount, grant_id, hold_id, dodo_payment_id,
            created_at, previous_seal, seal
        )
        SELECT
            r.balance_id, r.number, r.type, r.debit, r.credit, r.amount, r.grant_id, r.hold_id,
            r.dodo_payment_id, r.created_at, r.previous_seal, r.seal
        FROM jsonb_populate_recordset(NULL::credit_transactions, added -> 'credit_transactions') AS r;
    END IF;
    IF added ? 'answers' THEN
        INSERT INTO answers (
            owner, request_id, fingerprint, value, version
        )
        SELECT
            r.owner, r.request_id, r.fingerprint, r.value, r.version
        FROM jsonb_populate_recordset(NULL::answers, added -> 'answers') AS r;
    END IF;
    IF added ? 'orders' THEN
        INSERT INTO orders (
            id, owner, pack, credits, price_cents, currency, checkout_session, checkout_url,
            dodo_payment_id, product, checkout_at, created_at, version
        )
        SELECT
            r.id, r.owner, r.pack, r.credits, r.price_cents, r.currency, r.checkout_session,
            r.checkout_url, r.dodo_payment_id, r.product, r.checkout_at, r.created_at, r.version
        FROM jsonb_populate_recordset(NULL::orders, added -> 'orders') AS r;
    END IF;
    IF added ? 'payments' THEN
        INSERT INTO payments (
            dodo_payment_id, succeeded, order_id, dodo_subscription_id, amount_cents, currency, refunds,
            disputes, credits_granted, credits_reversed, parked, products, created_at, version
        )
        SELECT
            r.dodo_payment_id, r.succeeded, r.order_id, r.dodo_subscription_id, r.amount_cents, r.currency,
            r.refunds, r.disputes, r.credits_granted, r.credits_reversed, r.parked, r.products,
            r.created_at, r.version
        FROM jsonb_populate_recordset(NULL::payments, added -> 'payments') AS r;
    END IF;
    IF added ? 'subscriptions' THEN
        INSERT INTO subscriptions (
            dodo_subscription_id, owner, dodo_customer_id, tier, status, status_at, current_period_start,
            current_period_end, created_at, version
        )
        SELECT
            r.dodo_subscription_id, r.owner, r.dodo_customer_id, r.tier, r.status, r.status_at,
            r.current_period_start, r.current_period_end, r.created_at, r.version
        FROM jsonb_populate_recordset(NULL::subscriptions, added -> 'subscriptions') AS r;
    END IF;
    IF added ? 'processed_webhooks' THEN
        INSERT INTO processed_webhooks (
            id, event_type, processed_at, version
        )
        SELECT
            r.id, r.event_type, r.processed_at, r.version
        FROM jsonb_populate_recordset(NULL::processed_webhooks, added -> 'processed_webhooks') AS r;
    END IF;
    IF added ? 'outbox' THEN
        INSERT INTO outbox (
            id, name, attributes, traceparent, created_at
        )
        SELECT
            r.id, r.name, r.attributes, r.traceparent, r.created_at
        FROM jsonb_populate_recordset(NULL::outbox, added -> 'outbox') AS r;
    END IF;
END;
$$;

-- Returns rows by table; `open_holds` are those that credits of the accounts pay for. STABLE, so that all are
-- as of one moment.
CREATE FUNCTION billing_load_1(asked jsonb) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
DECLARE
    owners text[] := ARRAY(SELECT jsonb_array_elements_text(asked -> 'owners'));
    quotes text[] := ARRAY(SELECT jsonb_array_elements_text(asked -> 'quotes'));
    used jsonb := '[]';
    order_ids text[] := ARRAY(SELECT jsonb_array_elements_text(asked -> 'orders'));
    payment_ids text[];
    balances text[];
    found jsonb := '{}';
    part jsonb;
BEGIN
    IF asked ? 'holds' THEN
        SELECT jsonb_agg(to_jsonb(h) || jsonb_build_object('owner', b.owner)) INTO part
        FROM credit_holds AS h JOIN credit_balances AS b ON b.id = h.balance_id
        WHERE h.id = ANY (ARRAY(SELECT jsonb_array_elements_text(asked -> 'holds')));
        IF part IS NOT NULL THEN
            found := jsonb_build_object('credit_holds', part);
            owners := owners || ARRAY(SELECT h ->> 'owner' FROM jsonb_array_elements(part) AS h);
            quotes := quotes || ARRAY(SELECT h ->> 'quote_id' FROM jsonb_array_elements(part) AS h);
            used := coalesce(
                (
                    SELECT jsonb_agg(u)
                    FROM jsonb_array_elements(part) AS h, jsonb_array_elements(h -> 'allowances') AS u
                ),
                used
            );
        END IF;
    END IF;
    IF asked ? 'requests' THEN
        SELECT jsonb_agg(to_jsonb(h) || jsonb_build_object('owner', b.owner)) INTO part
        FROM jsonb_to_recordset(asked -> 'requests') AS r (owner text, request_id text)
        JOIN credit_balances AS b ON b.owner = r.owner
        JOIN credit_holds AS h ON h.balance_id = b.id AND h.request_id = r.request_id;
        found := found || jsonb_build_object(
            'credit_holds', coalesce(found -> 'credit_holds', '[]') || coalesce(part, '[]')
        );
    END IF;
    IF asked ? 'answers' THEN
        SELECT jsonb_agg(to_jsonb(a)) INTO part
        FROM jsonb_to_recordset(asked -> 'answers') AS r (owner text, request_id text)
        JOIN answers AS a ON a.owner = r.owner AND a.request_id = r.request_id;
        found := found || jsonb_build_object('answers', part);
    END IF;
    IF cardinality(quotes) > 0 THEN
        SELECT jsonb_agg(to_jsonb(q)) INTO part FROM images_mvp_quotes AS q WHERE q.id = ANY (quotes);
        found := found || jsonb_build_object('images_mvp_quotes', part);
    END IF;
    used := used || coalesce(asked -> 'allowances', '[]');
    IF used <> '[]' THEN
        SELECT jsonb_agg(to_jsonb(c)) INTO part FROM client_usage AS c
        WHERE c.client_id = ANY (
            ARRAY(SELECT u ->> 'key' FROM jsonb_array_elements(used) AS u WHERE u ->> 'kind' = 'device')
        );
        found := found || jsonb_build_object('client_usage', part);
        SELECT jsonb_agg(to_jsonb(t)) INTO part FROM trial_usages AS t
        WHERE t.email = ANY (
            ARRAY(SELECT u ->> 'key' FROM jsonb_array_elements(used) AS u WHERE u ->> 'kind' = 'email')
        );
        found := found || jsonb_build_object('trial_usages', part);
        SELECT jsonb_agg(to_jsonb(d)) INTO part
        FROM jsonb_to_recordset(used) AS u (kind text, key text)
        JOIN daily_allowances AS d ON d.kind = u.kind AND d.key = u.key;
        found := found || jsonb_build_object('daily_allowances', part);
    END IF;
    IF asked ? 'payments' THEN
        payment_ids := ARRAY(SELECT jsonb_array_elements_text(asked -> 'payments'));
        SELECT jsonb_agg(to_jsonb(p)) INTO part FROM payments AS p
        WHERE p.dodo_payment_id = ANY (payment_ids);
        found := found || jsonb_build_object('payments', part);
        order_ids := order_ids || ARRAY(SELECT p ->> 'order_id' FROM jsonb_array_elements(part) AS p);
        owners := owners || ARRAY(
            SELECT b.owner
            FROM credit_grants AS g JOIN credit_balances AS b ON b.id = g.balance_id
            WHERE g.dodo_payment_id = ANY (payment_ids)
        );
    END IF;
    IF cardinality(order_ids) > 0 THEN
        SELECT jsonb_agg(to_jsonb(o)) INTO part FROM orders AS o WHERE o.id = ANY (order_ids);
        found := found || jsonb_build_object('orders', part);
        owners := owners || ARRAY(SELECT o ->> 'owner' FROM jsonb_array_elements(part) AS o);
    END IF;
    IF asked ? 'subscriptions' THEN
        SELECT jsonb_agg(to_jsonb(s)) INTO part FROM subscriptions AS s
        WHERE s.dodo_subscription_id = ANY (
            ARRAY(SELECT jsonb_array_elements_text(asked -> 'subscriptions'))
        );
        found := found || jsonb_build_object('subscriptions', part);
    END IF;
    IF asked ? 'webhooks' THEN
        SELECT jsonb_agg(to_jsonb(w)) INTO part FROM processed_webhooks AS w
        WHERE w.id = ANY (ARRAY(SELECT jsonb_array_elements_text(asked -> 'webhooks')));
        found := found || jsonb_build_object('processed_webhooks', part);
    END IF;
    IF cardinality(owners) > 0 THEN
        SELECT jsonb_agg(to_jsonb(b)), array_agg(b.id) INTO part, balances
        FROM credit_balances AS b WHERE b.owner = ANY (owners);
        IF part IS NOT NULL THEN
            found := found || jsonb_build_object('credit_balances', part);
            SELECT jsonb_agg(to_jsonb(g) ORDER BY g.number) INTO part
            FROM (
                SELECT * FROM credit_grants
                WHERE balance_id = ANY (balances) AND remaining + held + disputed > 0
                UNION ALL
                SELECT * FROM credit_grants
                WHERE dodo_payment_id = ANY (payment_ids) AND remaining + held + disputed = 0
            ) AS g;
            found := found || jsonb_build_object('credit_grants', part);
            SELECT jsonb_agg(to_jsonb(h) || jsonb_build_object('owner', b.owner) ORDER BY h.number) INTO part
            FROM credit_holds AS h JOIN credit_balances AS b ON b.id = h.balance_id
            WHERE h.balance_id = ANY (balances) AND h.state = 'held' AND h.access = 'credits';
            found := found || jsonb_build_object('open_holds', part);
        END IF;
    END IF;
    RETURN found;
END;
$$;

-- migrate:down

-- Nothing: money is never dropped. A mistake is mended by the next migration.
