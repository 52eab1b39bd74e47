-- migrate:up

-- Receipts of webhooks are forgotten when no message can come again that they stand for. The table has some
-- rows for each purchase, so that the index is made in milliseconds, for which webhooks wait.
SET lock_timeout = '2s';
CREATE INDEX processed_webhooks_by_age ON processed_webhooks (processed_at);

-- migrate:down
