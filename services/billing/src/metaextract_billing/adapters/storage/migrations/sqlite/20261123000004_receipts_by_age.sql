-- migrate:up

-- Receipts of webhooks are forgotten when no message can come again that they stand for.
CREATE INDEX processed_webhooks_by_age ON processed_webhooks (processed_at);

-- migrate:down
