"""The statements of the SQLite ledger. Conditions and constraints decide races, not the code around."""

from typing import Final

_HOLD: Final = """
SELECT name, account, request_id, fingerprint, device, embedding, ocr, forensics, create_time_us,
       expire_time_us, access, credits_held, free_checks_used, state, credits_captured
FROM holds
"""
HOLD_BY_NAME: Final = _HOLD + "WHERE name = :name"
HOLD_BY_REQUEST: Final = _HOLD + "WHERE account = :account AND request_id = :request_id"
HOLDS_DUE: Final = (
    _HOLD
    + """
WHERE state = 'held' AND expire_time_us <= :now_us
  AND ((:account IS NULL AND :device IS NULL) OR account = :account OR device = :device)
ORDER BY expire_time_us, name
LIMIT :count_max
"""
)
ADD_HOLD: Final = """
INSERT INTO holds (name, account, request_id, fingerprint, device, embedding, ocr, forensics,
                   create_time_us, expire_time_us, access, credits_held, free_checks_used, state)
VALUES (:name, :account, :request_id, :fingerprint, :device, :embedding, :ocr, :forensics,
        :create_time_us, :expire_time_us, :access, :credits_held, :free_checks_used, :state)
"""
RESOLVE_HOLD: Final = """
UPDATE holds
SET state = :state, credits_captured = :credits_captured, resolve_time_us = :now_us
WHERE name = :name AND state = 'held'
RETURNING name
"""

ADD_QUOTE: Final = """
INSERT INTO quotes (name, account, embedding, ocr, forensics, create_time_us, expire_time_us)
VALUES (:name, :account, :embedding, :ocr, :forensics, :create_time_us, :expire_time_us)
"""
ADD_QUOTE_FILE: Final = """
INSERT INTO quote_files (quote, id, position, base, embedding, ocr, forensics, size, size_bucket)
VALUES (:quote, :id, :position, :base, :embedding, :ocr, :forensics, :size, :size_bucket)
"""
QUOTE: Final = """
SELECT name, account, embedding, ocr, forensics, create_time_us, expire_time_us
FROM quotes
WHERE name = :name
"""
QUOTE_FILES: Final = """
SELECT id, base, embedding, ocr, forensics, size, size_bucket
FROM quote_files
WHERE quote = :name
ORDER BY position
"""
USE_QUOTE_FILE: Final = """
UPDATE quote_files SET hold = :hold
WHERE quote = :quote AND id = :file_id AND hold IS NULL
RETURNING id
"""
GIVE_QUOTE_FILE_BACK: Final = "UPDATE quote_files SET hold = NULL WHERE hold = :hold"

USE_FREE_CHECK: Final = """
INSERT INTO devices (device, free_checks_used) SELECT :device, 1 WHERE :count_max > 0
ON CONFLICT (device) DO UPDATE SET free_checks_used = free_checks_used + 1
    WHERE free_checks_used < :count_max
RETURNING free_checks_used
"""
GIVE_FREE_CHECK_BACK: Final = (
    "UPDATE devices SET free_checks_used = free_checks_used - 1 WHERE device = :device"
)
FREE_CHECKS_USED: Final = "SELECT free_checks_used FROM devices WHERE device = :device"

BALANCE: Final = "SELECT available, held FROM accounts WHERE account = :account"
ADD_TO_ACCOUNT: Final = """
INSERT INTO accounts (account, available, held) VALUES (:account, :credits, 0)
ON CONFLICT (account) DO UPDATE SET available = available + :credits
RETURNING available
"""
SET_ASIDE: Final = """
UPDATE accounts SET available = available - :credits, held = held + :credits
WHERE account = :account AND available >= :credits
RETURNING available
"""
GIVE_BACK: Final = """
UPDATE accounts SET available = available + :rest, held = held - :credits
WHERE account = :account
RETURNING available
"""

GRANT: Final = """
SELECT credits, available FROM grants WHERE account = :account AND request_id = :request_id
"""
ADD_GRANT: Final = """
INSERT INTO grants (account, request_id, credits, available)
VALUES (:account, :request_id, :credits, :available)
"""
ADD_ENTRY: Final = """
INSERT INTO ledger_entries (account, kind, hold, request_id, granted, available, held, captured,
                            create_time_us)
VALUES (:account, :kind, :hold, :request_id, :granted, :available, :held, :captured, :now_us)
"""
