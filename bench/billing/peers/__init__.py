"""Other designs of a ledger: the same two movements of a balance, with holds and a journal."""
